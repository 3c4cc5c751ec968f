"""The only reader and writer of Delta, on a real local Delta."""

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession

from cdp_spark.contracts import Column, Pii, TableContract
from cdp_spark.errors import ContractError, NotPublished
from cdp_spark.runtime.published import Published
from cdp_spark.runtime.tables import Tables
from cdp_spark.runtime.warehouse import Warehouse

THINGS = TableContract(
    name="silver.things",
    about="Things.",
    columns=(
        Column("k", "STRING", "Key.", required=True),
        Column("v", "INT", "Value."),
        Column("m", "MAP<STRING, BIGINT>", "Map."),
        Column("email", "STRING", "Address.", Pii.DIRECT),
        Column("landing_id", "BIGINT", "Landing."),
    ),
    key=("k",),
)
A, B, C = ("a", 1, {"x": 1}, "a@example.com", 1), ("b", 2, None, "b@example.com", 1), ("c", 3, None, None, 2)


def things(spark: SparkSession, *rows: tuple[object, ...]) -> DataFrame:
    return spark.createDataFrame(list(rows), THINGS.schema.replace(" NOT NULL", ""))


def assert_holds(tables: Tables, spark: SparkSession, rows: Sequence[tuple[object, ...]]) -> None:
    # chispa sorts by all columns, which Spark refuses for maps.
    assert_df_equality(tables.read(THINGS).orderBy("k"), things(spark, *rows).orderBy("k"), ignore_nullable=True)


def test_a_table_that_does_not_exist_reads_as_no_rows(spark: SparkSession, tables: Tables) -> None:
    assert tables.version(THINGS) is None
    assert tables.read(THINGS).columns == list(THINGS.column_names)
    assert tables.read(THINGS).isEmpty()


def test_the_same_landing_is_added_once(spark: SparkSession, tables: Tables) -> None:
    first = tables.append(THINGS, things(spark, A, B), landing_id=1)
    again = tables.append(THINGS, things(spark, A, B), landing_id=1)
    assert (first.inserted, again.inserted, again.version) == (2, 0, 0)
    assert_holds(tables, spark, [A, B])


def test_an_older_landing_is_refused_instead_of_dropped_in_silence(spark: SparkSession, tables: Tables) -> None:
    tables.append(THINGS, things(spark, C), landing_id=2)
    with pytest.raises(ContractError, match="holds landing 2, later than 1"):
        tables.append(THINGS, things(spark, A), landing_id=1)


def test_replace_writes_only_what_differs(spark: SparkSession, tables: Tables) -> None:
    tables.replace(THINGS, things(spark, A, B))
    changed_b = ("b", 9, {"y": 2}, "b@example.com", 1)
    written = tables.replace(THINGS, things(spark, changed_b, C))
    assert (written.inserted, written.updated, written.deleted) == (1, 1, 1)
    assert_holds(tables, spark, [changed_b, C])


def test_replacing_by_the_same_rows_makes_no_commit(spark: SparkSession, tables: Tables) -> None:
    before = tables.replace(THINGS, things(spark, A, B))
    again = tables.replace(THINGS, things(spark, B, A))
    assert (again.changed, again.version) == (0, before.version)


def test_merge_keeps_the_newer_row_whatever_arrives_last(spark: SparkSession, tables: Tables) -> None:
    tables.merge(THINGS, things(spark, A, B), newer_by=("v",))
    older_b, newer_a = ("b", 1, None, "old@example.com", 2), ("a", 5, None, "new@example.com", 2)
    written = tables.merge(THINGS, things(spark, older_b, newer_a, C), newer_by=("v",))
    assert (written.inserted, written.updated, written.deleted) == (1, 1, 0)
    assert_holds(tables, spark, [newer_a, B, C])


def test_a_merge_takes_out_what_is_gone_and_nothing_that_never_was(spark: SparkSession, tables: Tables) -> None:
    tables.append(THINGS, things(spark, A, B))
    written = tables.merge(THINGS, things(spark, C), gone=things(spark, A, ("z", 9, None, None, 1)).select("k"))
    assert (written.inserted, written.updated, written.deleted) == (1, 0, 1)
    assert_holds(tables, spark, [B, C])


def test_no_run_sums_up_the_logs_of_all_tables_after_ten_days(
    spark: SparkSession, tables: Tables, tmp_path: Path
) -> None:
    for i in range(12):
        tables.append(THINGS, things(spark, (f"k{i}", i, None, None, i)).coalesce(1))
    log = tmp_path / "warehouse/silver/things/_delta_log"
    assert len(list(log.glob("*.json"))) == 12
    assert not list(log.glob("*.checkpoint*"))


def last_operation(tables: Tables, contract: TableContract) -> str:
    return str(tables._delta(contract).history(1).select("operation").first()[0])  # type: ignore[index]


@pytest.fixture
def choosy(spark: SparkSession, tmp_path: Path) -> Tables:
    """Tables none of which is small enough to be written anew whatever changes."""
    return Tables(spark, Warehouse(str(tmp_path / "warehouse")), written_anew=0)


def test_a_small_table_is_written_anew_whatever_changes(spark: SparkSession, tables: Tables) -> None:
    for row in (A, B, C):
        tables.append(THINGS, things(spark, row).coalesce(1))
    newer_a = ("a", 7, None, "new@example.com", 1)
    tables.replace(THINGS, things(spark, newer_a, B, C))
    assert last_operation(tables, THINGS) == "WRITE"
    assert_holds(tables, spark, [newer_a, B, C])


def test_rows_that_change_in_most_files_are_written_with_the_others_and_those_of_a_few_are_merged(
    spark: SparkSession, choosy: Tables
) -> None:
    tables = choosy
    for row in (A, B, C):
        tables.append(THINGS, things(spark, row).coalesce(1))
    newer_a, newer_b = ("a", 7, None, "new@example.com", 1), ("b", None, None, None, 1)
    tables.replace(THINGS, things(spark, newer_a, B, C))
    assert last_operation(tables, THINGS) == "MERGE"
    assert_holds(tables, spark, [newer_a, B, C])
    tables.replace(THINGS, things(spark, newer_b, ("d", 4, None, None, 3)))
    assert last_operation(tables, THINGS) == "WRITE"
    assert_holds(tables, spark, [newer_b, ("d", 4, None, None, 3)])


@pytest.mark.parametrize("seed", [3])
def test_both_ways_to_change_rows_leave_the_same(spark: SparkSession, tables: Tables, seed: int) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)
    followed = replace(THINGS, name="silver.followed", change_feed=True)  # a change feed is kept by MERGE alone
    for _ in range(4):
        keys = [f"k{i}" for i in range(8) if chance.random() < 0.6]
        rows: list[tuple[object, ...]] = [
            (k, chance.randrange(3), {"x": chance.randrange(2)}, None, 1) for k in keys
        ] or [A]
        written = [tables.replace(c, things(spark, *rows).coalesce(1)) for c in (THINGS, followed)]
        assert written[0] == written[1]
        assert_holds(tables, spark, rows)
        assert sorted(map(str, tables.read(followed).collect())) == sorted(map(str, tables.read(THINGS).collect()))
    operations = [{r[0] for r in tables._delta(c).history().select("operation").collect()} for c in (THINGS, followed)]
    assert operations == [{"WRITE"}, {"WRITE", "MERGE"}]


def test_an_empty_required_column_is_named_without_values(spark: SparkSession, tables: Tables) -> None:
    with pytest.raises(ContractError, match=r"required column is empty: silver\.things\.k") as e:
        tables.append(THINGS, things(spark, (None, 1, None, "secret@example.com", 1)))
    assert "secret" not in str(e.value)


def test_a_new_column_is_added_and_a_retyped_one_refused(spark: SparkSession, tables: Tables) -> None:
    tables.append(THINGS, things(spark, A))
    wider = TableContract(THINGS.name, "", (*THINGS.columns, Column("n", "STRING", "New.")), THINGS.key)
    tables.merge(wider, things(spark, A, B).selectExpr("*", "'new' AS n"))
    assert {r["k"]: r["n"] for r in tables.read(wider).collect()} == {"a": "new", "b": "new"}
    retyped = TableContract(THINGS.name, "", (THINGS.columns[0], Column("v", "STRING", "Text now.")), THINGS.key)
    with pytest.raises(ContractError, match="type of v differs"):
        tables.append(retyped, spark.createDataFrame([("z", "1")], "k STRING, v STRING"))


def test_no_personal_value_reaches_the_log(spark: SparkSession, tables: Tables, tmp_path: Path) -> None:
    tables.replace(THINGS, things(spark, A, B))
    tables.replace(THINGS, things(spark, ("a", 7, None, "changed@example.com", 1)))
    log = "".join(p.read_text(errors="replace") for p in (tmp_path / "warehouse").rglob("_delta_log/*.json"))
    assert "@example.com" not in log
    statistics = [json.loads(json.loads(line)["add"]["stats"]) for line in log.splitlines() if '"add"' in line]
    assert {name for s in statistics for name in s["minValues"]} == {"landing_id"}


@pytest.mark.parametrize("few", [False, True])
def test_no_personal_value_reaches_the_footers_of_files(
    spark: SparkSession, tables: Tables, tmp_path: Path, few: bool
) -> None:
    """Parquet keeps the least and the greatest value of each column where everybody reads them first."""
    tables.append(THINGS, things(spark, A, B), few=few)
    found = set()
    for file in (tmp_path / "warehouse").rglob("*.parquet"):
        columns = pq.ParquetFile(file).metadata.row_group(0)
        chunks = [columns.column(i) for i in range(columns.num_columns)]
        found |= {c.path_in_schema for c in chunks if c.statistics is not None and c.statistics.has_min_max}
    assert found == {"landing_id"}


def test_files_are_told_apart_by_landings_and_times_and_only_where_rows_are_added_landing_by_landing(
    spark: SparkSession, tables: Tables, tmp_path: Path
) -> None:
    born, seen = Column("born", "DATE", "Birth.", Pii.QUASI), Column("seen", "TIMESTAMP", "Seen.")
    added = replace(THINGS, columns=(*THINGS.columns, born, seen))
    assert added.statistics_columns == ("landing_id", "seen")
    changed = TableContract("gold.people", "", (THINGS.columns[0], seen), ("k",))
    tables.append(changed, spark.sql("SELECT 'a' k, current_timestamp() seen"))
    [log] = (tmp_path / "warehouse").rglob("gold/people/_delta_log/*.json")
    [file] = [json.loads(line)["add"] for line in log.read_text().splitlines() if '"add"' in line]
    assert {k: v for k, v in json.loads(file["stats"]).items() if k != "tightBounds"} == {"numRecords": 1}


def test_published_reads_the_version_that_was_published(spark: SparkSession, tables: Tables) -> None:
    version = tables.replace(THINGS, things(spark, A)).version
    assert version is not None
    tables.replace(THINGS, things(spark, A, B))
    published = Published(tables, {THINGS.name: version})
    assert published.read(THINGS).count() == 1
    other = TableContract("silver.other", "", THINGS.columns, THINGS.key)
    with pytest.raises(NotPublished, match=r"silver\.other has not been published"):
        published.read(other)


def test_a_catalog_holds_the_same_tables(spark: SparkSession) -> None:
    tables = Tables(spark, Warehouse("", "spark_catalog"))
    spark.sql("DROP TABLE IF EXISTS spark_catalog.cdp_silver.things")
    assert tables.append(THINGS, things(spark, A, B)).inserted == 2
    assert tables.replace(THINGS, things(spark, A)).deleted == 1
    assert tables.version(THINGS) == 1
    assert_holds(tables, spark, [A])
    with tables.shadow("silver") as shadow:
        assert shadow.version(THINGS) is None
        shadow.append(THINGS, things(spark, B))
        assert [r["k"] for r in shadow.read(THINGS).collect()] == [B[0]]
        assert_holds(tables, spark, [A])
    assert not spark.catalog.databaseExists("spark_catalog.cdp_silver_shadow")
    assert_holds(tables, spark, [A])


def test_shadow_tables_are_empty_at_first_and_gone_in_the_end(
    spark: SparkSession, tables: Tables, tmp_path: Path
) -> None:
    other = TableContract("gold.other", "", THINGS.columns, THINGS.key)
    tables.append(THINGS, things(spark, A))
    tables.append(other, things(spark, A))
    for row in (B, A):  # the second time in the place of the first
        with tables.shadow("silver") as shadow:
            assert shadow.read(THINGS).isEmpty() and shadow.version(other) == 0
            shadow.append(THINGS, things(spark, row))
            assert [r["k"] for r in shadow.read(THINGS).collect()] == [row[0]]
    assert [p.name for p in sorted((tmp_path / "warehouse").iterdir())] == ["gold", "silver"]
    assert_holds(tables, spark, [A])


@pytest.mark.parametrize(("changed", "way"), [("big0", "WRITE"), ("small1", "MERGE")])
def test_a_table_is_written_anew_where_most_of_its_bytes_lie_in_files_that_change(
    spark: SparkSession, choosy: Tables, tmp_path: Path, changed: str, way: str
) -> None:
    tables = choosy
    big = [(f"big{i}", i, None, f"{i * 7919}@example.com", 1) for i in range(500)]
    tables.append(THINGS, things(spark, *big).coalesce(1))
    small = [(f"small{i}", i, None, None, 1) for i in range(3)]
    for row in small:
        tables.append(THINGS, things(spark, row))
    # One file of four: by their number, neither would be most.
    after = [(k, -1, *rest) if k == changed else (k, v, *rest) for k, v, *rest in (*big, *small)]
    assert tables.merge(THINGS, things(spark, *after)).updated == 1
    log = max((tmp_path / "warehouse").rglob("silver/things/_delta_log/*.json"))
    [commit] = [json.loads(line)["commitInfo"] for line in log.read_text().splitlines() if '"commitInfo"' in line]
    assert commit["operation"] == way
    assert_holds(tables, spark, after)
