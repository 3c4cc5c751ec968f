"""The audiences step over its tables: repeated, cut short, and with nothing to do."""

from pyspark.sql import SparkSession

from cdp_spark.contracts.gold import AUDIENCE_CHANGES, AUDIENCE_MEMBERS
from cdp_spark.runtime.tables import Tables
from tests.audiences.world import T0, World


def test_a_repeated_run_writes_nothing_and_what_a_dead_run_had_logged_is_taken_back(
    spark: SparkSession, tables: Tables
) -> None:
    world = World(spark, tables)
    world.person("ana")
    world.person("bob")
    world.did("ana", "Bought", T0)
    world.audience("buyers", {"event": "Bought", "window": {"last": "7d"}})
    assert world.run_step().details == {"audiences": 1, "entered": 1, "exited": 0}
    assert world.who("buyers") == {"ana"}
    before = [tables.version(t) for t in (AUDIENCE_MEMBERS, AUDIENCE_CHANGES)]

    assert world.run_step().changed == 0
    assert [tables.version(t) for t in (AUDIENCE_MEMBERS, AUDIENCE_CHANGES)] == before

    world.runs += 1
    half = {"audience": "buyers", "run_id": "dead", "sequence": world.runs, "changed_at": world.as_of}
    rows = [
        {**half, "reason": "condition", "definition_version": "v", "person_id": person, "change": change}
        for person, change in (("bob", "entered"), ("ana", "exited"))
    ]
    tables.merge(AUDIENCE_CHANGES, world.frame(AUDIENCE_CHANGES, rows))
    assert world.run_step().changed == 0
    assert {r["run_id"] for r in world.log()} == {"r1"}
    assert world.who("buyers") == {"ana"}


def test_without_audiences_and_without_persons_nothing_is_written(spark: SparkSession, tables: Tables) -> None:
    empty = World(spark, tables)
    assert empty.run_step().changed == 0
    empty.audience("nobody", {"not": {"event": "x"}})
    assert empty.run_step().changed == 0
    assert empty.members() == {}
