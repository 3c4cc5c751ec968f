"""Traits of orders: what counts, and each order once."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from pyspark.sql import DataFrame, Row, SparkSession

from cdp_spark.config.traits import TraitConfig
from cdp_spark.contracts.silver import ORDERS
from cdp_spark.profiles.traits import trait_readings, trait_values
from cdp_spark.profiles.traits_orders import order_facts, order_properties
from cdp_spark.runtime.conditions.facts import Names
from cdp_spark.runtime.conditions.windows import Bounds, Moment

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
TRAITS = {
    "n": TraitConfig(kind="count", orders=True),
    "revenue": TraitConfig(kind="sum", orders=True, property="revenue", currency="EUR"),
    "biggest": TraitConfig(kind="max", orders=True, property="revenue", currency="EUR"),
    "returned": TraitConfig.model_validate(
        {"kind": "count", "orders": True, "where": [{"property": "status", "eq": "refunded"}]}
    ),
    "last_at": TraitConfig(kind="last_at", orders=True),
    "store": TraitConfig(kind="last", orders=True, property="store"),
    "coupon": TraitConfig(kind="last", orders=True, property="coupon"),
}


def _orders(spark: SparkSession, *rows: dict[str, Any]) -> DataFrame:
    defaults = {
        "source": "shop", "stream": "orders", "version_ts": AS_OF, "ordered_at": AS_OF - timedelta(days=1),
        "status": "completed", "currency": "EUR", "revenue": Decimal(10), "landing_id": 1,
    }  # fmt: skip
    made = [{**defaults, "order_id": f"o{i}", "record_id": f"r{i}", **row} for i, row in enumerate(rows)]
    return spark.createDataFrame([tuple(r.get(c) for c in ORDERS.column_names) for r in made], ORDERS.schema)


def _of_one_person(orders: DataFrame, told: set[tuple[str, str]] | None = None) -> Row:
    from pyspark.sql import functions as F

    properties = order_properties(trait_readings(TRAITS.values()))
    facts = order_facts(orders, properties, Bounds(AS_OF), told or set()).withColumn("person_id", F.lit("p"))
    return trait_values(facts, TRAITS, Names(()), properties, Moment(AS_OF)).collect()[0]


def test_orders_taken_back_do_not_count_unless_asked_for(spark: SparkSession) -> None:
    row = _of_one_person(
        _orders(spark, {}, {"status": "Refunded", "revenue": Decimal(90)}, {"status": "cancelled"}, {"status": None})
    )
    assert (row["n"], row["revenue"], row["biggest"], row["returned"]) == (2, 20, 10, 1)


def test_a_refund_row_lowers_sums_and_is_no_order(spark: SparkSession) -> None:
    later = {"revenue": Decimal(-4), "ordered_at": AS_OF}
    row = _of_one_person(_orders(spark, {}, later))
    assert (row["n"], row["revenue"]) == (1, 6)
    assert row["last_at"].replace(tzinfo=UTC) == AS_OF - timedelta(days=1)


def test_columns_come_before_the_json(spark: SparkSession) -> None:
    row = _of_one_person(_orders(spark, {"store": "Graz", "properties": '{"store": "x", "coupon": "SPRING"}'}))
    assert (row["store"], row["coupon"]) == ("Graz", "SPRING")


def test_an_order_that_the_event_stream_tells_of_too_counts_once(spark: SparkSession) -> None:
    told = {"source": "web", "stream": "events", "revenue": Decimal(11)}
    both = _orders(spark, {"order_id": "a"}, {"order_id": "a", **told}, {"order_id": "b", **told})
    row = _of_one_person(both, {("web", "events")})
    assert (row["n"], row["revenue"]) == (2, 21)
    assert _of_one_person(both)["n"] == 3


def test_orders_after_as_of_are_left_out(spark: SparkSession) -> None:
    row = _of_one_person(_orders(spark, {}, {"ordered_at": AS_OF + timedelta(microseconds=1)}))
    assert row["n"] == 1
