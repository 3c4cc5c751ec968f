"""Reading a small table's files as they are: the same rows as Delta's own reader gives, at every version, or Delta's."""

import random
from pathlib import Path

import pytest
from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from cdp_spark.contracts import Column, TableContract
from cdp_spark.runtime.plain_files import FEW, plain_files
from cdp_spark.runtime.tables import Tables
from cdp_spark.runtime.warehouse import Warehouse

STOCK = TableContract(
    name="silver.stock",
    about="Stock.",
    columns=(
        Column("k", "BIGINT", "Key.", required=True),
        Column("v", "STRING", "Value."),
        Column("at", "TIMESTAMP", "Time."),
        Column("tags", "MAP<STRING, ARRAY<BIGINT>>", "Tags."),
    ),
    key=("k",),
)


def stock(spark: SparkSession, keys: range, value: str) -> DataFrame:
    rows = spark.range(keys.start, keys.stop, 1, 1).withColumnRenamed("id", "k")
    tags = F.create_map(F.lit("a"), F.array("k"))
    at = F.timestamp_seconds(F.col("k") * 1_000_000 - 3_000_000_000)
    return rows.select("k", F.lit(value).alias("v"), at.alias("at"), tags.alias("tags"))


def rows_of(frame: DataFrame) -> list[tuple[object, ...]]:
    return sorted((r["k"], r["v"], r["at"], r["tags"]) for r in frame.collect())


def test_every_version_reads_as_delta_reads_it(spark: SparkSession, tmp_path: Path) -> None:
    seed = 20
    print(f"seed {seed}")
    chance = random.Random(seed)
    # A folder's name may hold what an address would spell differently.
    warehouse = Warehouse(str(tmp_path / "ware house é %20"))
    tables = Tables(spark, warehouse)
    tables.replace(STOCK, stock(spark, range(10), "first"))
    for n in range(4):
        low = chance.randrange(20)
        tables.replace(STOCK, stock(spark, range(low, low + chance.randrange(1, 12)), f"{n}"))
    location = warehouse.location(STOCK)
    for version in range((tables.version(STOCK) or 0) + 1):
        files = plain_files(spark, location, version)
        assert files is not None
        theirs = spark.read.format("delta").option("versionAsOf", version).load(location)
        assert rows_of(files.rows(spark)) == rows_of(theirs) == rows_of(tables.read(STOCK, version))
        assert files.schema == theirs.schema


def test_a_column_added_later_is_null_in_older_files(spark: SparkSession, tmp_path: Path) -> None:
    warehouse = Warehouse(str(tmp_path))
    tables = Tables(spark, warehouse)
    older = TableContract("silver.stock", "Stock.", STOCK.columns[:2], key=("k",))
    tables.append(older, stock(spark, range(2), "old").select("k", "v"))
    tables.append(STOCK, stock(spark, range(2, 3), "new"))
    files = plain_files(spark, warehouse.location(STOCK), 1)
    assert files is not None
    assert [(r["k"], r["tags"]) for r in files.rows(spark).orderBy("k").collect()] == [
        (0, None),
        (1, None),
        (2, {"a": [2]}),
    ]


def test_no_spark_job_is_needed_to_know_the_files(spark: SparkSession, tmp_path: Path) -> None:
    location = str(tmp_path / "t")
    stock(spark, range(5), "x").write.format("delta").save(location)
    jobs = {}
    for reader in ("plain", "delta"):
        spark.sparkContext.setJobGroup(reader, "knows the files")
        if reader == "plain":
            files = plain_files(spark, location, 0)
            assert files is not None
            assert files.rows(spark).columns == list(STOCK.column_names)
        else:
            assert len(spark.read.format("delta").load(location).inputFiles()) == 1
        jobs[reader] = len(spark.sparkContext.statusTracker().getJobIdsForGroup(reader))
    assert jobs["plain"] == 0 < jobs["delta"]


@pytest.mark.parametrize("reason", ["deletion vectors", "partitions", "many files", "a pattern as a name"])
def test_what_is_not_plain_is_left_to_delta(spark: SparkSession, tmp_path: Path, reason: str) -> None:
    location = str(tmp_path / ("a[b]" if reason == "a pattern as a name" else "t"))
    writer = stock(spark, range(FEW + 1), "x").repartition(FEW + 1, "k" if reason == "many files" else F.lit(1)).write
    if reason == "deletion vectors":
        writer = writer.option("delta.enableDeletionVectors", "true")
    if reason == "partitions":
        writer = writer.partitionBy("v")
    if reason == "many files":
        writer = writer.option("maxRecordsPerFile", 1)
    writer.format("delta").save(location)
    assert plain_files(spark, location, 0) is None


def test_a_table_without_rows_is_read_and_written_as_any(spark: SparkSession, tmp_path: Path) -> None:
    warehouse = Warehouse(str(tmp_path))
    tables = Tables(spark, warehouse)
    tables.append(STOCK, stock(spark, range(3), "x"))
    assert tables.replace(STOCK, stock(spark, range(0), "x")).deleted == 3
    spark.sparkContext.setJobGroup("empty", "reads no rows")
    theirs = spark.read.format("delta").load(warehouse.location(STOCK))
    assert tables.read(STOCK).schema == theirs.schema
    assert tables.read(STOCK).isEmpty()
    assert tables.read(STOCK).join(spark.range(3).withColumnRenamed("id", "k"), "k").isEmpty()
    assert not spark.sparkContext.statusTracker().getJobIdsForGroup("empty")
    assert tables.replace(STOCK, stock(spark, range(2, 5), "y")).inserted == 3
    assert [r[0] for r in rows_of(tables.read(STOCK))] == [2, 3, 4]
    assert [r[0] for r in rows_of(spark.read.format("delta").load(warehouse.location(STOCK)))] == [2, 3, 4]


def test_rows_that_a_deletion_vector_hides_stay_hidden(spark: SparkSession, tmp_path: Path) -> None:
    warehouse = Warehouse(str(tmp_path))
    tables = Tables(spark, warehouse)
    location = warehouse.location(STOCK)
    writer = stock(spark, range(5), "x").write.format("delta").option("delta.enableDeletionVectors", "true")
    writer.save(location)
    files = spark.read.format("delta").load(location).inputFiles()
    DeltaTable.forPath(spark, location).delete(F.col("k") == 3)
    assert spark.read.format("delta").load(location).inputFiles() == files  # the row is hidden, not gone
    assert [r[0] for r in rows_of(tables.read(STOCK))] == [0, 1, 2, 4]
