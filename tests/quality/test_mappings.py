"""Fields that a mapping reads and no record has."""

import copy
from typing import Any

from cdp_spark.config.paths import fields_expected
from cdp_spark.config.sources import SourceConfig, Stream
from cdp_spark.quality.findings.mappings import mapping_findings
from cdp_spark.quality.findings.measured import Measured
from cdp_spark.quality.measurements import Measurement

SHOP: dict[str, Any] = {
    "source": "shop",
    "streams": {
        "orders": {
            "read": {"path": "orders", "format": "csv"},
            "mappings": [
                {
                    "to": "orders",
                    "when": {"field": "cancelled", "exists": False},
                    "set": {
                        "order_id": "number",
                        "ordered_at": {"time": "placed", "formats": ["dd.MM.yyyy"]},
                        "revenue": "ammount",
                        "currency": {"first": ["currency", "customer.currency"]},
                    },
                    "identifiers": {"email": "customer.email", "phone": ["Fone"]},
                }
            ],
        }
    },
}


def _measured(*fields: str) -> Measured:
    def one(measure: str, subject: str) -> Measurement:
        return Measurement(measure, "shop", "orders", subject, "text", 1, 30)

    return Measured((one("examined", ""), *[one("field", f) for f in fields]), 1, 30)


def _found(preset: str | None, *fields: str, format_: str = "csv") -> dict[str, str]:
    shop = copy.deepcopy(SHOP) | {"preset": preset}
    shop["streams"]["orders"]["read"]["format"] = format_
    source = SourceConfig.model_validate(shop)
    return {f.subject: f.sentence for f in mapping_findings(_measured(*fields), {"shop": source})}


def test_a_misspelt_field_is_told_with_the_one_that_is_there() -> None:
    found = _found(None, "number", "placed", "amount", "phone", "customer.email", "customer.currency")
    assert set(found) == {"ammount", "Fone"}
    assert "there is amount, which nothing reads" in found["ammount"]
    assert "there is phone, which nothing reads" in found["Fone"]
    assert "30 of 30 records" in found["ammount"]


def test_one_of_several_places_is_enough_and_conditions_may_ask_for_what_is_not_there() -> None:
    assert _found(None, "number", "placed", "ammount", "Fone", "currency", "customer.email") == {}


def test_what_a_preset_reads_need_not_be_sent_unless_it_is_only_spelt_otherwise() -> None:
    assert set(_found("generic_csv", "number", "placed", "customer.email", "amount", "email_optin")) == {"ammount"}


def test_a_record_of_json_may_lack_what_is_rare() -> None:
    assert set(_found(None, "number", "placed", "amount", "phone", format_="jsonl")) == {"ammount"}


def test_nothing_is_said_of_a_stream_of_which_no_record_was_looked_into() -> None:
    assert _found(None) == {}


def test_each_field_is_expected_once() -> None:
    stream = SourceConfig.model_validate(SHOP).streams["orders"]
    assert isinstance(stream, Stream)
    assert fields_expected(stream) == [
        ("number",),
        ("placed",),
        ("ammount",),
        ("currency", "customer"),
        ("customer",),
        ("Fone",),
    ]
