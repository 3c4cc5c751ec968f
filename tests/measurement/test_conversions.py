"""Conversions: which orders count, and each only once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from pyspark.sql import DataFrame

from cdp_spark.measurement.conversions import conversions, counted_orders

Rows = Callable[..., DataFrame]
T0 = datetime(2026, 1, 10, 12, 0, tzinfo=UTC)
TOLD = {("web", "events"), ("app", "events")}
WEB = {"source": "web", "stream": "events"}
APP = {"source": "app", "stream": "events"}


def _counted(orders: DataFrame, *sources: str) -> set[str]:
    return {r.order_id for r in counted_orders(orders, sources, T0).collect()}


def test_orders_taken_back_as_a_whole_do_not_count(orders: Rows) -> None:
    rows = orders(
        {"order_id": "done"},
        {"order_id": "silent", "status": None},
        {"order_id": "cancelled", "status": "Cancelled"},
        {"order_id": "refunded", "status": "refunded"},
        {"order_id": "refund", "status": "refunded", "revenue": -4},
        {"order_id": "no revenue", "revenue": None},
        {"order_id": "cancelled, no revenue", "status": "cancelled", "revenue": None},
    )
    assert _counted(rows) == {"done", "silent", "refund", "no revenue"}


def test_orders_of_other_sources_and_of_the_future_do_not_count(orders: Rows) -> None:
    rows = orders(
        {"order_id": "now", "ordered_at": T0},
        {"order_id": "later", "ordered_at": T0 + timedelta(microseconds=1)},
        {"order_id": "till", "source": "pos"},
    )
    assert _counted(rows, "shop") == {"now"}
    assert _counted(rows) == {"now", "till"}


def test_the_shops_row_counts_where_the_event_stream_tells_of_the_same_order(orders: Rows, people: Rows) -> None:
    rows = orders(
        {"order_id": "1", "revenue": "10.00"},
        {"order_id": "1", **WEB, "revenue": "11.00"},
        {"order_id": "2", **WEB},
        {"order_id": "2", **APP},
        {"order_id": "3", **WEB},
        {"order_id": "4", "source": "shop"},
        {"order_id": "4", "source": "pos"},
    )
    made = conversions(rows, people(), TOLD).collect()
    assert sorted((r.order_id, r.source) for r in made) == [
        ("1", "shop"), ("2", "app"), ("3", "web"), ("4", "pos"), ("4", "shop")
    ]  # fmt: skip
    assert len({r.conversion_id for r in made}) == 5


def test_a_conversion_has_its_records_person_and_its_revenue(orders: Rows, people: Rows) -> None:
    rows = orders(
        {"order_id": "1", "record_id": "r1", "revenue": "12.34", "currency": "USD"},
        {"order_id": "2", "record_id": "r2", "revenue": "-5.00"},
        {"order_id": "3", "record_id": "r3", "revenue": None},
    )
    made = {r.order_id: r for r in conversions(rows, people(("r1", "p1"), ("rx", "px")), TOLD).collect()}
    assert {k: (r.person_id, r.conversions, r.value, r.currency) for k, r in made.items()} == {
        "1": ("p1", 1, Decimal("12.34"), "USD"),
        "2": (None, 0, Decimal("-5"), "EUR"),
        "3": (None, 1, None, "EUR"),
    }
