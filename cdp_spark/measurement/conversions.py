"""Conversions: the orders that count, each once."""

from collections.abc import Collection, Sequence
from datetime import datetime

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

DEFINITION = "order"
TAKEN_BACK = ("cancelled", "canceled", "voided", "refunded")


def conversions(
    orders: DataFrame, people_of_records: DataFrame, told_by_events: Collection[tuple[str, str]]
) -> DataFrame:
    """One row a conversion: conversion_id, person_id, source, order_id, converted_at, conversions, value, currency.

    ``orders`` are counted orders (see :func:`counted_orders`); ``told_by_events`` names the (source, stream) pairs
    whose records are events too. Such an order is left out where a shop system has an order of the same id; of several
    that only events tell of, the first by source counts. A refund row counts 0 conversions.
    """
    is_refund = F.col("revenue") < 0
    return (
        _each_once(orders, told_by_events)
        .join(people_of_records, on="record_id", how="left")  # one row a record
        .select(
            F.sha2(F.to_json(F.array(F.lit(DEFINITION), "source", "order_id")), 256).alias("conversion_id"),
            "person_id",
            "source",
            "order_id",
            F.col("ordered_at").alias("converted_at"),
            F.when(is_refund, 0).otherwise(1).alias("conversions"),
            F.col("revenue").alias("value"),
            "currency",
        )
    )


def counted_orders(orders: DataFrame, sources: Sequence[str], as_of: datetime) -> DataFrame:
    """The orders up to ``as_of`` of the named sources (none: all) that were not taken back as a whole.

    A row with negative revenue is a refund on its own day and stays, whatever its status.
    """
    wanted = F.col("ordered_at") <= F.lit(as_of)
    if sources:
        wanted = wanted & F.col("source").isin(*sources)
    status = F.coalesce(F.lower("status"), F.lit(""))
    is_refund_row = F.coalesce(F.col("revenue") < 0, F.lit(False))
    return orders.filter(wanted & (is_refund_row | ~status.isin(*TAKEN_BACK)))


def _each_once(orders: DataFrame, told_by_events: Collection[tuple[str, str]]) -> DataFrame:
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
