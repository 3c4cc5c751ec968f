"""Orders are versions; their lines follow them."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from cdp_spark.contracts.silver import IDENTIFIERS, ORDER_LINES, ORDERS, QUARANTINE
from tests.ingest.company import Company, stream

ORDER: dict[str, Any] = {
    "to": "orders",
    "set": {
        "order_id": "id", "version_ts": "updated", "ordered_at": "created", "status": "status", "currency": "currency",
        "revenue": {"number": "cents", "minor_units": True}, "total": {"number": "gross", "decimal_sign": ","},
    },
    "identifiers": {"email": "email"},
    "lines": {"each": "items", "set": {"sku": "sku", "quantity": "qty", "unit_price": "price", "properties_": "x"}},
}  # fmt: skip
del ORDER["lines"]["set"]["properties_"]
KEY = {"concat": ["store", "no"], "separator": "|"}
RECEIPT: tuple[dict[str, Any], ...] = (
    {
        "to": "order_lines",
        "set": {
            "order_id": KEY,
            "line": "line",
            "version_ts": {"time": "at", "zone": "Europe/Vienna"},
            "total": "total",
            "quantity": "qty",
        },
    },
    {
        "to": "orders",
        "totals_from_lines": True,
        "set": {"order_id": KEY, "ordered_at": {"time": "at", "zone": "Europe/Vienna"}, "store": "store"},
        "identifiers": {"loyalty_id": "card"},
    },
)


def order(id_: str, updated: str, /, **more: object) -> str:
    base = {
        "id": id_,
        "created": "2026-02-01T08:00:00Z",
        "updated": updated,
        "currency": "eur",
        "cents": "1250",
        "email": "a@x.com",
    }
    return json.dumps({**base, **more}) + "\n"


@pytest.fixture
def shop(spark: SparkSession, tmp_path: Path) -> Company:
    return Company(spark, tmp_path, {"orders": stream(ORDER)})


def test_a_version_names_people_whether_or_not_a_newer_one_came_with_it(spark: SparkSession, tmp_path: Path) -> None:
    receipt = order("o1", "2026-02-02T08:00:00Z", card="L-77")
    cancelled = order("o1", "2026-02-03T08:00:00Z", status="cancelled", email=None, card="L-77")
    mapping = {**ORDER, "identifiers": {"email": "email", "loyalty_id": "card"}}
    found = {}
    for name, runs in {"together": [["a", "b"]], "in turn": [["a"], ["b"]], "late": [["b"], ["a"]]}.items():
        shop = Company(spark, tmp_path / name, {"orders": stream(mapping)})
        for files in runs:
            for file in files:
                shop.put(f"in/{file}.jsonl", {"a": receipt, "b": cancelled}[file])
            shop.run()
        assert [r["status"] for r in shop.rows(ORDERS)] == ["cancelled"]
        found[name] = sorted((r["record_id"][-14:], r["namespace"], r["value"]) for r in shop.rows(IDENTIFIERS))
    assert found["together"] == found["in turn"] == found["late"]
    assert [(n, v) for _, n, v in found["late"]].count(("email", "a@x.com")) == 1
    assert [(n, v) for _, n, v in found["late"]].count(("loyalty_id", "L-77")) == 2


def test_the_newest_version_of_an_order_stays_in_whatever_order_they_come(shop: Company) -> None:
    items = [{"sku": "s1", "qty": 2, "price": "1.25"}, {"sku": "s2", "qty": "1", "price": 4}]
    shop.put(
        "in/a.jsonl",
        order("o1", "2026-02-03T08:00:00Z", status="Refunded", items=items)
        + order("o1", "2026-02-02T08:00:00Z", status="Paid", items=items),
    )
    counts = shop.run()
    assert (counts.kept, counts.duplicate) == (1, 1)
    shop.put(
        "in/b.jsonl",
        order("o1", "2026-02-01T08:00:00Z", status="Open") + order("o2", "2026-02-01T08:00:00Z", gross="1.234,50"),
    )
    counts = shop.run()
    assert (counts.kept, counts.duplicate, counts.details["superseded_orders"]) == (1, 1, 1)
    first, second = shop.rows(ORDERS)
    assert (first["status"], first["currency"], first["revenue"]) == ("refunded", "EUR", Decimal("12.5000"))
    assert second["total"] == Decimal("1234.5000")
    lines = [(r["line"], r["sku"], r["quantity"], r["total"]) for r in shop.rows(ORDER_LINES)]
    assert lines == [
        ("1", "s1", Decimal("2.0000"), Decimal("2.5000")),
        ("2", "s2", Decimal("1.0000"), Decimal("4.0000")),
    ]
    shop.put("in/c.jsonl", order("o1", "2026-02-04T08:00:00Z", status="Paid", items=items[:1]))
    assert shop.run().kept == 1
    assert shop.rows(ORDERS)[0]["status"] == "paid"


def test_the_same_version_sent_again_changes_nothing(shop: Company) -> None:
    shop.put("in/a.jsonl", order("o1", "2026-02-03T08:00:00Z", items=[{"sku": "s1"}]))
    shop.run()
    before = (shop.rows(ORDERS), shop.rows(ORDER_LINES), shop.rows(IDENTIFIERS))
    shop.put("in/b.jsonl", order("o1", "2026-02-03T08:00:00Z", items=[{"sku": "s1"}]))
    counts = shop.run()
    assert (counts.kept, counts.duplicate, counts.changed) == (0, 1, 0)
    assert (shop.rows(ORDERS), shop.rows(ORDER_LINES), shop.rows(IDENTIFIERS)) == before


def day(n: int) -> datetime:
    """When a file was written."""
    return datetime(2026, 2, n, 6, tzinfo=UTC)


@pytest.fixture
def till(spark: SparkSession, tmp_path: Path) -> Company:
    """A till whose export knows the date of the order only."""
    dated = {k: v for k, v in ORDER["set"].items() if k != "version_ts"}
    return Company(spark, tmp_path, {"orders": stream({**ORDER, "set": dated})})


def test_an_export_without_versions_is_corrected_by_a_newer_file_whatever_it_says(till: Company) -> None:
    # Whichever of two words or amounts is the greater: what decides is which file is newer.
    for n, (status, total) in enumerate((("open", "10"), ("cancelled", "9"), ("paid", "11")), start=5):
        till.put(f"in/{n}.jsonl", order("o1", "", status=status, gross=total), day(n))
        till.run()
        [row] = till.rows(ORDERS)
        assert (row["status"], row["total"]) == (status, Decimal(total))
    till.put("in/late.jsonl", order("o1", "", status="lost on the way", gross="99"), day(4))
    counts = till.run()
    assert (counts.kept, counts.duplicate) == (0, 1)
    assert [r["status"] for r in till.rows(ORDERS)] == ["paid"]


def test_an_export_that_repeats_every_order_makes_nobody_new(till: Company) -> None:
    items = [{"sku": "s1", "qty": 2, "price": "1.25"}]
    till.put("in/a.jsonl", order("o1", "", items=items) + order("o2", "", items=items), day(5))
    till.run()
    before = {r["order_id"]: (r["record_id"], r["landing_id"]) for r in till.rows(ORDERS)}
    named = till.rows(IDENTIFIERS)
    more = [*items, {"sku": "s2", "qty": 1, "price": "4"}]
    till.put("in/b.jsonl", order("o1", "", items=items) + order("o2", "", items=more) + order("o3", ""), day(6))
    counts = till.run()
    assert (counts.kept, counts.duplicate, counts.details["restated_orders"]) == (2, 1, 2)
    after = {r["order_id"]: (r["record_id"], r["landing_id"]) for r in till.rows(ORDERS)}
    assert (len(after), {k: after[k] for k in before}) == (3, before)
    assert [r for r in till.rows(IDENTIFIERS) if r in named] == named
    assert len(till.rows(IDENTIFIERS)) == len(named) + 1
    made = {t.name: till.rows(t) for t in (ORDERS, ORDER_LINES, IDENTIFIERS)}
    assert till.rebuild().changed == 0
    assert {t.name: till.rows(t) for t in (ORDERS, ORDER_LINES, IDENTIFIERS)} == made
    # The lines of an order that says the same may be others, and its record is kept for those.
    assert [(r["order_id"], r["sku"]) for r in till.rows(ORDER_LINES)] == [("o1", "s1"), ("o2", "s1"), ("o2", "s2")]


def test_an_order_that_cannot_be_read_is_refused_with_every_reason(shop: Company) -> None:
    shop.put("in/a.jsonl", order("", "yesterday", created=None, cents="many"))
    assert shop.run().quarantined == 1
    [row] = shop.rows(QUARANTINE)
    assert list(row["reasons"]) == ["missing:order_id", "missing:ordered_at", "unreadable:version_ts"]


def test_receipts_are_summed_over_all_their_lines_also_late_ones(spark: SparkSession, tmp_path: Path) -> None:
    company = Company(spark, tmp_path, {"receipts": stream(*RECEIPT, read={"format": "csv"})})
    header = "store,no,at,line,total,qty,card\n"
    company.put(
        "in/a.csv",
        header + "s,1,2026-02-01 10:00,1,5.50,1,L1\ns,1,2026-02-01 10:00,2,-1.25,-1,L1\ns,2,2026-02-01 11:00,1,3,1,\n",
    )
    counts = company.run()
    assert (counts.rows_in, counts.kept, counts.quarantined) == (3, 3, 0)
    totals = [(r["order_id"], r["total"], r["revenue"], r["ordered_at"].isoformat()) for r in company.rows(ORDERS)]
    assert totals == [
        ("s|1", Decimal("4.2500"), Decimal("4.2500"), "2026-02-01T09:00:00"),
        ("s|2", Decimal("3.0000"), Decimal("3.0000"), "2026-02-01T10:00:00"),
    ]
    company.put("in/b.csv", header + "s,1,2026-02-01 10:00,3,10,1,L1\ns,2,2026-02-01 11:00,1,3,1,\n")
    counts = company.run()
    assert (counts.kept, counts.duplicate) == (1, 1)
    assert [r["total"] for r in company.rows(ORDERS)] == [Decimal("14.2500"), Decimal("3.0000")]
    assert [(r["namespace"], r["value"]) for r in company.rows(IDENTIFIERS)] == [("loyalty_id", "L1")]
