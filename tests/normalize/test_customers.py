"""Customers are versions by key and time."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from cdp_spark.contracts.silver import CUSTOMERS, IDENTIFIERS, QUARANTINE
from tests.ingest.company import Company, stream

CONTACT: dict[str, Any] = {
    "to": "customers",
    "set": {
        "source_key": "id", "valid_from": "updated", "email": "email", "phone": "phone", "first_name": "first", "country": "country",
        "birth_date": {"time": "born", "formats": ["auto", "dd.MM.yyyy"]}, "traits": {"rest": "record", "without": ["id", "updated", "email"]},
    },
    "identifiers": {"email": ["email", "email2"], "phone": "phone", "loyalty_id": "card"},
}  # fmt: skip
HEADER = "id,updated,email,email2,phone,first,country,born,card\n"


@pytest.fixture
def crm(spark: SparkSession, tmp_path: Path) -> Company:
    return Company(spark, tmp_path, {"contacts": stream(CONTACT, read={"format": "csv"})}, timezone="Europe/Vienna")


def test_fields_take_their_normal_form(crm: Company) -> None:
    crm.put(
        "in/a.csv",
        HEADER + "c1,2026-02-01 10:00:00, Ana@X.com ,b@x.com,0664 1234567, Ana ,Österreich,24.12.1980,undefined\n",
    )
    crm.run()
    [row] = crm.rows(CUSTOMERS)
    got = (
        row["email"],
        row["phone"],
        row["first_name"],
        row["country"],
        row["birth_date"].isoformat(),
        row["valid_from"].isoformat(),
    )
    assert got == ("ana@x.com", "+436641234567", "Ana", "AT", "1980-12-24", "2026-02-01T09:00:00")
    assert (
        row["traits"]
        == '{"email2":"b@x.com","phone":"0664 1234567","first":" Ana ","country":"Österreich","born":"24.12.1980","card":"undefined"}'
    )
    assert list(row["warnings"]) == ["refused:loyalty_id"]
    assert [(r["namespace"], r["value"]) for r in crm.rows(IDENTIFIERS)] == [
        ("email", "ana@x.com"),
        ("email", "b@x.com"),
        ("phone", "+436641234567"),
    ]


def test_the_records_own_country_reads_its_phone(crm: Company) -> None:
    crm.put("in/a.csv", HEADER + "c1,2026-02-01,,,0151 23456789,,DEU,,\nc2,2026-02-01,,,12,,,,\n")
    crm.run()
    first, second = crm.rows(CUSTOMERS)
    assert first["phone"] == "+4915123456789"
    assert second["phone"] is None and list(second["warnings"]) == ["unreadable:phone", "refused:phone"]


def test_a_version_sent_again_is_a_duplicate_and_another_one_is_kept(crm: Company) -> None:
    one = "c1,2026-02-01,a@x.com,,,Ana,,,\n"
    crm.put("in/a.csv", HEADER + one + one)
    counts = crm.run()
    assert (counts.kept, counts.duplicate) == (1, 1)
    before = crm.rows(CUSTOMERS)
    crm.put("in/b.csv", HEADER + one)
    counts = crm.run()
    assert (counts.kept, counts.duplicate, counts.changed) == (0, 1, 0)
    assert crm.rows(CUSTOMERS) == before
    crm.put("in/c.csv", HEADER + "c1,2026-02-02,a@y.com,,,Ana,,,\nc1,2026-02-01,a@x.com,,,Anna,,,\n")
    assert crm.run().kept == 2
    assert [(r["email"], r["first_name"]) for r in crm.rows(CUSTOMERS)] == [("a@x.com", "Anna"), ("a@y.com", "Ana")]


def test_a_record_without_time_holds_since_its_file_and_only_changes_make_versions(
    spark: SparkSession, tmp_path: Path
) -> None:
    undated = {**CONTACT, "set": {k: v for k, v in CONTACT["set"].items() if k in ("source_key", "email")}}
    company = Company(spark, tmp_path, {"contacts": stream(undated, read={"format": "csv"})})
    for day, email in ((1, "a@x.com"), (2, "a@x.com"), (3, "b@x.com"), (4, "a@x.com")):
        company.put(f"in/{day}.csv", f"id,email,email2,phone,card\nc1,{email},,,\n", datetime(2026, 2, day, tzinfo=UTC))
        if day == 2:
            company.run()
    counts = company.run()
    assert (counts.kept, counts.duplicate) == (2, 0)
    assert [(r["valid_from"].day, r["email"], r["time_quality"]) for r in company.rows(CUSTOMERS)] == [
        (d, e, "landed") for d, e in ((1, "a@x.com"), (3, "b@x.com"), (4, "a@x.com"))
    ]
    company.put("in/5.csv", "id,email,email2,phone,card\nc1,a@x.com,,,\n", datetime(2026, 2, 5, tzinfo=UTC))
    assert company.run().duplicate == 1


def test_a_record_without_key_or_with_a_bad_time_is_refused(crm: Company) -> None:
    crm.put("in/a.csv", HEADER + ",2026-02-01,a@x.com,,,,,,\nc2,31/31/2026,a@x.com,,,,,,\nc3\n")
    counts = crm.run()
    assert (counts.kept, counts.quarantined) == (0, 3)
    assert sorted(tuple(r["reasons"]) for r in crm.rows(QUARANTINE)) == [
        ("missing:source_key",),
        ("unreadable:valid_from",),
        ("wrong_column_count",),
    ]


def test_columns_that_are_missing_or_unknown_do_no_harm(crm: Company) -> None:
    crm.put("in/a.csv", "id,updated,surprise\nc1,2026-02-01,hi\n")
    assert crm.run().kept == 1
    [row] = crm.rows(CUSTOMERS)
    assert (row["email"], row["traits"]) == (None, '{"surprise":"hi"}')
