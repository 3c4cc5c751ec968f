"""Paths: the touches that came before a conversion."""

from datetime import timedelta

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F


def paths(conversions: DataFrame, touchpoints: DataFrame, lookback: timedelta) -> DataFrame:
    """One row a conversion and touch of its person within the window, in order; one without touch where there is none.

    The window is closed at both ends, converted_at - lookback <= occurred_at <= converted_at, so the converting
    visit counts. Adds touchpoint_id, channel, campaign, touch_at, touch_index (from 1; 0 without a touch) and
    touches to the columns of ``conversions``.
    """
    touches = touchpoints.filter(F.col("person_id").isNotNull()).select(
        F.col("person_id").alias("_toucher"),
        "touchpoint_id",
        "channel",
        "campaign",
        F.col("occurred_at").alias("touch_at"),
    )
    in_window = (
        (F.col("person_id") == F.col("_toucher"))
        & (F.col("touch_at") >= F.col("converted_at") - F.lit(lookback))
        & (F.col("touch_at") <= F.col("converted_at"))
    )
    by_conversion = Window.partitionBy("conversion_id")
    has_touch = F.col("touchpoint_id").isNotNull()
    position = F.row_number().over(by_conversion.orderBy("touch_at", "touchpoint_id"))
    return (
        conversions.join(touches, on=in_window, how="left")
        .drop("_toucher")
        .withColumns(
            {
                "touch_index": F.when(has_touch, position).otherwise(0),
                "touches": F.count("touchpoint_id").over(by_conversion),
            }
        )
    )
