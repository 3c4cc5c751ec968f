"""Reader of database tables: what lies beyond the cursor, or what differs from what was taken."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from typing_extensions import override

from cdp_spark.config.reads import JdbcRead
from cdp_spark.contracts.bronze import bronze_contract
from cdp_spark.errors import ConfigError, GuardHeld
from cdp_spark.ingest.failures import SparkFailure, failure_text
from cdp_spark.ingest.jdbc_errors import understood_error
from cdp_spark.ingest.jdbc_options import connection_options
from cdp_spark.ingest.landings import PLANNED, Landing, LandingRow, Part, Stretch, Taken
from cdp_spark.ingest.readers import Reader, Reading, StreamOf
from cdp_spark.ingest.row_states import changed_rows, gone_keys, keyed_rows, last_states, table_rows
from cdp_spark.runtime.run import Run

_OVERLAP = timedelta(hours=1)
_NUMBERS_OVERLAP = 1000
_TIMES = ("timestamp", "timestamp_ntz", "date")
_NUMBERS = ("tinyint", "smallint", "int", "bigint")


class JdbcReader(Reader):
    """Takes the rows of a table that have come or changed since the last landing, and what has gone."""

    def __init__(self, run: Run) -> None:
        self._run = run

    @override
    def owns(self, stream: StreamOf, part: Part) -> bool:
        return isinstance(part, Stretch) and part.path == _read(stream).table

    @override
    def next_rows(self, streams: list[StreamOf], known: Taken) -> Iterator[LandingRow]:
        for stream in streams:
            place = (stream.source, stream.name, _read(stream).table)
            stretch = Stretch(*place, known.position(place), None)
            with _understood(stream):
                news = self._news(stream, stretch)
                if not news.isEmpty():
                    yield LandingRow(known.next_id, stretch, PLANNED, "new", None, self._run.clock.now())

    @override
    def reading(self, streams: list[StreamOf], landing: Landing, parts: list[Part]) -> Reading:
        by_stream = {p.stream: p for p in parts if isinstance(p, Stretch)}
        frames = []
        for stream in streams:
            part = by_stream[stream.name]
            with _understood(stream):
                frames.append(table_rows(stream, landing, part, self._news(stream, part), F.col("position")))
        return Reading(reduce(DataFrame.unionByName, frames))

    @override
    def after_failure(self, streams: list[StreamOf], landing: Landing, parts: list[Part], why: str) -> None:
        for stream in streams:
            if error := understood_error(_name(stream), _read(stream), why):
                raise error

    @override
    def landed_part(self, part: Part, landing: Landing) -> Part:
        """A cursor goes on from the highest that has landed."""
        if not isinstance(part, Stretch):
            return part
        bronze = self._run.tables.read(bronze_contract(part.source))
        own = (F.col("landing_id") == landing.landing_id) & (F.col("stream") == part.stream)
        highest = bronze.filter(own & (F.col("file_path") == part.path)).agg(F.max("row_pos")).first()
        landed = [int(p) for p in (part.begins, highest[0] if highest else None) if p is not None]
        return replace(part, ends=str(max(landed)) if landed else None)

    def _news(self, stream: StreamOf, part: Stretch) -> DataFrame:
        """``raw``, ``record_key``, ``is_delete`` and ``position`` of what has not landed as it is now."""
        read = _read(stream)
        table = self._table(stream)
        bronze = self._run.tables.read(bronze_contract(stream.source))
        position: Column = F.lit(None).cast("bigint")
        if read.cursor is not None:
            position = _position(table, read.cursor)
            if part.begins is not None:
                low = _low(table, read, int(part.begins))
                table = table.filter(_at_least(table, read.cursor, low))
                bronze = bronze.filter(F.col("row_pos").isNull() | (F.col("row_pos") >= low))
        rows = keyed_rows(table, read.key, read.columns, position=position)
        states = last_states(bronze, part)
        changed = changed_rows(rows, states).select("raw", "record_key", F.lit(False).alias("is_delete"), "position")
        if read.cursor is not None or read.deletes == "ignore":
            return changed
        self._refuse_emptied(stream, table, states)
        gone = gone_keys(rows, states).select(
            F.lit("").alias("raw"),
            "record_key",
            F.lit(True).alias("is_delete"),
            F.lit(None).cast("bigint").alias("position"),
        )
        return changed.unionByName(gone)

    def _refuse_emptied(self, stream: StreamOf, table: DataFrame, states: DataFrame) -> None:
        """A table without any row is more often one that is being filled anew than one whose customers all left."""
        if not self._run.accept_guard and table.isEmpty() and not states.filter(~F.col("is_gone")).isEmpty():
            raise GuardHeld(
                f"{_name(stream)}: table {_read(stream).table} is empty now, every row taken from it would be deleted",
                fix="run again when it is filled, with --accept-guard if it is meant to be empty, "
                "or set read.deletes: ignore",
            )

    def _table(self, stream: StreamOf) -> DataFrame:
        read = _read(stream)
        table = self._run.spark.read.format("jdbc").options(**connection_options(read)).load()
        needed = [*read.key, *([read.cursor] if read.cursor else []), *(read.columns or ())]
        if missing := sorted({c for c in needed if c not in table.columns}):
            raise ConfigError(
                f"{_name(stream)}: table {read.table} has no column {', '.join(missing)}",
                fix="if it was dropped or renamed there, correct read.key, read.cursor and read.columns",
            )
        return table.select(*dict.fromkeys(needed)) if read.columns else table


def _position(table: DataFrame, cursor: str) -> Column:
    kind = _kind(table, cursor)
    return F.unix_micros(F.col(cursor).cast("timestamp")) if kind in _TIMES else F.col(cursor).cast("bigint")


def _at_least(table: DataFrame, cursor: str, low: int) -> Column:
    """Whether a row is to be looked at: its cursor is high enough, or unknown."""
    kind = _kind(table, cursor)
    bound = F.timestamp_micros(F.lit(low)).cast(kind) if kind in _TIMES else F.lit(low)
    return F.col(cursor).isNull() | (F.col(cursor) >= bound)


def _low(table: DataFrame, read: JdbcRead, highest: int) -> int:
    is_time = _kind(table, read.cursor or "") in _TIMES
    overlap = read.overlap if read.overlap is not None else (_OVERLAP if is_time else _NUMBERS_OVERLAP)
    if is_time != isinstance(overlap, timedelta):
        wanted = "a duration like 1h" if is_time else "a number"
        raise ConfigError(f"read.overlap of table {read.table} does not fit its cursor", fix=f"write it as {wanted}")
    return highest - (overlap // timedelta(microseconds=1) if isinstance(overlap, timedelta) else overlap)


def _kind(table: DataFrame, cursor: str) -> str:
    kind = table.schema[cursor].dataType.simpleString()
    if kind in _TIMES or kind in _NUMBERS or (kind.startswith("decimal") and kind.endswith(",0)")):
        return kind
    raise ConfigError(
        f"column {cursor} is no cursor: its type is {kind}", fix="choose a time, a date or a whole number"
    )


@contextmanager
def _understood(stream: StreamOf) -> Iterator[None]:
    try:
        yield
    except SparkFailure as e:
        if error := understood_error(_name(stream), _read(stream), failure_text(e)):
            raise error from e
        raise


def _read(stream: StreamOf) -> JdbcRead:
    read = stream.stream.read
    assert isinstance(read, JdbcRead)  # this reader is asked for streams of its kind only
    return read


def _name(stream: StreamOf) -> str:
    return f"{stream.source}.{stream.name}"
