"""What a finding says of how much there is."""

import pytest

from cdp_spark.quality.findings.finding import a_finding


@pytest.mark.parametrize(
    ("kind", "affected", "of", "begins"),
    [
        ("consent_unknown", 1, 1, "1 of 1 contact point (100.0 %): "),
        ("consent_unknown", 1, 2, "1 of 2 contact points (50.0 %): "),
        ("disposable_email", 1, 1, "1 of 1 address (100.0 %): "),
        ("unmet_event", 1, None, "1 trait or audience: "),
        ("unmet_event", 2, None, "2 traits or audiences: "),
        ("bots", 1_200, 2_400, "1,200 of 2,400 events (50.0 %): "),
    ],
)
def test_one_is_told_as_one(kind: str, affected: int, of: int | None, begins: str) -> None:
    assert a_finding(kind, "web", "events", affected=affected, of=of).sentence.startswith(begins)
