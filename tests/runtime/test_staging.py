"""Staged frames: computed once, counted on the way, and known to be empty where they are."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from cdp_spark.runtime.staging import counted, measured, staged, staged_keys


def test_rows_are_counted_and_measured_while_they_are_computed(spark: SparkSession) -> None:
    spark.sparkContext.setJobGroup("staged", "one job for each")
    rows, count = counted(spark.range(7, numPartitions=1))
    more, figures = measured(spark.range(7, numPartitions=1), F.sum("id").alias("sum"), F.max("id").alias("max"))
    assert (count, figures) == (7, {"sum": 21, "max": 6})
    assert len(spark.sparkContext.statusTracker().getJobIdsForGroup("staged")) == 2
    assert sorted(r["id"] for r in rows.collect()) == sorted(r["id"] for r in more.collect()) == list(range(7))


@pytest.mark.parametrize("how", ["inner", "left_semi"])
def test_what_joins_a_frame_without_rows_is_not_computed(spark: SparkSession, how: str) -> None:
    none, some = staged_keys(spark.range(5).filter("id > 9")), staged_keys(spark.range(5).filter("id > 2"))
    assert none.schema == some.schema
    spark.sparkContext.setJobGroup(how, "joins none")
    assert spark.range(1000).join(none, "id", how).groupBy("id").count().collect() == []
    assert not spark.sparkContext.statusTracker().getJobIdsForGroup(how)
    assert sorted(r["id"] for r in spark.range(1000).join(some, "id", how).collect()) == [3, 4]


def test_all_rows_stay_beside_a_frame_without_rows(spark: SparkSession) -> None:
    none = staged_keys(spark.range(5).filter("id > 9"))
    for how in ("left", "left_anti", "full_outer"):
        assert [r["id"] for r in spark.range(3).join(none, "id", how).orderBy("id").collect()] == [0, 1, 2]


def test_no_table_is_read_once_more_to_leave_out_some_of_a_handful(spark: SparkSession, tmp_path: Path) -> None:
    spark.range(1000).select("id", (F.col("id") % 10).alias("rest")).write.parquet(str(tmp_path / "table"))
    table = spark.read.parquet(str(tmp_path / "table")).filter("rest < 5")
    # Spark takes a join to have as many rows as its sides multiplied: these for terabytes.
    twenty = spark.range(20_000).filter("id < 20")
    staged_rows = staged(twenty.join(spark.range(20_000), "id").join(spark.range(20_000), "id"))
    few = F.broadcast(staged_rows.distinct())
    found = table.join(few, "id", "left_semi").select("id")
    assert found._jdf.queryExecution().executedPlan().subqueriesAll().size() == 0
    assert sorted(r["id"] for r in found.collect()) == [n for n in range(20) if n % 10 < 5]
