"""Few rows are added by the driver: table and log are as Spark would have left them."""

import json
import random
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from cdp_spark.contracts import TableContract
from cdp_spark.errors import ContractError, TransientError
from cdp_spark.runtime.rows import frame_of_rows
from cdp_spark.runtime.tables import Tables
from cdp_spark.runtime.warehouse import Warehouse
from tests.runtime.test_small_table import EVERY_TYPE, PLAIN, TIMES, a_row, operations, overtaken, plain, rows_of
from tests.runtime.test_tables import THINGS, things

FED = TableContract("silver.fed", "With a change feed.", PLAIN.columns, PLAIN.key, change_feed=True)


def actions(folder: Path, contract: TableContract, version: int) -> dict[str, dict[str, object]]:
    """Action → what it says, of a commit with one file; without what no two commits share."""
    log = folder / contract.layer / contract.table / "_delta_log" / f"{version:020}.json"
    found = {name: dict(said) for line in log.open() for name, said in json.loads(line).items()}
    for name, own in {
        "commitInfo": ("timestamp", "txnId", "operationMetrics", "tags", "operationParameters"),
        "metaData": ("id", "createdTime"),
        "add": ("path", "size", "modificationTime", "tags"),
        "txn": ("lastUpdated",),
    }.items():
        for key in own:
            found.get(name, {}).pop(key, None)
    if "add" in found:
        stats = json.loads(str(found["add"]["stats"]))
        found["add"]["stats"] = {k: v for k, v in stats.items() if k != "tightBounds"}
    return found


@pytest.mark.parametrize("seed", [51, 52])
def test_rows_of_every_type_are_those_that_spark_writes(spark: SparkSession, tmp_path: Path, seed: int) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)
    tables = {way: Tables(spark, Warehouse(str(tmp_path / way))) for way in ("by spark é", "by driver é")}
    for landing in (1, 2):
        rows = [(*a_row(chance, at, f"{landing} {k}")[:-1], landing) for at in TIMES for k in ("", "b é")]
        frame = frame_of_rows(spark, EVERY_TYPE.schema, rows).coalesce(1)
        written = [t.append(EVERY_TYPE, frame, landing, few=way == "by driver é") for way, t in tables.items()]
        assert written[0] == written[1]
        said = [actions(tmp_path / way, EVERY_TYPE, landing - 1) for way in tables]
        assert said[0] == said[1]
    stored = [rows_of(spark.read.format("delta").load(f"{tmp_path}/{way}/silver/every_type")) for way in tables]
    assert stored[0] == stored[1]
    assert operations(spark, tmp_path / "by driver é", EVERY_TYPE) == ["driver", "driver"]


def test_a_table_made_by_the_driver_has_the_properties_and_the_change_feed(spark: SparkSession, tmp_path: Path) -> None:
    for way, few in (("spark", False), ("driver", True)):
        tables = Tables(spark, Warehouse(str(tmp_path / way)))
        tables.append(FED, plain(spark, 1, 2), few=few)
        tables.append(FED, plain(spark, 3), few=few)
        fed = tables.changes(FED, 0, 1)
        assert fed is not None
        assert [r["k"] for r in fed.collect()] == [3]
    assert actions(tmp_path / "spark", FED, 0) == actions(tmp_path / "driver", FED, 0)
    assert operations(spark, tmp_path / "driver", FED) == ["driver", "driver"]


def test_a_landing_is_added_once_whoever_adds_it(spark: SparkSession, tmp_path: Path) -> None:
    tables = Tables(spark, Warehouse(str(tmp_path)))
    assert tables.append(PLAIN, plain(spark, 1), 1, few=True).inserted == 1
    assert tables.append(PLAIN, plain(spark, 1), 1, few=True).inserted == 0
    assert tables.append(PLAIN, plain(spark, 1), 1).inserted == 0
    assert tables.append(PLAIN, plain(spark, 2, landing=2), 2).inserted == 1
    assert tables.append(PLAIN, plain(spark, 2, landing=2), 2, few=True).inserted == 0
    with pytest.raises(ContractError, match="holds landing 2, later than 1"):
        tables.append(PLAIN, plain(spark, 3), 1, few=True)
    assert sorted(r["k"] for r in tables.read(PLAIN).collect()) == [1, 2]


def test_no_rows_make_an_empty_table(spark: SparkSession, tmp_path: Path) -> None:
    tables = Tables(spark, Warehouse(str(tmp_path)))
    assert tables.append(PLAIN, plain(spark), few=True).inserted == 0
    assert tables.version(PLAIN) == 0
    assert spark.read.format("delta").load(str(tmp_path / "silver/plain")).columns == list(PLAIN.column_names)


def test_what_is_missing_in_a_required_column_is_refused_before_anything_is_written(
    spark: SparkSession, tmp_path: Path
) -> None:
    tables = Tables(spark, Warehouse(str(tmp_path)))
    with pytest.raises(ContractError, match=r"a required column is empty: silver\.plain\.v"):
        tables.append(PLAIN, plain(spark, 1, v=None), few=True)
    assert tables.version(PLAIN) is None


@pytest.mark.parametrize("is_new", [True, False])
def test_another_writer_in_between(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_new: bool
) -> None:
    tables, other = (Tables(spark, Warehouse(str(tmp_path))) for _ in range(2))
    if not is_new:
        tables.append(PLAIN, plain(spark, 1))

    overtaken(monkeypatch, lambda: other.append(PLAIN, plain(spark, 9)))
    if is_new:
        with pytest.raises(TransientError, match=r"another writer changed silver\.plain"):
            tables.append(PLAIN, plain(spark, 2), few=True)
        assert [r["k"] for r in tables.read(PLAIN).collect()] == [9]
    else:
        # Rows that both only add do not contradict each other.
        tables.append(PLAIN, plain(spark, 2), few=True)
        assert sorted(r["k"] for r in tables.read(PLAIN).collect()) == [1, 2, 9]


def test_a_constraint_and_a_new_column_are_left_to_delta(spark: SparkSession, tmp_path: Path) -> None:
    tables = Tables(spark, Warehouse(str(tmp_path)))
    tables.append(PLAIN, plain(spark, 1), few=True)
    spark.sql(f"ALTER TABLE delta.`{tmp_path}/silver/plain` ADD CONSTRAINT low CHECK (k < 5)")
    tables.append(PLAIN, plain(spark, 2), few=True)
    assert operations(spark, tmp_path, PLAIN) == ["driver", "ADD CONSTRAINT", "WRITE"]
    with pytest.raises(Exception, match="CHECK constraint low"):
        tables.append(PLAIN, plain(spark, 7), few=True)
    narrow = TableContract(THINGS.name, THINGS.about, THINGS.columns[:-1], THINGS.key)
    row: tuple[object, ...] = ("a", 1, None, None, 1)
    tables.append(narrow, things(spark, row).drop(THINGS.columns[-1].name), few=True)
    tables.append(THINGS, things(spark, ("b", *row[1:])), few=True)
    assert operations(spark, tmp_path, THINGS) == ["driver", "WRITE"]
    assert sorted(r[0] for r in tables.read(THINGS).collect()) == ["a", "b"]


def test_rows_that_are_more_than_was_thought_are_written_by_spark(spark: SparkSession, tmp_path: Path) -> None:
    tables, conf = Tables(spark, Warehouse(str(tmp_path))), spark.sparkContext._jsc.sc().conf()
    rows = plain(spark, *range(20_000)).withColumn("v", F.sha2(F.col("k").cast("string"), 512))
    usual = conf.get("spark.driver.maxResultSize", "1g")
    conf.set("spark.driver.maxResultSize", "600k")
    try:
        assert tables.append(PLAIN, rows, few=True).inserted == 20_000
        changed = rows.withColumn("v", F.concat(F.lit("new"), F.col("v")))
        assert tables.replace(PLAIN, changed, few=True).updated == 20_000
    finally:
        conf.set("spark.driver.maxResultSize", usual)
    assert operations(spark, tmp_path, PLAIN) == ["WRITE", "WRITE"]
    assert tables.read(PLAIN).filter(F.col("v").startswith("new")).count() == 20_000


def test_few_changes_come_without_being_brought_into_one_task(spark: SparkSession, tmp_path: Path) -> None:
    stages, told = {}, spark.sparkContext.statusTracker()
    for few in (True, False):
        tables = Tables(spark, Warehouse(str(tmp_path / str(few))))
        tables.append(PLAIN, plain(spark, 1, 2), few=True)
        new = plain(spark, 2, 3, v="new").repartition(3)
        spark.sparkContext.setJobGroup(f"few: {few}", "a change")
        written = tables.replace(PLAIN, new, few=few)
        jobs = [info for job in told.getJobIdsForGroup(f"few: {few}") if (info := told.getJobInfo(job))]
        stages[few] = sum(len(job.stageIds) for job in jobs)
        assert (written.inserted, written.updated, written.deleted) == (1, 1, 1)
        assert {(r["k"], r["v"]) for r in tables.read(PLAIN).collect()} == {(2, "new"), (3, "new")}
    assert stages[True] == stages[False] - 1
