"""Orders as facts: each once, with what tells whether it counts."""

from collections.abc import Collection, Iterable

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from cdp_spark.config.traits import ORDER_COLUMNS
from cdp_spark.runtime.conditions.properties import Properties, Reading
from cdp_spark.runtime.conditions.windows import Bounds, is_within

TAKEN_BACK = ("cancelled", "canceled", "voided", "refunded")


def order_properties(readings: Iterable[Reading], zone: str = "UTC") -> Properties:
    """Properties of orders: a column of silver.orders where there is one of that name, else from its JSON."""
    return Properties(readings, zone, {c: F.col(c) for c in ORDER_COLUMNS})


def order_facts(
    orders: DataFrame, properties: Properties, within: Bounds, told_by_events: Collection[tuple[str, str]] = ()
) -> DataFrame:
    """Orders within the bounds: record_id, name (NULL), at, id, is_taken_back, is_refund, one column a property.

    ``told_by_events`` names the (source, stream) pairs whose records are events too. Where a shop system has an order
    of the same id, theirs is left out; of several that only events tell of, the first by source counts.
    """
    facts = _each_once(orders.filter(is_within(F.col("ordered_at"), within)), told_by_events)
    named = properties.parsed(
        facts.withColumns(
            {
                "name": F.lit(None).cast("int"),
                "at": F.col("ordered_at"),
                "id": F.col("record_id"),
                "is_taken_back": F.coalesce(F.lower("status").isin(*TAKEN_BACK), F.lit(False)),
                "is_refund": F.coalesce(F.col("revenue") < 0, F.lit(False)),
            }
        )
    )
    return named.select("record_id", "name", "at", "id", "is_taken_back", "is_refund", *properties.columns)


def _each_once(orders: DataFrame, told_by_events: Collection[tuple[str, str]]) -> DataFrame:
    if not told_by_events:
        return orders
    same_order = Window.partitionBy("order_id")
    ranked = orders.withColumns({"_told": _is_told(told_by_events)}).withColumns(
        {
            "_has_shop_row": ~F.min("_told").over(same_order),
            "_rank": F.row_number().over(same_order.orderBy("_told", "source", "stream")),
        }
    )
    # Two shop systems may number their orders alike; theirs are different orders.
    return ranked.filter(~F.col("_told") | (~F.col("_has_shop_row") & (F.col("_rank") == 1)))


def _is_told(told_by_events: Collection[tuple[str, str]]) -> Column:
    told = F.lit(False)
    for source, stream in sorted(told_by_events):
        told = told | ((F.col("source") == source) & (F.col("stream") == stream))
    return told
