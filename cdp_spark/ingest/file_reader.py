"""Reader of files: each version of a file is taken once."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from typing_extensions import override

from cdp_spark.config.reads import FileRead
from cdp_spark.ingest.dlt_loads import of_complete_loads
from cdp_spark.ingest.duplicate_files import duplicates
from cdp_spark.ingest.file_records import FileRecords, ReadableFiles, file_read
from cdp_spark.ingest.files import LandingZone, StreamFile, settled
from cdp_spark.ingest.formats.damage import is_damaged_gzip
from cdp_spark.ingest.landings import EMPTY, IGNORED, PLANNED, TRUNCATED, Landing, LandingRow, Part, Place, Taken
from cdp_spark.ingest.readers import Reader, Reading, StreamOf
from cdp_spark.runtime.run import Run

# Texts packed by gzip, or by Parquet in columns, are some ten times as long.
_PACKED = 10
_AS_IT_IS = (".csv", ".json", ".jsonl", ".ndjson", ".tsv", ".txt")


class FileReader(Reader):
    """Takes files never seen, and files that are other than when they were taken."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._zone = LandingZone(run.config.landing)

    @override
    def owns(self, stream: StreamOf, part: Part) -> bool:
        return isinstance(part, StreamFile)

    @override
    def next_rows(self, streams: list[StreamOf], known: Taken) -> list[LandingRow]:
        now = self._run.clock.now()
        reads = {(s.source, s.name): file_read(s) for s in streams}
        found = [file for s in streams for file in self._files(s, now)]
        self._tell_of_silent(streams, found, known)
        rows = next_file_rows(found, known, now, lambda f: reads[f.source, f.stream])
        return self._with_duplicates(rows, known)

    @override
    def reading(self, streams: list[StreamOf], landing: Landing, parts: list[Part]) -> Reading:
        files = [p for p in parts if isinstance(p, StreamFile)]
        there = [f for f in files if self._zone.holds(f.path)]
        damaged = FileRecords(self._run.spark, self._zone, landing).unreadable(there, streams)
        return self._reading(streams, landing, files, there, damaged)

    @override
    def after_failure(self, streams: list[StreamOf], landing: Landing, parts: list[Part], why: str) -> Reading | None:
        """Whether a file is cut off or damaged is looked into only after a read has failed."""
        files = [p for p in parts if isinstance(p, StreamFile)]
        there = [f for f in files if self._zone.holds(f.path)]
        torn = [f for f in there if is_damaged_gzip(self._zone, f)]
        if not torn:
            return None
        damaged = FileRecords(self._run.spark, self._zone, landing).unreadable(there, streams)
        return self._reading(streams, landing, files, there, [*damaged, *torn])

    @override
    def landed_part(self, part: Part, landing: Landing) -> Part:
        return part

    def _tell_of_silent(self, streams: list[StreamOf], found: list[StreamFile], known: Taken) -> None:
        """Names the streams of which no file was ever seen: a misspelt path looks like a tool that has sent nothing."""
        heard = {(f.source, f.stream) for f in found} | {(source, stream) for source, stream, _ in known.last}
        silent = [s for s in streams if (s.source, s.name) not in heard]
        if silent:
            said = ", ".join(f"{s.source}.{s.name} ({file_read(s).path})" for s in silent)
            self._run.progress.note(f"no file yet of {said}")

    def _files(self, stream: StreamOf, now: datetime) -> list[StreamFile]:
        read = file_read(stream)
        files = settled(self._zone.stream_files(stream.source, stream.name, read), now, read.settle_seconds)
        return of_complete_loads(self._zone, read.path, files) if read.loads == "dlt" else files

    def _with_duplicates(self, rows: list[LandingRow], known: Taken) -> list[LandingRow]:
        """The rows, those of files with another file's content told as such: their records fall to de-duplication."""
        new = [r.part for r in rows if r.state == PLANNED and isinstance(r.part, StreamFile)]
        before = [r.part for r in known.last.values() if isinstance(r.part, StreamFile)]
        repeats = duplicates(self._zone, new, before)
        return [replace(r, reason="duplicate") if r.part.place in repeats and r.reason == "new" else r for r in rows]

    def _reading(
        self,
        streams: list[StreamOf],
        landing: Landing,
        files: list[StreamFile],
        there: list[StreamFile],
        damaged: list[StreamFile],
    ) -> Reading:
        ends: dict[Place, tuple[str, str | None]] = {f.place: (TRUNCATED, None) for f in damaged}
        ends |= {f.place: (IGNORED, "vanished") for f in files if f not in there}
        if not there:
            return Reading(None, ends)
        readable = ReadableFiles([f for f in there if f not in damaged], damaged)
        records = FileRecords(self._run.spark, self._zone, landing)
        return Reading(records.bronze_rows(streams, readable), ends, sum(_n_bytes(f) for f in there))


def _n_bytes(file: StreamFile) -> int:
    return file.size if file.path.endswith(_AS_IT_IS) else _PACKED * file.size


def next_file_rows(
    found: Iterable[StreamFile], known: Taken, now: datetime, read_of: Callable[[StreamFile], FileRead]
) -> list[LandingRow]:
    """What a new landing takes of the files that were found, and what it only takes note of."""
    rows: list[LandingRow] = []
    for file in found:
        before = known.last.get(file.place)
        last = before.part if before is not None and isinstance(before.part, StreamFile) else None
        if last is not None and (last.size, last.mtime) == (file.size, file.mtime):
            continue
        reason = "new" if before is None or last is None or before.state == EMPTY else "rewritten"
        state = _state(file, before, reason, read_of(file))
        rows.append(LandingRow(known.next_id, file, state, reason, None if state == PLANNED else 0, now))
    return rows


def _state(file: StreamFile, before: LandingRow | None, reason: str, read: FileRead) -> str:
    if file.size == 0:
        return EMPTY
    was_cut = before is not None and before.state == TRUNCATED
    if reason == "rewritten" and read.rewritten == "ignore" and not was_cut:
        return IGNORED
    return PLANNED
