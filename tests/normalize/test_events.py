"""How events are made, by their plan: what is asked of it holds whatever the data."""

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from cdp_spark.config.project import ProjectConfig
from cdp_spark.contracts.bronze import bronze_contract
from cdp_spark.normalize.events import straight_events
from cdp_spark.normalize.targets.events import event_rows
from cdp_spark.runtime.rows import frame_of_rows
from tests.normalize.test_visits import plan_of


def plan_lines(frame: DataFrame) -> list[str]:
    """The optimised plan, a node a line, those that take in others before them."""
    conf = frame.sparkSession.conf
    usual = {o: conf.get(o) or "" for o in ("spark.sql.maxPlanStringLength", "spark.sql.debug.maxToStringFields")}
    for option in usual:
        conf.set(option, "1000000")
    try:
        return str(frame._jdf.queryExecution().optimizedPlan().toString()).splitlines()
    finally:
        for option, value in usual.items():
            conf.set(option, value)


def test_what_all_sources_go_through_is_there_once_and_repeats_are_told_apart_before_anything_is_read(
    spark: SparkSession,
) -> None:
    project = ProjectConfig.model_validate({"name": "x"})
    empty = frame_of_rows(spark, bronze_contract("any").schema).localCheckpoint()
    repeated = spark.range(3).select(F.xxhash64("id").alias("_id_hash")).localCheckpoint()
    made = event_rows([(plan_of(source, project), empty) for source in ("web", "app")])
    lines = plan_lines(straight_events(made, repeated))
    assert sum("ArrowEvalPython" in line for line in lines) == 1
    order = [mark for line in lines for mark in ("from_json(", "LeftAnti") if mark in line]
    assert order == ["from_json(", "LeftAnti"] * 2
