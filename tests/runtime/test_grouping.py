"""Grouping by keys of many values: what comes out is what Spark's own grouping gives, and rows are sorted once."""

import random
from collections import Counter

from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from cdp_spark.runtime.grouping import sorted_groups
from cdp_spark.runtime.rows import frame_of_rows

_SEED = 11


def _rows(spark: SparkSession) -> DataFrame:
    print(f"seed {_SEED}")
    dice = random.Random(_SEED)
    rows = [
        (dice.choice((None, *range(40))), dice.choice("abc"), dice.choice((None, "x", "y", "z")), dice.randrange(9))
        for _ in range(400)
    ]
    return frame_of_rows(spark, "a BIGINT, b STRING, word STRING, n INT", rows)


def _nodes(frame: DataFrame) -> Counter[str]:
    found: Counter[str] = Counter()
    waiting = [frame._jdf.queryExecution().executedPlan()]
    while waiting:
        node = waiting.pop()
        found[node.nodeName()] += 1
        children = node.children()
        waiting += [children.apply(i) for i in range(children.size())]
    return found


def test_groups_are_those_of_group_by(spark: SparkSession) -> None:
    rows = _rows(spark)
    figures = (
        F.count(F.lit(1)).alias("rows"),
        F.sum("n").alias("sum"),
        F.min("word").alias("least"),
        F.sort_array(F.collect_set("word")).alias("words"),
        F.max(F.struct("n", "word")).alias("most"),
    )
    ours, theirs = sorted_groups(rows, "a", "b").agg(*figures), rows.groupBy("a", "b").agg(*figures)
    assert_df_equality(ours, theirs, ignore_row_order=True, ignore_nullable=True)
    assert ours.count() > 100


def test_rows_move_and_are_sorted_once(spark: SparkSession) -> None:
    rows = _rows(spark)
    nodes = _nodes(sorted_groups(rows, "a", "b").agg(F.collect_set("word"), F.min("word")))
    assert (nodes["Exchange"], nodes["Sort"]) == (1, 1), nodes
    assert not nodes["ObjectHashAggregate"], nodes
