"""Credit: which touch of a path a model gives the conversion to."""

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from cdp_spark.config.attribution import Model
from cdp_spark.contracts.gold import ATTRIBUTION

NO_TOUCH = "(none)"


def credit(paths: DataFrame, models: Sequence[Model], direct_channel: str) -> DataFrame:
    """One row a model and conversion, in the shape of gold.attribution.

    last_touch gives all to the path's last touch. last_non_direct gives all to the last touch of another channel
    than ``direct_channel``; a path of direct touches only goes to its last. A conversion without a touch goes to
    channel (none), so that every model's credit sums to the conversions.
    """
    chosen_index = {"last_touch": F.col("touches"), "last_non_direct": _last_non_direct(direct_channel)}
    shares = [
        paths.withColumns({"model": F.lit(model), "_chosen": chosen_index[model]}).filter("touch_index = _chosen")
        for model in models
    ]
    credited = reduce(DataFrame.unionByName, shares)
    return credited.withColumns({"channel": F.coalesce("channel", F.lit(NO_TOUCH))}).transform(ATTRIBUTION.shape)


def _last_non_direct(direct_channel: str) -> Column:
    whole_path = Window.partitionBy("conversion_id")
    other = F.max(F.when(F.col("channel") != direct_channel, F.col("touch_index"))).over(whole_path)
    return F.coalesce(other, F.col("touches"))
