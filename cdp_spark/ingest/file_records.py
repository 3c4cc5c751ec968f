"""Files → bronze rows."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from urllib.parse import unquote

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from cdp_spark.config.reads import FileRead
from cdp_spark.contracts.bronze import bronze_contract
from cdp_spark.contracts.reasons import Reason
from cdp_spark.ingest.bronze_rows import landing_columns, named_rows
from cdp_spark.ingest.files import LandingZone, StreamFile
from cdp_spark.ingest.formats.csv import csv_records, header_of
from cdp_spark.ingest.formats.jsonl import json_lines
from cdp_spark.ingest.formats.parquet import columns_of, parquet_rows
from cdp_spark.ingest.landings import Landing
from cdp_spark.ingest.readers import StreamOf
from cdp_spark.runtime.rows import frame_of_rows

_FILES = "uri STRING, file_path STRING, file_key STRING, file_mtime TIMESTAMP, file_size BIGINT"


@dataclass(frozen=True)
class ReadableFiles:
    """A source's files, those that are cut off or damaged apart."""

    whole: list[StreamFile]
    damaged: list[StreamFile]


class FileRecords:
    """The files of a source as bronze rows of one landing."""

    def __init__(self, spark: SparkSession, zone: LandingZone, landing: Landing) -> None:
        self._spark, self._zone, self._landing = spark, zone, landing

    def bronze_rows(self, streams: Iterable[StreamOf], files: ReadableFiles) -> DataFrame:
        """One row a record of the files, and one with fault ``truncated_file`` for each damaged file."""
        parts = [
            self._rows(stream, chosen, salvage)
            for stream in streams
            for salvage, group in ((False, files.whole), (True, files.damaged))
            if (chosen := [f for f in group if f.stream == stream.name])
        ]
        marks = [self._damage_marks(files.damaged)] if files.damaged else []
        return reduce(DataFrame.unionByName, [*parts, *marks])

    def unreadable(self, files: Iterable[StreamFile], streams: Iterable[StreamOf]) -> list[StreamFile]:
        """The files whose header or footer cannot be read."""
        reads = {s.name: file_read(s) for s in streams}
        return [f for f in files if self._kind(f, reads[f.stream]) is None]

    def _rows(self, stream: StreamOf, files: list[StreamFile], salvage: bool) -> DataFrame:
        read = file_read(stream)
        frames = [self._read(read, kind, group, salvage) for kind, group in self._groups(read, files)]
        if not frames:
            return frame_of_rows(self._spark, bronze_contract(stream.source).schema)
        records = self._with_places(stream, reduce(DataFrame.unionByName, frames), files)
        return named_rows(stream, records, is_json_text=read.format == "jsonl")

    def _groups(
        self, read: FileRead, files: list[StreamFile]
    ) -> Iterator[tuple[str | tuple[str, ...], list[StreamFile]]]:
        groups: dict[str | tuple[str, ...], list[StreamFile]] = defaultdict(list)
        for file in files:
            if kind := self._kind(file, read):
                groups[kind].append(file)
        yield from groups.items()

    def _kind(self, file: StreamFile, read: FileRead) -> str | tuple[str, ...] | None:
        """What files must share to be read together."""
        if read.format == "csv":
            return header_of(self._zone, file, read)
        return columns_of(self._zone, file) if read.format == "parquet" else "jsonl"

    def _read(self, read: FileRead, kind: str | tuple[str, ...], files: list[StreamFile], salvage: bool) -> DataFrame:
        paths = [self._zone.spark_path(f.path) for f in files]
        if isinstance(kind, tuple):
            return csv_records(self._spark, paths, kind, read, salvage)
        if read.format == "parquet":
            return parquet_rows(self._spark, paths, salvage)
        return json_lines(self._spark, paths, read, salvage)

    def _with_places(self, stream: StreamOf, records: DataFrame, files: list[StreamFile]) -> DataFrame:
        by_path = {f.path: f for f in files}
        prefix = len(self._zone.prefix)
        rows = [
            (spelt, file.path, file.key, file.mtime, file.size)
            for uri in records.inputFiles()
            if (file := by_path.get(unquote(uri)[prefix:])) is not None
            for spelt in _spellings(uri)
        ]
        places = F.broadcast(frame_of_rows(self._spark, _FILES, rows))
        # A record of no known file would have no record_id, and the contract refuses it: none is dropped unseen.
        return records.join(places, on="uri", how="left").withColumns(
            {
                **landing_columns(stream, self._landing),
                "record_id": F.concat_ws(
                    "-",
                    F.col("file_key"),
                    F.lpad(F.lower(F.hex("file_offset")), 10, "0"),
                    F.lpad(F.lower(F.hex("row_pos")), 9, "0"),
                ),
            }
        )

    def _damage_marks(self, files: list[StreamFile]) -> DataFrame:
        rows = [
            (
                f"{f.key}-truncated",
                f.stream,
                Reason.TRUNCATED_FILE,
                f.path,
                f.mtime,
                f.size,
                self._landing.landing_id,
                self._landing.at,
            )
            for f in files
        ]
        names = ("record_id", "stream", "fault", "file_path", "file_mtime", "file_size", "landing_id", "landed_at")
        contract = bronze_contract(files[0].source)
        kinds = {c.name: c.type for c in contract.columns}
        marks = frame_of_rows(self._spark, ", ".join(f"{n} {kinds[n]}" for n in names), rows)
        return contract.shape(marks.withColumns({c: F.lit(None).cast(kinds[c]) for c in kinds if c not in names}))


def _spellings(uri: str) -> set[str]:
    # Spark writes a local file's address with three slashes in one place and with one in another.
    return {uri, re.sub(r"\Afile:/+", "file:/", uri)}


def file_read(stream: StreamOf) -> FileRead:
    """How the stream's files are read."""
    read = stream.stream.read
    assert isinstance(read, FileRead)  # the reader of files is asked for streams of files only
    return read
