"""What is shown of a quarantined record, and what counts as refused by an older mapping."""

import pytest

from cdp_spark.reports.quarantine import masked

SHOWN = [
    ('{"email": "Ana@x.com", "n": 12.5, "ok": true, "none": null, "tags": ["Öl"]}',
     '{"email": "xxx@x.xxx", "n": "99.9", "ok": true, "none": null, "tags": ["xx"]}'),
    ('{"ana@x.com": {"+436641234567": 1}}', '{"xxx@x.xxx": {"+999999999999": "9"}}'),
    ('{"email": "ana@x.com', '{"xxxxx": "xxx@x.xxx'),
    ("01.02.2026;Ana", "99.99.9999;xxx"),
    ("[1, 2]", '["9", "9"]'),
    ("", ""),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "shown"), SHOWN)
def test_a_record_shows_its_form_and_no_value(raw: str, shown: str) -> None:
    assert masked(raw) == shown
