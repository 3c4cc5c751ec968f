"""Files are taken once, whatever happens to them and whatever dies in between."""

import gzip
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from cdp_spark.contracts.bronze import bronze_contract
from cdp_spark.contracts.ops import LANDINGS
from cdp_spark.errors import ConfigError
from cdp_spark.ingest import step
from cdp_spark.runtime.progress import Progress
from tests.ingest.company import Company, stream

LATER = datetime(2026, 2, 28, 9, tzinfo=UTC)


def lines(*numbers: int) -> str:
    return "".join(f'{{"id": {n}}}\n' for n in numbers)


@pytest.fixture
def company(spark: SparkSession, tmp_path: Path) -> Company:
    return Company(spark, tmp_path, {"events": stream(message_id="id")})


def states(company: Company) -> list[tuple[str, str, int | None]]:
    rows = company.rows(LANDINGS, "landing_id", "path", "at", "state")
    return [(r["path"], r["state"], r["rows"]) for r in rows if r["state"] != "planned"]


def test_a_second_run_makes_no_commit(company: Company) -> None:
    company.put("in/a.jsonl", lines(1, 2))
    assert company.ingest().kept == 2
    versions = (company.tables.version(bronze_contract("web")), company.tables.version(LANDINGS))
    assert company.ingest().kept == 0
    assert (company.tables.version(bronze_contract("web")), company.tables.version(LANDINGS)) == versions


def test_a_stream_of_which_no_file_ever_came_is_named_until_one_does(spark: SparkSession, tmp_path: Path) -> None:
    misspelt = stream(read={"path": "ordres", "missing": "skip"})
    company = Company(spark, tmp_path, {"events": stream(message_id="id"), "orders": misspelt})
    company.put("in/a.jsonl", lines(1))

    def told() -> str:
        said = StringIO()
        company.sequence += 1
        step.STEP.run(replace(company._run(), progress=Progress("r", "plain", out=said)))
        return said.getvalue()

    assert told() == "  no file yet of web.orders (ordres)\n"
    first = company.put("ordres/a.jsonl", lines(2))
    assert told() == ""
    first.unlink()
    assert told() == ""


def test_only_new_and_rewritten_files_are_taken(company: Company) -> None:
    company.put("in/a.jsonl", lines(1, 2))
    company.ingest()
    company.put("in/b.jsonl.gz", gzip.compress(lines(3).encode()))
    company.put("in/a.jsonl", lines(1, 2, 4), LATER)
    counts = company.ingest()
    assert (counts.kept, counts.details) == (4, {"files_landed": 2, "files_rewritten": 1})
    assert len({r["record_id"] for r in company.bronze()}) == 6
    assert states(company) == [("in/a.jsonl", "landed", 2), ("in/a.jsonl", "landed", 3), ("in/b.jsonl.gz", "landed", 1)]


def test_a_rewritten_file_is_left_where_the_stream_says_so_and_reported_once(
    spark: SparkSession, tmp_path: Path
) -> None:
    company = Company(spark, tmp_path, {"events": stream(read={"rewritten": "ignore"})})
    company.put("in/a.jsonl", lines(1))
    company.ingest()
    company.put("in/a.jsonl", lines(1, 2), LATER)
    assert company.ingest().details == {"files_ignored": 1}
    assert company.ingest().details == {}
    assert len(company.bronze()) == 1


def test_hidden_unfinished_and_too_young_files_wait(spark: SparkSession, tmp_path: Path) -> None:
    company = Company(spark, tmp_path, {"events": stream(read={"settle_seconds": 60, "pattern": "*.jsonl*"})})
    for name in ("_a.jsonl", ".b.jsonl", "c.jsonl.tmp", "d.jsonl.part", "_sub/e.jsonl", "notes.txt"):
        company.put(f"in/{name}", lines(1))
    company.put("in/young.jsonl", lines(2), company.now)
    company.put("in/dt=2026-02-01/old.jsonl", lines(3))
    assert company.ingest().kept == 1
    company.later(minutes=2)
    assert company.ingest().kept == 1
    assert {r["file_path"] for r in company.bronze()} == {"in/young.jsonl", "in/dt=2026-02-01/old.jsonl"}


def test_file_names_may_hold_spaces_signs_and_letters_of_any_kind(company: Company) -> None:
    names = ("with space.jsonl", "50%+1.jsonl", "a=[1]{2}.jsonl", "größe–日.jsonl", "q?*.jsonl")
    for name in names:
        company.put(f"in/{name}", lines(1))
    assert company.ingest().kept == len(names)
    assert {r["file_path"] for r in company.bronze()} == {f"in/{n}" for n in names}


def test_a_missing_folder_is_one_clear_error(company: Company) -> None:
    with pytest.raises(ConfigError, match=r"web\.events: there is no in below .*read\.missing: skip") as e:
        company.ingest()
    assert e.value.exit_code == 2


def test_a_missing_folder_may_be_skipped(spark: SparkSession, tmp_path: Path) -> None:
    assert Company(spark, tmp_path, {"events": stream(read={"missing": "skip"})}).ingest().rows_in == 0


class Dies(Exception):
    pass


@pytest.mark.parametrize("after", ["planned", "appended"])
def test_a_landing_that_died_is_finished_as_it_was_planned(
    company: Company, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    company.put("in/a.jsonl", lines(1, 2))
    name = {"planned": "_finished", "appended": "_rows_by_place"}[after]

    def die(*_: object) -> None:
        raise Dies

    with monkeypatch.context() as patched:
        patched.setattr(step, name, die)
        with pytest.raises(Dies):
            company.ingest()
    company.put("in/b.jsonl", lines(3))
    company.later(hours=1)
    assert company.ingest().kept == 3
    assert sorted((r["file_path"], r["landing_id"]) for r in company.bronze()) == [("in/a.jsonl", 1)] * 2 + [
        ("in/b.jsonl", 2)
    ]
    assert states(company) == [("in/a.jsonl", "landed", 2), ("in/b.jsonl", "landed", 1)]


def test_a_planned_file_that_vanished_is_taken_down_as_such(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    company.put("in/a.jsonl", lines(1))
    gone = company.put("in/b.jsonl", lines(2))

    def die(*_: object) -> None:
        raise Dies

    with monkeypatch.context() as patched:
        patched.setattr(step, "_finished", die)
        with pytest.raises(Dies):
            company.ingest()
    gone.unlink()
    assert company.ingest().kept == 1
    assert states(company) == [("in/a.jsonl", "landed", 1), ("in/b.jsonl", "ignored", 0)]


def test_a_record_is_named_by_its_place_in_every_split_of_a_large_file(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(step, "SPLIT_BYTES", 1_000)
    company.put("in/a.jsonl", lines(*range(1000)))
    company.put("in/b.jsonl", lines(*range(5)))
    assert company.ingest().kept == 1_005
    rows = company.bronze()
    assert len({r["record_id"] for r in rows}) == 1_005
    assert len({r["file_offset"] for r in rows if r["file_path"] == "in/a.jsonl"}) > 5
    assert [r["raw"] for r in sorted(rows, key=lambda r: r["record_id"]) if r["file_path"] == "in/a.jsonl"] == lines(
        *range(1000)
    ).splitlines()


def test_an_id_gets_source_and_stream_before_it_unless_it_is_unique_in_the_world(
    spark: SparkSession, tmp_path: Path
) -> None:
    streams = {
        "own": stream(message_id="id", read={"path": "own"}),
        "global": stream(
            message_id={"concat": ["a", "b.c"], "separator": "|"}, global_id=True, read={"path": "global"}
        ),
        "hashed": stream(read={"path": "hashed"}),
        "separate": stream(read={"path": "separate"}, equal_records="separate"),
    }
    company = Company(spark, tmp_path, streams)
    company.put("own/a.jsonl", '{"id": 7}\n{"id": 12345678901234567890123}\n{"id": " "}\n')
    company.put("global/a.jsonl", '{"a": "x", "b": {"c": "y"}}\n{"a": "x"}\n')
    company.put("hashed/a.jsonl", lines(1, 1))
    company.put("separate/a.jsonl", lines(1, 1))
    company.ingest()
    ids: dict[str, list[str]] = {}
    for r in sorted(company.bronze(), key=lambda r: (r["stream"], r["record_id"])):
        ids.setdefault(r["stream"], []).append(r["message_id"])
    assert ids["own"][:2] == ["web:own:7", "web:own:12345678901234567890123"] and len(ids["own"][2]) == 64
    assert ids["global"] == ["x|y", "x"]
    assert len(set(ids["hashed"])) == 1 and len(set(ids["separate"])) == 2


def test_decided_without_spark() -> None:
    """A pure plan: what is new, the same, rewritten or empty."""
    from cdp_spark.config.reads import FileRead
    from cdp_spark.ingest.file_reader import next_file_rows
    from cdp_spark.ingest.files import StreamFile
    from cdp_spark.ingest.landings import LandingRow, taken

    def file(path: str, size: int, day: int) -> StreamFile:
        return StreamFile("web", "events", path, size, datetime(2026, 2, day, tzinfo=UTC))

    read = FileRead(path="in", format="jsonl")
    known = taken([LandingRow(3, file("a", 5, 1), s, "new", 1, LATER) for s in ("planned", "landed")])
    assert known.unfinished is None and known.next_id == 4
    found = [file("a", 5, 1), file("a2", 5, 1), file("e", 0, 1)]
    rows = next_file_rows(found, known, LATER, lambda _: read)
    assert [(r.part.path, r.state, r.reason) for r in rows] == [("a2", "planned", "new"), ("e", "empty", "new")]
    again = next_file_rows([file("a", 5, 2)], known, LATER, lambda _: read)
    assert [(r.part.path, r.reason) for r in again] == [("a", "rewritten")]
    open_ = taken([LandingRow(4, file("a", 5, 1), "planned", "new", None, LATER)])
    assert open_.unfinished is not None and open_.unfinished.landing_id == 4


def test_many_small_files_are_one_part_and_their_records_keep_their_names(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways: dict[str, dict[str, int]] = {
        "by the driver": {},
        "by spark": {"_FEW_BYTES": 0},
        "by spark, a part for each file": {"_FEW_BYTES": 0, "_PART_BYTES": 1},
    }
    rows, parts = [], []
    for way, sizes in ways.items():
        with monkeypatch.context() as patched:
            for name, size in sizes.items():
                patched.setattr(step, name, size)
            company = Company(spark, tmp_path / way, {"events": stream(message_id="id")})
            for i in range(9):
                company.put(f"in/{i}.jsonl", lines(*range(10 * i, 10 * i + i + 1)))
            assert company.ingest().kept == 45
            told = company.tables.read(bronze_contract("web")).select(
                "record_id", "raw", "file_path", "row_pos", "message_id"
            )
            rows.append(sorted(map(tuple, told.collect())))
            parts.append(len(list((company.root / "warehouse/bronze/web").glob("*.parquet"))))
    assert rows[0] == rows[1] == rows[2]
    assert len({r[0] for r in rows[0]}) == 45
    assert parts == [1, 2, 9]
