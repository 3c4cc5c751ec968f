"""Quarantined records go again after a mapping was mended: as if it had been right from the start, and nothing doubles."""

import json
import random
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from cdp_spark.contracts import TableContract
from cdp_spark.contracts.quarantined import Chosen
from cdp_spark.contracts.reasons import Reason
from cdp_spark.contracts.silver import (
    CONSENT_EVENTS,
    CUSTOMERS,
    EVENTS,
    IDENTIFIERS,
    ORDER_LINES,
    ORDERS,
    QUARANTINE,
    REDRIVEN,
)
from tests.ingest.company import Company, stream
from tests.normalize.test_step import CONSENT, EVENT, IDENTIFY, event

SALE: dict[str, Any] = {
    "to": "orders",
    "when": {"field": "kind", "equals": "sale"},
    "set": {"order_id": "id", "ordered_at": "at", "currency": {"const": "EUR"}},
    "identifiers": {"user_id": "user"},
    "totals_from_lines": True,
}
SALE_LINE: dict[str, Any] = {
    "to": "order_lines",
    "when": {"field": "kind", "equals": "sale"},
    "set": {"order_id": "id", "line": "line", "version_ts": "at", "total": "total"},
}
FACTS = (EVENTS, CUSTOMERS, ORDERS, ORDER_LINES, CONSENT_EVENTS, IDENTIFIERS)
# When and by which landing a row came says nothing about what it says.
_PASSING = {"landing_id", "first_seen", "attempts", "last_tried_at"}


def streams(mended: bool) -> dict[str, Any]:
    """Mappings that refuse some records, or the same ones mended."""
    call, identify, consent, sale, line = (deepcopy(m) for m in (EVENT, IDENTIFY, CONSENT, SALE, SALE_LINE))
    if mended:
        when = {"time": "timestamp", "formats": ["auto", "dd.MM.yyyy HH:mm"]}
        call["set"] |= {"event_ts": when, "type": {"map": "type", "values": {"odd": "track"}, "otherwise": "keep"}}
        identify["set"] |= {"source_key": {"first": ["userId", "login"]}, "valid_from": when}
        consent["set"]["captured_at"] = when
        word = {"map": "consent.ads", "values": {"perhaps": "denied"}, "otherwise": "keep"}
        consent["purposes"]["advertising"] = {"status": word}
        sale["when"] = line["when"] = {"field": "kind", "one_of": ["sale", "return"]}
        line["set"]["line"] = {"first": ["line", "position"]}
    return {
        "calls": stream(call, identify, consent, message_id="messageId", global_id=True, read={"path": "calls"}),
        "sales": stream(sale, line, read={"path": "sales"}),
    }


def calls(dice: random.Random, n: int) -> str:
    lines = []
    for i in range(n):
        said: dict[str, Any] = {"userId": f"u{i % 7}", "event": f"E{dice.randrange(3)}"}
        said["type"] = dice.choice(["track", "identify", "odd", "never"])
        said["timestamp"] = dice.choice(
            [f"2026-02-{1 + i % 27:02d}T10:00:00Z", f"{1 + i % 27:02d}.02.2026 11:30", "soon"]
        )
        if dice.random() < 0.3:
            said |= {"userId": None, "login": f"l{i % 5}", "email": f"e{i}@x.com"}
        if dice.random() < 0.4:
            said["consent"] = {"ads": dice.choice(["granted", "perhaps", "who knows"]), "stats": "no"}
        lines.append(event(f"m{i}", **said) if dice.random() > 0.05 else "{oops\n")
    # Some are delivered twice.
    return "".join(lines + dice.sample(lines, 3))


def sales(dice: random.Random, n: int) -> str:
    rows = []
    for i in range(n):
        row: dict[str, Any] = {
            "id": f"o{i // 3}",
            "kind": dice.choice(["sale", "sale", "return", "gift"]),
            "user": f"u{i % 4}",
        }
        row |= {"at": "2026-02-03T10:00:00Z", "total": str(dice.randrange(1, 9))}
        row[dice.choice(["line", "position"])] = str(i % 3)
        rows.append(json.dumps(row) + "\n")
    return "".join(rows)


def company(spark: SparkSession, folder: Path, seed: int, mended: bool) -> Company:
    dice = random.Random(seed)
    made = Company(spark, folder, streams(mended))
    made.put("calls/a.jsonl", calls(dice, 50))
    made.put("sales/a.jsonl", sales(dice, 30))
    return made


def said(of: Company, contract: TableContract) -> list[tuple[Any, ...]]:
    columns = [c for c in contract.column_names if c not in _PASSING]
    rows = of.frame(contract)
    if contract is IDENTIFIERS:
        # What an order named before a newer version replaced it stays known; all at once only the newest is stored.
        rows = rows.filter(F.col("record_kind") != "orders")
    return [tuple(r) for r in rows.select(*columns).orderBy(*contract.key).collect()]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_redrive_gives_what_the_mended_mapping_would_have_given(
    spark: SparkSession, tmp_path: Path, seed: int
) -> None:
    right = company(spark, tmp_path / "right", seed, mended=True)
    right.run()
    wrong = company(spark, tmp_path / "wrong", seed, mended=False)
    first = wrong.run()
    held = {(r["record_id"], r["target"]): r for r in wrong.rows(QUARANTINE)}
    wrong.streams = streams(mended=True)
    again = wrong.redrive()

    assert again.rows_in == len({record for record, _ in held}) == again.details["redriven"]
    assert again.kept and again.quarantined < again.rows_in and first.quarantined
    for table in (*FACTS, QUARANTINE):
        assert said(wrong, table) == said(right, table), table.name
    still = {(r["record_id"], r["target"]): r["attempts"] for r in wrong.rows(QUARANTINE)}
    passed = {(r["record_id"], r["target"]): r for r in wrong.rows(REDRIVEN)}
    assert set(still.values()) == {2}
    assert not set(passed) & set(still) and set(passed) <= set(held)
    assert all(passed[k]["reasons"] == held[k]["reasons"] and passed[k]["attempts"] == 2 for k in passed)

    # As if the run had died after its writes: the request is still open, and is finished without doubles.
    before = {t.name: said(wrong, t) for t in (*FACTS, QUARANTINE, REDRIVEN)}
    del wrong.processed["normalize"]["ops.redrives"]
    wrong.normalize()
    assert {t.name: said(wrong, t) for t in (*FACTS, QUARANTINE, REDRIVEN)} == before
    assert wrong.normalize().rows_in == 0


def test_a_record_that_goes_again_beside_new_ones_makes_no_second_event(spark: SparkSession, tmp_path: Path) -> None:
    made = Company(spark, tmp_path, {"calls": stream(EVENT, IDENTIFY, message_id="messageId", global_id=True)})
    # An event, and a customer without key, which stays in quarantine.
    made.put("in/a.jsonl", event("m1", type="identify", userId=None, email="a@x.com"))
    made.run()
    made.put("in/b.jsonl", event("m2"))
    made.ingest()
    counts = made.redrive()
    assert (counts.rows_in, counts.kept, counts.duplicate, counts.quarantined) == (2, 1, 0, 1)
    assert [r["message_id"] for r in made.rows(EVENTS)] == ["m1", "m2"]


def test_only_the_records_asked_for_go_again(spark: SparkSession, tmp_path: Path) -> None:
    some = Company(spark, tmp_path, streams(mended=False))
    some.put("calls/a.jsonl", event("m1", type="odd") + event("m2", timestamp="01.02.2026 11:30") + "{oops\n")
    some.put(
        "sales/a.jsonl", json.dumps({"id": "o1", "kind": "return", "at": "2026-02-03T10:00:00Z", "line": "1"}) + "\n"
    )
    some.run()
    some.streams = streams(mended=True)
    # Nothing waits for that reason in that stream.
    assert some.redrive(stream="sales", reason=Reason.UNREADABLE).rows_in == 0
    counts = some.redrive(stream="calls", reason=Reason.UNREADABLE)
    assert (counts.rows_in, counts.kept, counts.details["left_quarantine"]) == (1, 1, 1)
    assert [r["message_id"] for r in some.rows(EVENTS)] == ["m2"]
    assert [(r["namespace"], r["value"]) for r in some.rows(IDENTIFIERS)] == [("user_id", "u1")]
    [passed] = some.rows(REDRIVEN)
    assert (passed["target"], passed["reasons"], passed["attempts"]) == ("events", ["unreadable:event_ts"], 2)
    assert {r for row in some.rows(QUARANTINE) for r in row["reasons"]} == {
        Reason.UNKNOWN_TYPE,
        Reason.MALFORMED_JSON,
        Reason.NO_MAPPING,
    }


def test_what_is_set_aside_waits_no_more_and_is_not_lost(spark: SparkSession, tmp_path: Path) -> None:
    some = Company(spark, tmp_path, streams(mended=False))
    some.put("calls/a.jsonl", event("m1", type="odd") + event("m2", timestamp="31.02.2026 11:30") + "{oops\n")
    some.put("sales/a.jsonl", "")
    some.run()
    # What lands with the run that sets aside has been seen by nobody.
    some.put("calls/b.jsonl", event("m3", timestamp="30.02.2026 11:30"))
    some.ingest()
    success = (dict(some.processed), some.since)
    counts = some.discard(Chosen(reason=Reason.UNREADABLE))
    assert (counts.details["discarded"], counts.rows_in, counts.quarantined) == (1, 1, 1)
    [left] = some.rows(REDRIVEN)
    assert (left["discarded"], left["reasons"], left["attempts"]) == (True, ["unreadable:event_ts"], 1)
    assert left["record_id"] in {r["record_id"] for r in some.bronze()}
    waiting = [r for r in some.rows(QUARANTINE) if list(r["reasons"]) == ["unreadable:event_ts"]]
    assert ["m3" in r["raw"] for r in waiting] == [True]
    # A record by its id; nothing is done twice when the run had died, and a rebuild does not take anything in again.
    before = {t.name: said(some, t) for t in (QUARANTINE, REDRIVEN)}
    some.processed, some.since = success
    some.normalize()
    assert {t.name: said(some, t) for t in (QUARANTINE, REDRIVEN)} == before
    assert some.discard(Chosen(record_id=waiting[0]["record_id"])).details["discarded"] == 1
    before = {t.name: said(some, t) for t in (QUARANTINE, REDRIVEN)}
    counts = some.rebuild()
    assert (counts.rows_in, counts.quarantined, counts.suppressed, counts.changed) == (4, 2, 2, 0)
    assert {t.name: said(some, t) for t in (QUARANTINE, REDRIVEN)} == before
    assert some.redrive().rows_in == 2
    # A mapping that can use them finds them where they landed.
    some.streams = streams(mended=True)
    some.rebuild()
    assert [r["message_id"] for r in some.rows(EVENTS)] == ["m1"]
