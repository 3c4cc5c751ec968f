"""Silver made anew from all that ever landed: what today's mappings would have made of it from the start."""

import json
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from cdp_spark.contracts import TableContract
from cdp_spark.contracts.silver import (
    CUSTOMERS,
    EVENTS,
    IDENTIFIERS,
    MADE_OF_RECORDS,
    ORDERS,
    QUARANTINE,
    REDRIVEN,
)
from cdp_spark.contracts.warehouse import all_contracts
from cdp_spark.reports.outdated import outdated
from cdp_spark.runtime.published import Published
from cdp_spark.runtime.tables import Tables, Written
from cdp_spark.runtime.warehouse import Warehouse
from tests.ingest.company import Company, stream

FEW = ("events", "customers")


def streams(mended: bool, *targets: str) -> dict[str, Any]:
    """Before, names stood in a field that no record has, and nobody took the phone, or times as the shop writes them.

    Mappings to ``targets``, or to all.
    """
    identifiers = {"user_id": "userId", **({"phone": "phone"} if mended else {})}
    time = {"time": "at", "formats": ["auto", "dd.MM.yyyy HH:mm"]} if mended else "at"
    mappings: list[dict[str, Any]] = [
        {"to": "events", "set": {"type": {"const": "track"}, "event": "event", "event_ts": time}},
        {
            "to": "customers",
            "when": {"field": "name", "exists": True},
            "set": {"source_key": "userId", "valid_from": time, "first_name": "name" if mended else "firstName"},
        },
        {
            "to": "orders",
            "when": {"field": "order", "exists": True},
            "set": {
                "order_id": "order",
                "ordered_at": time,
                "version_ts": time,
                "revenue": "amount",
                "currency": "cur",
            },
            "lines": {"each": "items", "set": {"sku": "sku", "quantity": "n"}},
        },
        {
            "to": "consent_events",
            "when": {"field": "ads", "exists": True},
            "set": {"captured_at": time, "method": {"const": "form"}},
            "purposes": {"advertising": {"status": "ads"}},
        },
    ]
    chosen = [{**m, "identifiers": identifiers} for m in mappings if not targets or m["to"] in targets]
    return {"in": stream(*chosen, message_id="id", global_id=True)}


def record(id_: str, /, **more: object) -> str:
    said = {"id": id_, "event": "Seen", "at": "2026-02-01T10:00:00Z", "userId": "u1", "phone": "+436601234567", **more}
    return json.dumps(said) + "\n"


FIRST = (
    record("m1", name="Ana", ads="granted")
    + record("m2", order="o1", amount="5.00", cur="EUR", items=[{"sku": "a", "n": 2}])
    + record("m3", at="03.02.2026 10:00", name="Ana")  # unreadable before
    + record("m4", at="never")  # unreadable for ever
    + "{oops\n"
)
SECOND = (
    record("m1", name="Ana", ads="granted")  # a repeat
    + record("m2", event="Bought")  # the same name for something else
    + record("m5", order="o1", at="2026-02-05T10:00:00Z", amount="7.00", cur="EUR", items=[{"sku": "b", "n": 1}])
    + record("m6", order="o0", at="2026-01-05T10:00:00Z", amount="x", cur="EUR")  # an event, and a broken order
    + record("m7", userId="u2", name="Ben", at="2026-01-01T10:00:00Z", ads="denied")
)


def company_of(spark: SparkSession, root: Path, mended: bool, *batches: tuple[str, ...]) -> Company:
    """A company that ran once a batch of files; their names count on."""
    company, n = Company(spark, root, streams(mended)), 0
    for batch in batches:
        for content in batch:
            company.put(f"in/{n}.jsonl", content)
            n += 1
        company.run()
    return company


def state(company: Company) -> dict[str, list[Any]]:
    """All rows of silver; which landing brought a record hangs on the batches alone."""
    return {t.name: company.frame(t).drop("landing_id").orderBy(*t.key).collect() for t in MADE_OF_RECORDS}


def taken_by_older(company: Company) -> dict[tuple[str, str], int]:
    there = {t.name: v for t in all_contracts(company.config) if (v := company.tables.version(t)) is not None}
    return outdated(Published(company.tables, there), company.config).taken


def versions(company: Company) -> dict[str, int | None]:
    return {t.name: company.tables.version(t) for t in (*MADE_OF_RECORDS, QUARANTINE)}


def test_where_no_mapping_changed_no_row_does(spark: SparkSession, tmp_path: Path) -> None:
    company = company_of(spark, tmp_path, False, (FIRST,), (SECOND,))
    before = versions(company)
    counts = company.rebuild()
    # The cut line, m4, and m2 told otherwise; m3 came to nothing, too, and m6 is an event.
    assert (counts.rows_in, counts.quarantined, counts.duplicate, counts.changed) == (10, 4, 1, 0)
    assert versions(company) == before
    assert sorted(p.name for p in (tmp_path / "warehouse").iterdir()) == ["bronze", "ops", "silver"]
    assert company.normalize().rows_in == 0


def test_what_was_made_before_is_as_the_mended_mapping_makes_it(spark: SparkSession, tmp_path: Path) -> None:
    company = company_of(spark, tmp_path / "mended", False, (FIRST,), (SECOND,))
    company.streams = streams(mended=True)
    assert taken_by_older(company) == {("web", "in"): 9}
    assert company.rebuild().changed > 0
    assert taken_by_older(company) == {}
    assert {r["value"] for r in company.rows(IDENTIFIERS) if r["namespace"] == "phone"} == {"+436601234567"}
    third = record("m8", userId="u2", name="Benjamin", at="10.02.2026 09:00") + record("m1", name="Ana", ads="granted")
    company.put("in/2.jsonl", third)
    company.run()
    assert taken_by_older(company) == {}
    assert state(company) == state(company_of(spark, tmp_path / "fresh", True, (FIRST, SECOND, third)))


def test_quarantine_tells_who_passed_and_who_was_refused_again(spark: SparkSession, tmp_path: Path) -> None:
    company = Company(spark, tmp_path, streams(False, *FEW))
    company.put("in/0.jsonl", FIRST)
    company.run()
    company.streams = streams(True, *FEW)
    company.later(hours=1)
    company.rebuild()
    waiting = {(r["row_pos"], r["target"]): (r["attempts"], r["reasons"]) for r in company.rows(QUARANTINE)}
    assert waiting[4, "record"] == (1, ["malformed_json"])  # the reader's: no mapping has a say in it
    assert waiting[3, "events"] == (2, ["unreadable:event_ts"])
    assert (2, "events") not in waiting
    assert {r["target"] for r in company.rows(REDRIVEN)} == {"events", "customers"}


class _Dying(Tables):
    """Tables of a process that is killed when it comes to the orders."""

    def replace(
        self, contract: TableContract, new_state: DataFrame, stored: DataFrame | None = None, few: bool = False
    ) -> Written:
        if contract is ORDERS:
            raise KeyboardInterrupt
        return super().replace(contract, new_state, stored, few)


def test_the_next_run_finishes_a_rebuild_that_died(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = company_of(spark, tmp_path / "dies", False, (FIRST, SECOND))
    company.streams = streams(mended=True)
    with monkeypatch.context() as dying:
        dying.setattr(Company, "tables", property(lambda c: _Dying(c.spark, Warehouse(str(c.root / "warehouse")))))
        with pytest.raises(KeyboardInterrupt):
            company.rebuild()
    assert company.normalize().changed > 0
    assert state(company) == state(company_of(spark, tmp_path / "fresh", True, (FIRST, SECOND)))
    assert company.normalize().rows_in == 0


def test_rows_of_what_is_configured_no_more_go(spark: SparkSession, tmp_path: Path) -> None:
    def below(folder: str) -> dict[str, Any]:
        return {**streams(True, *FEW)["in"], "read": {"path": folder, "format": "jsonl"}}

    company = Company(spark, tmp_path, {**streams(True, *FEW), "old": below("old")})
    company.more_sources = {"crm": {"streams": {"in": below("crm")}}}
    company.put("in/0.jsonl", FIRST)
    company.put("old/0.jsonl", record("x1", userId="u8", name="Old") + record("x2", at="never"))
    company.put("crm/0.jsonl", record("c1", userId="u9", name="Zoe") + record("c2", at="never"))
    company.run()
    company.more_sources, company.streams = {}, streams(True, *FEW)
    company.rebuild()
    left = [(r["source"], r["stream"]) for t in (EVENTS, CUSTOMERS, IDENTIFIERS) for r in company.rows(t)]
    assert set(left) == {("web", "in")}
    # What was refused waits on, for the day the source is back; nobody tried it.
    waiting = {(r["source"], r["stream"]) for r in company.rows(QUARANTINE)}
    assert waiting == {("web", "in"), ("web", "old"), ("crm", "in")}
    assert company.rows(REDRIVEN) == []
