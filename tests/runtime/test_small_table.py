"""Small tables are changed by the driver: the rows are those that Delta would leave, and the log is Delta's."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow.fs import LocalFileSystem
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from cdp_spark.contracts import Column, TableContract
from cdp_spark.errors import ContractError, TransientError
from cdp_spark.runtime import small_table
from cdp_spark.runtime import tables as tables_module
from cdp_spark.runtime.arrow_rewrite import FILE_BYTES, Folder
from cdp_spark.runtime.delta_commit import DataFile, Transaction, begun
from cdp_spark.runtime.rows import frame_of_rows
from cdp_spark.runtime.tables import Tables
from cdp_spark.runtime.warehouse import Warehouse

Row = tuple[object, ...]

EVERY_TYPE = TableContract(
    name="silver.every_type",
    about="A column of every type that tables have.",
    columns=(
        Column("at", "TIMESTAMP", "First part of the key.", required=True),
        Column("k", "STRING", "Second part of the key.", required=True),
        Column("n", "BIGINT", "Number."),
        Column("small", "INT", "Small number."),
        Column("ratio", "DOUBLE", "Number with a fraction."),
        Column("flag", "BOOLEAN", "Truth."),
        Column("day", "DATE", "Day."),
        Column("money", "DECIMAL(18,4)", "Money."),
        Column("rate", "DECIMAL(18,9)", "Rate."),
        Column("bytes", "BINARY", "Bytes."),
        Column("tags", "ARRAY<STRING>", "List."),
        Column("counts", "MAP<STRING, BIGINT>", "Map."),
        Column("lists", "MAP<STRING, ARRAY<STRING>>", "Map of lists."),
        Column("ids", "ARRAY<STRUCT<namespace: STRING, value: STRING>>", "Identifiers."),
        Column("origin", "MAP<STRING, STRUCT<source: STRING, at: TIMESTAMP, n: INT>>", "Origins."),
        Column("landing_id", "BIGINT", "Landing."),
    ),
    key=("at", "k"),
)
PLAIN = TableContract(
    "silver.plain",
    "Few columns.",
    (
        Column("k", "BIGINT", "Key.", required=True),
        Column("v", "STRING", "Value.", required=True),
        Column("seen", "TIMESTAMP", "Time."),
        Column("landing_id", "BIGINT", "Landing."),
    ),
    ("k",),
)
TIMES = [datetime(1583, 1, 1, tzinfo=UTC), datetime(1883, 11, 18, 12, 3, 58, 999999, UTC), datetime(9999, 12, 31, tzinfo=UTC)]  # fmt: skip


def a_row(chance: random.Random, at: datetime, k: str) -> Row:
    def maybe(value: object) -> object:
        return value if chance.random() < 0.8 else None

    text = chance.choice(["", "ä\n\U0001f600", "a" * 300, "\x00", "x"])
    return (
        at, k, maybe(chance.choice([-(2**63), 2**63 - 1, 0])), maybe(chance.randrange(-9, 9)),
        maybe(chance.choice([float("nan"), float("-inf"), -0.0, 0.1])), maybe(chance.random() < 0.5),
        maybe(chance.choice([date(1, 1, 1), date(1582, 10, 15), date(2026, 2, 28)])),
        maybe(Decimal(chance.choice(["-99999999999999.9999", "0.0001"]))), maybe(Decimal("1.123456789")),
        maybe(chance.choice([b"", b"\x00\xff"])), maybe(chance.choice([[], [None], [text, "b"]])),
        maybe(chance.choice([{}, {text: None}, {"a": 1, "b": 2}])), maybe({text: [None, text], "n": None}),
        maybe([{"namespace": "email", "value": maybe(text)}, None]),
        maybe({"f": {"source": maybe(text), "at": maybe(chance.choice(TIMES)), "n": None}}), maybe(chance.randrange(5)),
    )  # fmt: skip


def rows_of(frame: DataFrame) -> list[str]:
    # Times as text: collecting one of 1583 would bring it into the machine's zone.
    told = frame.select(*[F.col(c).cast("string") if c in ("at", "origin") else F.col(c) for c in frame.columns])
    return sorted(str(r) for r in told.collect())


def operations(spark: SparkSession, folder: Path, contract: TableContract) -> list[str]:
    logs = sorted((folder / contract.layer / contract.table / "_delta_log").glob("*.json"))
    commits = [json.loads(line)["commitInfo"] for log in logs for line in log.open() if '"commitInfo"' in line]
    # Spark's writes count their files.
    return [c["operation"] if c["operation"] != "WRITE" or c["operationMetrics"] else "driver" for c in commits]


@pytest.mark.parametrize("seed", [41, 42])
def test_rows_of_every_type_are_those_that_delta_would_leave(spark: SparkSession, tmp_path: Path, seed: int) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)
    places = {"driver": tmp_path / "by driver é %20", "delta": tmp_path / "by delta"}
    both = {
        "driver": Tables(spark, Warehouse(str(places["driver"]))),
        "delta": Tables(spark, Warehouse(str(places["delta"])), written_anew=0),
    }
    keys = [(at, k) for at in TIMES for k in ("", "a", "b é")]
    for _ in range(5):
        rows = [a_row(chance, *key) for key in keys if chance.random() < 0.7]
        state = frame_of_rows(spark, EVERY_TYPE.schema, rows).coalesce(1)
        way = chance.choice(["replace", "merge"])
        gone = frame_of_rows(spark, "at TIMESTAMP, k STRING", [k for k in keys if k not in {r[:2] for r in rows}])
        written = [
            t.replace(EVERY_TYPE, state) if way == "replace" else t.merge(EVERY_TYPE, state, gone=gone)
            for t in both.values()
        ]
        assert written[0] == written[1]
        stored = {
            name: rows_of(spark.read.format("delta").load(f"{place}/silver/every_type"))
            for name, place in places.items()
        }
        assert stored["driver"] == stored["delta"] == rows_of(both["driver"].read(EVERY_TYPE))
    assert operations(spark, places["driver"], EVERY_TYPE) == ["WRITE", *["driver"] * 4]
    assert set(operations(spark, places["delta"], EVERY_TYPE)) <= {"WRITE", "MERGE"}


def test_the_settings_of_a_notebook_change_nothing(spark: SparkSession, tmp_path: Path) -> None:
    settings = {"spark.sql.session.timeZone": "America/New_York", "spark.sql.execution.arrow.useLargeVarTypes": "true"}
    tables, chance = Tables(spark, Warehouse(str(tmp_path))), random.Random(43)
    before = [a_row(chance, at, "k") for at in TIMES]
    after = [a_row(chance, at, "k") for at in TIMES[1:]]
    first, second = (frame_of_rows(spark, EVERY_TYPE.schema, rows).coalesce(1) for rows in (before, after))
    tables.append(EVERY_TYPE, first)
    usual = {name: spark.conf.get(name) or "" for name in settings}
    for name, value in settings.items():
        spark.conf.set(name, value)
    try:
        written = tables.replace(EVERY_TYPE, second)
    finally:
        for name, value in usual.items():
            spark.conf.set(name, value)
    assert (written.updated, written.deleted) == (2, 1)
    assert operations(spark, tmp_path, EVERY_TYPE) == ["WRITE", "driver"]
    assert rows_of(tables.read(EVERY_TYPE)) == rows_of(second)


def plain(spark: SparkSession, *keys: int, v: str | None = "v", landing: int = 1) -> DataFrame:
    seen = datetime(2026, 3, 1, 12, 0, 0, 123456, UTC)
    return frame_of_rows(spark, PLAIN.schema, [(k, v, seen + timedelta(days=k), landing) for k in keys]).coalesce(1)


def last_add(folder: Path) -> dict[str, object]:
    log = max((folder / "silver/plain/_delta_log").glob("*.json"))
    [add] = [json.loads(line)["add"] for line in log.open() if '"add"' in line]
    return dict(add)


def test_the_log_says_of_a_file_what_delta_says_of_one_with_the_same_rows(spark: SparkSession, tmp_path: Path) -> None:
    tables = Tables(spark, Warehouse(str(tmp_path)), label={"run_id": "r7"})
    tables.append(PLAIN, plain(spark, 1, 2, 3))
    by_delta = last_add(tmp_path)
    tables.replace(PLAIN, plain(spark, 1, 2))
    tables.replace(PLAIN, plain(spark, 1, 2, 3))
    by_driver = last_add(tmp_path)
    assert operations(spark, tmp_path, PLAIN) == ["WRITE", "driver", "driver"]
    theirs, ours = (json.loads(str(add["stats"])) for add in (by_delta, by_driver))
    assert ours == {k: v for k, v in theirs.items() if k != "tightBounds"}
    assert set(by_driver) - {"tags"} == set(by_delta) - {"tags"}
    log = max((tmp_path / "silver/plain/_delta_log").glob("*.json")).read_text()
    assert json.loads(json.loads(log.splitlines()[0])["commitInfo"]["userMetadata"]) == {"run_id": "r7"}
    found = spark.read.format("delta").load(str(tmp_path / "silver/plain")).filter(F.col("seen") >= "2026-03-04")
    assert [r["k"] for r in found.collect()] == [3]


def test_a_file_that_is_replaced_stays_readable_for_those_who_began_before(spark: SparkSession, tmp_path: Path) -> None:
    tables = Tables(spark, Warehouse(str(tmp_path)))
    tables.append(PLAIN, plain(spark, 1, 2))
    before = tables.read(PLAIN)
    tables.replace(PLAIN, plain(spark, 2))
    assert sorted(r["k"] for r in before.collect()) == [1, 2]
    log = max((tmp_path / "silver/plain/_delta_log").glob("*.json")).read_text()
    [removed] = [json.loads(line)["remove"] for line in log.splitlines() if '"remove"' in line]
    # Without a time VACUUM would take it away at once.
    assert removed["deletionTimestamp"] > 0
    assert removed["size"] > 0


def test_no_spark_job_writes_a_small_change(spark: SparkSession, tmp_path: Path) -> None:
    tables = Tables(spark, Warehouse(str(tmp_path)))
    tables.append(PLAIN, plain(spark, 1, 2))
    for day in range(2):
        spark.sparkContext.setJobGroup(f"day{day}", "a change")
        tables.replace(PLAIN, plain(spark, 2, 3 + day))
        jobs = spark.sparkContext.statusTracker().getJobIdsForGroup(f"day{day}")
    # One brings the differing rows, and there is no second look at them.
    assert len(jobs) == 1


def overtaken(monkeypatch: pytest.MonkeyPatch, write: Callable[[], object]) -> None:
    """Lets every transaction be overtaken by a write once it has begun."""

    def begun_and_overtaken(spark: SparkSession, location: str, version: int | None) -> Transaction | None:
        transaction = begun(spark, location, version)
        write()
        return transaction

    monkeypatch.setattr(small_table, "begun", begun_and_overtaken)


def test_another_writer_in_between_is_a_conflict_and_nothing_is_lost(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables, other = (Tables(spark, Warehouse(str(tmp_path))) for _ in range(2))
    tables.append(PLAIN, plain(spark, 1, 2))

    overtaken(monkeypatch, lambda: other.append(PLAIN, plain(spark, 9)))
    with pytest.raises(TransientError, match=r"another writer changed silver\.plain"):
        tables.replace(PLAIN, plain(spark, 2))
    assert sorted(r["k"] for r in tables.read(PLAIN).collect()) == [1, 2, 9]


def test_what_asks_for_more_than_a_plain_writer_is_left_to_delta(spark: SparkSession, tmp_path: Path) -> None:
    tables = Tables(spark, Warehouse(str(tmp_path)))
    tables.append(PLAIN, plain(spark, 1, 2))
    spark.sql(f"ALTER TABLE delta.`{tmp_path}/silver/plain` ADD CONSTRAINT few CHECK (k < 5)")
    tables.replace(PLAIN, plain(spark, 1, 3))
    assert operations(spark, tmp_path, PLAIN) == ["WRITE", "ADD CONSTRAINT", "WRITE"]
    with pytest.raises(Exception, match="CHECK constraint few"):
        tables.replace(PLAIN, plain(spark, 1, 7))
    assert sorted(r["k"] for r in tables.read(PLAIN).collect()) == [1, 3]


def test_files_that_lie_elsewhere_are_left_to_delta(spark: SparkSession, tmp_path: Path) -> None:
    tables = Tables(spark, Warehouse(str(tmp_path)))
    origin = str(tmp_path / "origin")
    plain(spark, 1, 2).write.format("delta").option("delta.enableDeletionVectors", "false").save(origin)
    spark.sql(f"CREATE TABLE delta.`{tmp_path}/silver/plain` SHALLOW CLONE delta.`{origin}`")
    tables.replace(PLAIN, plain(spark, 2, 3))
    assert operations(spark, tmp_path, PLAIN)[-1] != "driver"
    assert sorted(r["k"] for r in tables.read(PLAIN).collect()) == [2, 3]
    assert sorted(r["k"] for r in spark.read.format("delta").load(origin).collect()) == [1, 2]


def test_an_empty_required_column_is_refused_and_named(spark: SparkSession, tmp_path: Path) -> None:
    tables = Tables(spark, Warehouse(str(tmp_path)))
    tables.append(PLAIN, plain(spark, 1))
    with pytest.raises(ContractError, match=r"a required column is empty: silver\.plain\.v"):
        tables.replace(PLAIN, plain(spark, 1, v=None))
    assert tables.version(PLAIN) == 0


def test_a_column_of_another_type_is_refused(spark: SparkSession, tmp_path: Path) -> None:
    tables = Tables(spark, Warehouse(str(tmp_path)))
    tables.append(PLAIN, plain(spark, 1))
    retyped = replace(PLAIN, columns=(*PLAIN.columns[:3], Column("landing_id", "STRING", "Text now.")))
    with pytest.raises(ContractError, match="type of landing_id differs"):
        tables.replace(retyped, plain(spark, 1, 2))
    assert tables.version(PLAIN) == 0


def test_a_table_left_without_rows_is_empty_and_takes_rows_again(spark: SparkSession, tmp_path: Path) -> None:
    tables = Tables(spark, Warehouse(str(tmp_path)))
    tables.append(PLAIN, plain(spark, 1, 2))
    assert tables.replace(PLAIN, plain(spark)).deleted == 2
    assert spark.read.format("delta").load(str(tmp_path / "silver/plain")).isEmpty()
    assert tables.replace(PLAIN, plain(spark, 5)).inserted == 1
    assert [r["k"] for r in tables.read(PLAIN).collect()] == [5]


def test_more_rows_than_the_driver_takes_are_written_by_spark(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables_module, "_BY_DRIVER", 2)
    tables = Tables(spark, Warehouse(str(tmp_path)))
    tables.append(PLAIN, plain(spark, 1, 2))
    tables.replace(PLAIN, plain(spark, 1, 2, v="two"))
    tables.replace(PLAIN, plain(spark, 1, 2, 3, v="three"))
    assert operations(spark, tmp_path, PLAIN) == ["WRITE", "driver", "WRITE"]
    assert {(r["k"], r["v"]) for r in tables.read(PLAIN).collect()} == {(1, "three"), (2, "three"), (3, "three")}


@pytest.mark.parametrize("by_driver", [2, 100])
def test_where_many_rows_may_differ_they_are_computed_once(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_driver: int
) -> None:
    monkeypatch.setattr(tables_module, "_BY_DRIVER", by_driver)
    monkeypatch.setattr(tables_module, "FILE_BYTES", 1)
    tables = Tables(spark, Warehouse(str(tmp_path)))
    tables.append(PLAIN, plain(spark, *range(9)))
    computed = spark.sparkContext.accumulator(0)

    def rows(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            computed.add(batch.num_rows)
            yield batch

    new = plain(spark, *range(1, 9), v="new").mapInArrow(rows, PLAIN.schema)
    assert tables.replace(PLAIN, new).changed == 9
    assert computed.value == 8
    assert {r["v"] for r in tables.read(PLAIN).collect()} == {"new"}


SCHEMA = pa.schema([("k", pa.int64()), ("v", pa.string())])


def folder_with(path: Path, **files: tuple[list[int], int]) -> tuple[Folder, list[DataFile]]:
    """A folder of files of such keys, which claim to have so many bytes."""
    for name, (keys, _) in files.items():
        pq.write_table(pa.table({"k": keys, "v": [name] * len(keys)}, SCHEMA), path / name)
    return Folder(LocalFileSystem(), str(path), SCHEMA, ()), [DataFile(n, size) for n, (_, size) in files.items()]


def table_of(*keys: int) -> pa.Table:
    return pa.table({"k": list(keys), "v": ["new"] * len(keys)}, SCHEMA)


def rewritten(
    folder: Folder, files: list[DataFile], gone: list[int], added: pa.Table
) -> tuple[set[str], list[list[int]]]:
    """The names of the files that go, and the keys of each file that comes."""
    old, new = folder.rewritten(files, pa.table({"k": pa.array(gone, pa.int64())}), added)
    assert [f.statistics for f in new] == [
        {"numRecords": pq.read_metadata(f"{folder.path}/{f.name}").num_rows} for f in new
    ]
    assert folder.has(new)
    return {f.name for f in old}, [pq.read_table(f"{folder.path}/{f.name}")["k"].to_pylist() for f in new]


def test_a_full_file_without_a_changed_row_stays(tmp_path: Path) -> None:
    full = FILE_BYTES * 2 // 3
    folder, files = folder_with(tmp_path, a=([1, 2], full), b=([3, 4], full), c=([5], full))
    assert rewritten(folder, files, [4], table_of(4)) == ({"b"}, [[4, 3]])
    assert rewritten(folder, files, [], table_of(6)) == (set(), [[6]])
    assert rewritten(folder, files, [5], table_of()) == ({"c"}, [])


def test_small_files_go_into_one(tmp_path: Path) -> None:
    folder, files = folder_with(tmp_path, big=([1], FILE_BYTES), small=([2], 900), tiny=([3, 4], 100))
    old, [keys] = rewritten(folder, files, [4], table_of(7))
    assert old == {"small", "tiny"}
    assert sorted(keys) == [2, 3, 7]


def test_no_file_grows_beyond_all_bounds(tmp_path: Path) -> None:
    sizes = {f"f{i}": ([2 * i, 2 * i + 1], FILE_BYTES // 3 + 1) for i in range(7)}
    folder, files = folder_with(tmp_path, **sizes)
    old, new = rewritten(folder, files, [2 * i for i in range(7)], table_of(100))
    assert old == set(sizes)
    assert sorted(k for keys in new for k in keys) == [1, 3, 5, 7, 9, 11, 13, 100]
    assert sorted(map(len, new)) == [1, 3, 4]


def test_a_key_of_many_files_with_a_column_missing_and_times_as_spark_once_wrote_them(tmp_path: Path) -> None:
    schema = pa.schema([("k", pa.int64()), ("at", pa.timestamp("us", "UTC")), ("v", pa.string())])
    old = pa.table({"k": [1, 2], "at": pa.array([0, 1_000_000], pa.timestamp("us", "UTC"))})
    pq.write_table(old, tmp_path / "old", use_deprecated_int96_timestamps=True)
    folder = Folder(LocalFileSystem(), str(tmp_path), schema, ())
    gone = pa.table({"k": [2], "at": pa.array([1_000_000], pa.timestamp("us", "UTC"))})
    _, [new] = folder.rewritten([DataFile("old", 9)], gone, schema.empty_table())
    rows = pq.read_table(tmp_path / new.name)
    assert rows.schema.equals(schema)
    assert rows.to_pylist() == [{"k": 1, "at": datetime(1970, 1, 1, tzinfo=UTC), "v": None}]


def test_what_comes_again_and_nothing_else_gets_a_dictionary(tmp_path: Path) -> None:
    of_entry = pa.struct([("source", pa.string()), ("at", pa.timestamp("us", "UTC"))])
    columns = {"k": pa.int64(), "word": pa.string(), "tags": pa.list_(pa.string()), "origin": pa.map_(pa.string(), of_entry)}  # fmt: skip
    rows = [{"k": i, "word": "same", "tags": ["a", "b"], "origin": [("x", {"source": "crm"})]} for i in range(500)]
    added = pa.Table.from_pylist(rows, pa.schema(columns))
    folder = Folder(LocalFileSystem(), str(tmp_path), added.schema, ())
    _, [new] = folder.rewritten([], added.select(["k"]).slice(0, 0), added)
    written = pq.read_metadata(tmp_path / new.name).row_group(0)
    chunks = [written.column(i) for i in range(written.num_columns)]
    assert [c.path_in_schema for c in chunks if not c.has_dictionary_page] == ["k"]
    assert pq.read_table(tmp_path / new.name).equals(added)
