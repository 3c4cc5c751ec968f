"""Files → bronze rows."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from urllib.parse import unquote

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from cdp_spark.config.sources import Read, Stream
from cdp_spark.contracts.bronze import bronze_contract
from cdp_spark.contracts.reasons import Reason
from cdp_spark.ingest.files import LandingZone, StreamFile
from cdp_spark.ingest.formats.csv import csv_records, header_of
from cdp_spark.ingest.formats.jsonl import json_lines
from cdp_spark.ingest.formats.parquet import columns_of, parquet_rows
from cdp_spark.ingest.message_ids import fact_ids
from cdp_spark.runtime.rows import frame_of_rows

_FILES = "uri STRING, file_path STRING, file_key STRING, file_mtime TIMESTAMP, file_size BIGINT"


@dataclass(frozen=True)
class ReadableFiles:
    """A source's files, those that are cut off or damaged apart."""

    whole: list[StreamFile]
    damaged: list[StreamFile]


class Reader:
    """Reads the files of a landing zone as bronze rows of one landing."""

    def __init__(self, spark: SparkSession, zone: LandingZone, landing_id: int, landed_at: datetime) -> None:
        self._spark, self._zone = spark, zone
        self.landing_id, self._landed_at = landing_id, landed_at

    def bronze_rows(self, source: str, streams: dict[str, Stream], files: ReadableFiles) -> DataFrame:
        """One row a record of the files, and one with fault ``truncated_file`` for each damaged file."""
        parts = [
            self._rows(source, name, stream, chosen, salvage)
            for name, stream in streams.items()
            for salvage, group in ((False, files.whole), (True, files.damaged))
            if (chosen := [f for f in group if f.stream == name])
        ]
        marks = [self._damage_marks(source, files.damaged)] if files.damaged else []
        return reduce(DataFrame.unionByName, [*parts, *marks])

    def unreadable(self, files: Iterable[StreamFile], streams: dict[str, Stream]) -> list[StreamFile]:
        """The files whose header or footer cannot be read."""
        return [f for f in files if self._kind(f, streams[f.stream].read) is None]

    def _rows(self, source: str, name: str, stream: Stream, files: list[StreamFile], salvage: bool) -> DataFrame:
        read = [self._read(stream.read, kind, group, salvage) for kind, group in self._groups(stream.read, files)]
        if not read:
            return frame_of_rows(self._spark, bronze_contract(source).schema)
        records = self._with_places(source, reduce(DataFrame.unionByName, read), files, name)
        return self._with_names(source, name, stream, records)

    def _groups(self, read: Read, files: list[StreamFile]) -> Iterator[tuple[str | tuple[str, ...], list[StreamFile]]]:
        groups: dict[str | tuple[str, ...], list[StreamFile]] = defaultdict(list)
        for file in files:
            if kind := self._kind(file, read):
                groups[kind].append(file)
        yield from groups.items()

    def _kind(self, file: StreamFile, read: Read) -> str | tuple[str, ...] | None:
        """What files must share to be read together."""
        if read.format == "csv":
            return header_of(self._zone, file, read)
        return columns_of(self._zone, file) if read.format == "parquet" else "jsonl"

    def _read(self, read: Read, kind: str | tuple[str, ...], files: list[StreamFile], salvage: bool) -> DataFrame:
        paths = [self._zone.spark_path(f.path) for f in files]
        if isinstance(kind, tuple):
            return csv_records(self._spark, paths, kind, read, salvage)
        if read.format == "parquet":
            return parquet_rows(self._spark, paths, salvage)
        return json_lines(self._spark, paths, read, salvage)

    def _with_places(self, source: str, records: DataFrame, files: list[StreamFile], stream: str) -> DataFrame:
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
                "stream": F.lit(stream),
                "record_id": F.concat_ws(
                    "-",
                    F.col("file_key"),
                    F.lpad(F.lower(F.hex("file_offset")), 10, "0"),
                    F.lpad(F.lower(F.hex("row_pos")), 9, "0"),
                ),
                "landing_id": F.lit(self.landing_id).cast("bigint"),
                "landed_at": F.lit(self._landed_at).cast("timestamp"),
            }
        )

    def _with_names(self, source: str, name: str, stream: Stream, records: DataFrame) -> DataFrame:
        too_large = F.octet_length("raw") > stream.read.max_record_bytes
        # As the one element of an array, a second record on the line makes it malformed instead of vanishing.
        whole = F.try_parse_json(F.concat(F.lit("["), F.col("raw"), F.lit("]")))
        parsed = records.withColumn("parsed", F.when(~too_large & F.col("fault").isNull(), whole))
        fault = F.coalesce(F.when(too_large, Reason.RECORD_TOO_LARGE), F.col("fault"))
        if stream.read.format == "jsonl":
            fault = F.coalesce(fault, _json_fault())
        named = parsed.withColumns({"message_id": fact_ids(source, name, stream), "fault": fault})
        return bronze_contract(source).shape(named)

    def _damage_marks(self, source: str, files: list[StreamFile]) -> DataFrame:
        rows = [
            (
                f"{f.key}-truncated",
                f.stream,
                Reason.TRUNCATED_FILE,
                f.path,
                f.mtime,
                f.size,
                self.landing_id,
                self._landed_at,
            )
            for f in files
        ]
        names = ("record_id", "stream", "fault", "file_path", "file_mtime", "file_size", "landing_id", "landed_at")
        contract = bronze_contract(source)
        kinds = {c.name: c.type for c in contract.columns}
        marks = frame_of_rows(self._spark, ", ".join(f"{n} {kinds[n]}" for n in names), rows)
        return contract.shape(marks.withColumns({c: F.lit(None).cast(kinds[c]) for c in kinds if c not in names}))


def _spellings(uri: str) -> set[str]:
    # Spark writes a local file's address with three slashes in one place and with one in another.
    return {uri, re.sub(r"\Afile:/+", "file:/", uri)}


def _json_fault() -> Column:
    """Why a line is not one JSON object; columns ``raw`` and ``parsed``."""
    raw, parsed = F.col("raw"), F.col("parsed")
    keys = F.json_object_keys(raw)
    strict = {"allowSingleQuotes": "false", "allowNonNumericNumbers": "false"}
    reads = F.from_json(F.concat(F.lit("["), raw, F.lit("]")), "ARRAY<MAP<STRING, STRING>>", strict)
    doubled = (F.size(keys) > F.size(F.array_distinct(keys))) | (F.size(reads) == 1)
    # A surrogate alone is no text: such a line reads leniently, but not as JSON.
    is_duplicate = doubled & ~raw.rlike(r"\\u[dD][89a-fA-F]")
    return (
        F.when(
            parsed.isNull(),
            F.when(F.coalesce(is_duplicate, F.lit(False)), Reason.DUPLICATE_KEYS).otherwise(Reason.MALFORMED_JSON),
        )
        .when(F.try_variant_get(parsed, "$[1]", "variant").isNotNull(), Reason.MALFORMED_JSON)
        .when(~F.ltrim(raw).startswith("{"), Reason.NOT_AN_OBJECT)
    )
