"""Grouping by keys of many values."""

from pyspark.sql import DataFrame
from pyspark.sql.group import GroupedData

# Spark's hash map takes aggregates of a fixed size only. Lists, sets and the least of texts or structs are sorted for, and
# without this option sorted again after rows had been in order.
USES_ORDER = {"spark.sql.execution.replaceHashWithSortAgg": "true"}


def sorted_groups(frame: DataFrame, *keys: str) -> GroupedData:
    """The rows grouped by ``keys``, brought together and put in order once.

    For aggregates that are lists, sets, or the least of texts or structs, over keys that seldom repeat: Spark would look for
    what it can aggregate before it moves rows, sort for it, find next to nothing, and sort again. Where a key stands first
    that is a number, most comparisons are of numbers.
    """
    return frame.repartition(*keys).sortWithinPartitions(*keys).groupBy(*keys)
