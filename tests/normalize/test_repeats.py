"""Between rows of equal rank: what decides is the same for the same files, whenever they were written."""

from datetime import UTC, datetime, timedelta

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from cdp_spark.contracts import TableContract
from cdp_spark.contracts.table import Column
from cdp_spark.normalize.repeats import KEPT, as_they_stand, first_facts, newest_versions
from cdp_spark.runtime.rows import frame_of_rows, time_of_micros
from cdp_spark.runtime.staging import staged

THINGS = TableContract(
    name="silver.things",
    about="What rows may be about.",
    columns=(
        Column("thing", "STRING", "Its name."),
        Column("record_id", "STRING", "The arrival."),
        Column("event_ts", "TIMESTAMP", "When it happened."),
        Column("received_ts", "TIMESTAMP", "When it came."),
        Column("said", "STRING", "What is said about it."),
    ),
    key=("thing",),
)
AT = datetime(2026, 2, 1, tzinfo=UTC)
Row = tuple[str, datetime, str]


def kept(spark: SparkSession, rows: list[Row], first: bool, told: str = "said") -> str:
    """A column of the row that stays, of rows (record_id, event_ts, said) that came at once."""
    values = [("a", record_id, at, AT, said, None) for record_id, at, said in rows]
    frame = frame_of_rows(spark, f"{THINGS.schema}, _reasons ARRAY<STRING>", values)
    stored = frame_of_rows(spark, THINGS.schema)
    if first:
        tagged = first_facts(THINGS, frame, stored, at="event_ts", received="received_ts")
    else:
        tagged = newest_versions(THINGS, frame, stored, order=("received_ts",), same=())
    [row] = tagged.filter(f"_outcome = '{KEPT}'").collect()
    return str(row[told])


def test_the_choice_does_not_hang_on_when_files_were_written(spark: SparkSession) -> None:
    # The first part of a record_id changes with the file's date; these are two builds over the same two files.
    one: list[Row] = [("aa-0000000000-000000001", AT, "x"), ("bb-0000000000-000000001", AT, "y")]
    other: list[Row] = [("dd-0000000000-000000001", AT, "x"), ("cc-0000000000-000000001", AT, "y")]
    for first in (True, False):
        assert kept(spark, one, first) == kept(spark, other, first)


def test_of_two_versions_of_one_time_the_same_stays_whichever_was_stored_first(spark: SparkSession) -> None:
    versions = {said: ("a", f"{said}-0000000000-000000001", AT, AT, said) for said in ("x", "y")}
    stays = set()
    for old, new in (("x", "y"), ("y", "x")):
        stored = frame_of_rows(spark, THINGS.schema, [versions[old]])
        rows = frame_of_rows(spark, f"{THINGS.schema}, _reasons ARRAY<STRING>", [(*versions[new], None)])
        tagged = newest_versions(THINGS, rows, stored, order=("received_ts",), same=("received_ts",))
        [outcome] = [r["_outcome"] for r in tagged.filter("NOT _is_stored").collect()]
        stays.add(new if outcome == KEPT else old)
    assert len(stays) == 1


def version(said: str, day: int) -> tuple[object, ...]:
    """A row of THINGS out of a file of its own, with the day as its version."""
    return ("a", f"{said}{day}-0000000000-000000001", AT, AT + timedelta(days=day), said)


def stands_after(spark: SparkSession, *landings: list[tuple[object, ...]]) -> tuple[str, str, datetime]:
    """What the thing is after landings one after the other: what is said, by which record, as of when."""
    stored = frame_of_rows(spark, THINGS.schema)
    for rows in landings:
        new = frame_of_rows(spark, f"{THINGS.schema}, _reasons ARRAY<STRING>", [(*r, None) for r in rows])
        tagged = newest_versions(THINGS, new, stored, order=("received_ts",), same=("received_ts",))
        stored = staged(THINGS.shape(as_they_stand(tagged.filter("_stands"))))
    [row] = stored.select("said", "record_id", F.unix_micros("received_ts").alias("micros")).collect()
    return row["said"], row["record_id"], time_of_micros(row["micros"])


def test_what_stands_in_the_end_does_not_hang_on_what_came_together_or_first(spark: SparkSession) -> None:
    opened, cancelled, reopened = version("x", 1), version("y", 2), version("x", 3)
    for landings in (
        [[opened, cancelled, reopened]],
        [[opened], [cancelled], [reopened]],
        [[opened], [reopened], [cancelled]],
        [[opened, reopened], [cancelled]],
        [[reopened], [cancelled, opened]],
        [[cancelled], [reopened], [opened]],
        [[opened], [cancelled, reopened]],
    ):
        said, _, at = stands_after(spark, *landings)
        assert (said, at) == ("x", AT + timedelta(days=3))


def test_a_newer_version_that_says_the_same_leaves_the_stored_row_but_for_its_time(spark: SparkSession) -> None:
    for landings in ([[version("x", 1)], [version("x", 4)]], [[version("x", 1), version("x", 4)]]):
        assert stands_after(spark, *landings) == ("x", "x1-0000000000-000000001", AT + timedelta(days=4))
    assert stands_after(spark, [version("x", 4)], [version("x", 1)])[1:] == (
        "x4-0000000000-000000001",
        AT + timedelta(days=4),
    )


def test_of_two_records_that_say_the_same_one_stays_in_every_table(spark: SparkSession) -> None:
    # A record that makes a customer and a consent is a duplicate in both or in neither, whenever its file was written.
    for one, other in (("aa", "bb"), ("bb", "aa")):
        rows: list[Row] = [(f"{one}-0000000000-000000002", AT, "x"), (f"{other}-0000000000-000000001", AT, "x")]
        for first in (True, False):
            assert kept(spark, rows, first, told="record_id") == f"{other}-0000000000-000000001"


def test_within_a_file_the_first_fact_and_the_last_version_stay(spark: SparkSession) -> None:
    rows: list[Row] = [(f"aa-0000000000-{n:09x}", AT, str(n)) for n in (9, 10, 11)]
    assert (kept(spark, rows, first=True), kept(spark, rows, first=False)) == ("9", "11")


def test_of_copies_received_at_once_the_first_to_happen_stays(spark: SparkSession) -> None:
    rows: list[Row] = [
        ("aa-0000000000-000000001", AT + timedelta(seconds=2), "later"),
        ("aa-0000000000-000000002", AT + timedelta(seconds=1), "earlier"),
    ]
    assert kept(spark, rows, first=True) == "earlier"


def test_a_record_is_in_conflict_with_others_and_never_with_what_it_said_itself(spark: SparkSession) -> None:
    stored = frame_of_rows(spark, THINGS.schema, [("a", "r1", AT, AT, "as the old mapping read it")])
    values = [("a", r, AT, AT, "as the new mapping reads it", None) for r in ("r1", "r2")]
    rows = frame_of_rows(spark, f"{THINGS.schema}, _reasons ARRAY<STRING>", values)
    tagged = first_facts(THINGS, rows, stored, at="event_ts", received="received_ts")
    assert {r["record_id"]: r["_outcome"] for r in tagged.collect()} == {"r1": "duplicate", "r2": "conflict"}
