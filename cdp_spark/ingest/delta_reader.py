"""Reader of Delta tables that others write: version by version."""

import re
from collections.abc import Iterator
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from typing_extensions import override

from cdp_spark.config.reads import DeltaRead
from cdp_spark.contracts.bronze import bronze_contract
from cdp_spark.errors import ConfigError, DataLoss
from cdp_spark.ingest.failures import SparkFailure, failure_text
from cdp_spark.ingest.landings import IGNORED, LANDED, PLANNED, Landing, LandingRow, Part, Stretch, Taken
from cdp_spark.ingest.readers import Reader, Reading, StreamOf
from cdp_spark.ingest.row_states import changed_rows, gone_keys, keyed_rows, last_states, table_rows
from cdp_spark.runtime.foreign import CHANGE_COLUMNS, ForeignTable
from cdp_spark.runtime.run import Run

_LOST = "lost"
_GONE = re.compile(
    r"(?i)file.?not.?found|no longer exist|does not exist|vacuum|CANNOT_FIND_VERSION|VersionNotFound"
    r"|Cannot time travel|MISSING_(CHANGE_DATA|DELTA)"
)


class DeltaReader(Reader):
    """Takes what a table's new versions changed: by its change feed, as appended files, or by comparing.

    Positions are versions; a stretch without a beginning is the whole table at its last version.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    @override
    def owns(self, stream: StreamOf, part: Part) -> bool:
        return isinstance(part, Stretch) and part.path == _read(stream).table

    @override
    def next_rows(self, streams: list[StreamOf], known: Taken) -> Iterator[LandingRow]:
        for stream in streams:
            read = _read(stream)
            place = (stream.source, stream.name, read.table)
            latest, begins = self._latest(stream), known.position(place)
            reason = "new"
            if begins is not None and int(begins) > latest + 1:
                self._refuse_made_anew(stream, int(begins), latest)
                begins, reason = None, "made anew"
            if (last := known.last.get(place)) is not None and last.reason == _LOST:
                begins, reason = None, "as a whole"
            if begins == str(latest + 1):
                continue
            only_later = begins is None and read.start == "latest" and reason == "new"
            state, rows = (LANDED, 0) if only_later else (PLANNED, None)
            stretch = Stretch(*place, begins, str(latest + 1))
            yield LandingRow(known.next_id, stretch, state, reason, rows, self._run.clock.now())

    @override
    def reading(self, streams: list[StreamOf], landing: Landing, parts: list[Part]) -> Reading:
        by_stream = {p.stream: p for p in parts if isinstance(p, Stretch)}
        try:
            frames = [self._rows(s, landing, by_stream[s.name]) for s in streams]
        except SparkFailure as e:
            if (reading := self.after_failure(streams, landing, parts, failure_text(e))) is None:
                raise
            return reading
        return Reading(reduce(DataFrame.unionByName, frames))

    @override
    def after_failure(self, streams: list[StreamOf], landing: Landing, parts: list[Part], why: str) -> Reading | None:
        """Where versions are gone, none of the landing's tables is read; each is then taken as a whole, if it may."""
        if not _GONE.search(why):
            return None
        if any(_read(s).on_data_loss == "fail" for s in streams):
            names = ", ".join(f"{s.source}.{s.name}" for s in streams)
            raise DataLoss(
                f"{names}: files of versions that were not taken yet are gone",
                fix="set read.on_data_loss: skip to take the table as a whole, or keep its history longer",
            )
        return Reading(None, {p.place: (IGNORED, _LOST) for p in parts})

    @override
    def landed_part(self, part: Part, landing: Landing) -> Part:
        return part

    def _rows(self, stream: StreamOf, landing: Landing, part: Stretch) -> DataFrame:
        version = F.coalesce(F.col("position"), F.lit(int(part.ends or 1) - 1))
        return table_rows(stream, landing, part, self._news(stream, part), version)

    def _news(self, stream: StreamOf, part: Stretch) -> DataFrame:
        """``raw``, ``record_key``, ``is_delete`` and ``position`` of what the versions changed."""
        read, table, last = _read(stream), self._table(stream), int(part.ends or 1) - 1
        if part.begins is not None:
            first = int(part.begins)
            if (feed := table.changes(first, last)) is not None:
                return _fed(read, feed)
            if (appended := table.appended(first, last)) is not None:
                return _news(_keyed(read, appended))
        now = _keyed(read, table.rows(last))
        if read.key is not None:
            states = last_states(self._run.tables.read(bronze_contract(stream.source)), part)
            return _news(changed_rows(now, states)).unionByName(_news(gone_keys(now, states), is_delete=True))
        if part.begins is None:
            return _news(now)
        before = _keyed(read, table.rows(int(part.begins) - 1))
        return _news(now.select("raw", "record_key").exceptAll(before.select("raw", "record_key")))

    def _latest(self, stream: StreamOf) -> int:
        latest = self._table(stream).latest
        if latest is None:
            raise ConfigError(
                f"{stream.source}.{stream.name}: there is no Delta table at {_read(stream).table}",
                fix="correct read.table, or check the rights",
            )
        return latest

    def _table(self, stream: StreamOf) -> ForeignTable:
        table = _read(stream).table
        is_whole = "://" in table or table.startswith("/")
        return ForeignTable(self._run.spark, table if is_whole else f"{self._run.config.landing}/{table}")

    def _refuse_made_anew(self, stream: StreamOf, begins: int, latest: int) -> None:
        if _read(stream).on_data_loss == "fail":
            raise DataLoss(
                f"{stream.source}.{stream.name}: the table ends at version {latest}, and {begins - 1} was taken: "
                "it was made anew",
                fix="set read.on_data_loss: skip to take the new one as a whole",
            )


def _fed(read: DeltaRead, feed: DataFrame) -> DataFrame:
    """What a change feed tells; without a key nobody could say what a delete deletes."""
    change = F.col("_change_type")
    wanted = ("insert", "update_postimage", *(["delete"] if read.key else []))
    told = {"is_delete": change == "delete", "position": F.col("_commit_version")}
    return _keyed(read, feed.filter(change.isin(*wanted)), **told)


def _keyed(read: DeltaRead, rows: DataFrame, **more: Column) -> DataFrame:
    missing = sorted({c for c in (*(read.columns or ()), *(read.key or ())) if c not in rows.columns})
    if missing:
        raise ConfigError(
            f"table {read.table} has no column {', '.join(missing)}",
            fix="if it was dropped or renamed there, correct read.key and read.columns",
        )
    return keyed_rows(rows, read.key, read.columns or [c for c in rows.columns if c not in CHANGE_COLUMNS], **more)


def _news(rows: DataFrame, is_delete: bool = False) -> DataFrame:
    raw = F.lit("") if is_delete else F.col("raw")
    none = F.lit(None).cast("bigint")
    return rows.select(raw.alias("raw"), "record_key", F.lit(is_delete).alias("is_delete"), none.alias("position"))


def _read(stream: StreamOf) -> DeltaRead:
    read = stream.stream.read
    assert isinstance(read, DeltaRead)  # this reader is asked for streams of its kind only
    return read
