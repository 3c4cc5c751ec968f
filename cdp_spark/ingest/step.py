"""The stage: plan, append, record what has landed."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from cdp_spark.config import Config
from cdp_spark.config.sources import Read, Stream
from cdp_spark.contracts import TableContract
from cdp_spark.contracts.bronze import bronze_contract
from cdp_spark.contracts.ops import LANDINGS
from cdp_spark.contracts.reasons import Reason
from cdp_spark.errors import ConservationError, StorageError
from cdp_spark.ingest.files import LandingZone, StreamFile, settled
from cdp_spark.ingest.formats.damage import is_damaged_gzip
from cdp_spark.ingest.landings import (
    IGNORED,
    LANDED,
    TRUNCATED,
    Landing,
    LandingRow,
    next_landing,
    taken,
)
from cdp_spark.ingest.records import ReadableFiles, Reader
from cdp_spark.runtime.rows import frame_of_rows
from cdp_spark.runtime.run import Counts, Run, Step
from cdp_spark.runtime.session import one_split_a_task

# Part of every record_id: another size would name the records of a file that is taken up again differently.
SPLIT_BYTES = 64 * 1024 * 1024


def _run(run: Run) -> Counts:
    zone = LandingZone(run.config.landing)
    known = taken(_recorded(run))
    done: list[Counts] = []
    if known.unfinished is not None:
        run.progress.note("an earlier landing is finished first", landing_id=known.unfinished.landing_id)
        done.append(_finished(run, zone, known.unfinished))
        known = taken(_recorded(run))
    found = _found(run, zone)
    landing = next_landing(found, known, run.clock.now(), lambda f: _read(run.config, f))
    if landing.to_read or landing.settled:
        _record(run, [*landing.to_read, *landing.settled])
        done.append(_finished(run, zone, landing))
    return _sum(done)


STEP = Step(
    name="ingest",
    about="land new files",
    run=_run,
    reads=lambda config: (),
    writes=lambda config: (*(bronze_contract(s) for s in sorted(config.sources)), LANDINGS),
    settings=lambda config: {name: source.model_dump(mode="json") for name, source in config.sources.items()},
    looks_outside=True,
)


def _found(run: Run, zone: LandingZone) -> list[StreamFile]:
    now = run.clock.now()
    return [
        file
        for source in run.config.sources.values()
        for name, stream in source.streams.items()
        for file in settled(zone.stream_files(source.source, name, stream.read), now, stream.read.settle_seconds)
    ]


def _finished(run: Run, zone: LandingZone, landing: Landing) -> Counts:
    """Appends what the landing's files hold, unless that was done before, and records the end of each file."""
    by_source: dict[str, list[LandingRow]] = defaultdict(list)
    ends: list[LandingRow] = []
    for row in landing.to_read:
        if _is_configured(run.config, row.file):
            by_source[row.file.source].append(row)
        else:
            ends.append(_ended(row, IGNORED, run, "no longer configured"))
    written = 0
    for source, rows in sorted(by_source.items()):
        done = _appended(run, zone, landing, source, rows)
        written += done.inserted
        ends += done.ends
    landed = _rows_by_file(run, landing, sorted(by_source))
    ends = [_with_rows(e, landed.get(e.file.place, 0)) for e in ends]
    if ends:
        _record(run, ends)
    return _counts(landing, ends, written)


@dataclass(frozen=True)
class _Appended:
    inserted: int
    ends: list[LandingRow]


def _appended(run: Run, zone: LandingZone, landing: Landing, source: str, rows: list[LandingRow]) -> _Appended:
    contract = bronze_contract(source)
    if _newest_landing(run, contract) >= landing.landing_id:
        in_bronze = run.tables.read(contract).filter(F.col("landing_id") == landing.landing_id)
        damaged = in_bronze.filter(F.col("fault") == Reason.TRUNCATED_FILE).select("stream", "file_path").collect()
        cut = {(source, r["stream"], r["file_path"]) for r in damaged}
        count = in_bronze.count()
        return _Appended(count, [_ended(r, TRUNCATED if r.file.place in cut else LANDED, run) for r in rows])
    there, gone = _still_there(zone, rows)
    streams = run.config.sources[source].streams
    reader = Reader(run.spark, zone, landing.landing_id, landing.at)
    damaged_files = reader.unreadable(there, streams)
    whole = [f for f in there if f not in damaged_files]
    inserted = 0
    if there:
        inserted, damaged_files = _append(run, reader, zone, contract, streams, ReadableFiles(whole, damaged_files))
    cut = {f.place for f in damaged_files}
    ends = [_ended(r, TRUNCATED if r.file.place in cut else LANDED, run) for r in rows if r.file not in gone]
    return _Appended(inserted, ends + [_ended(r, IGNORED, run, "vanished") for r in rows if r.file in gone])


def _append(  # what a landing of one source needs
    run: Run,
    reader: Reader,
    zone: LandingZone,
    contract: TableContract,
    streams: dict[str, Stream],
    files: ReadableFiles,
) -> tuple[int, list[StreamFile]]:
    """Rows added and the damaged files. Whether a file is damaged is looked into only after a read has failed."""
    try:
        return _write(run, reader, contract, streams, files), files.damaged
    except (PySparkException, Py4JJavaError) as e:
        damaged = [f for f in files.whole if is_damaged_gzip(zone, f)]
        if not damaged:
            raise StorageError(
                f"files of {contract.table} cannot be read",
                fix="look at the Spark log for the file and its fault; mend it or take it out of the landing zone",
                source=contract.table,
                files=len(files.whole),
            ) from e
    apart = ReadableFiles([f for f in files.whole if f not in damaged], [*files.damaged, *damaged])
    return _write(run, reader, contract, streams, apart), apart.damaged


def _write(run: Run, reader: Reader, contract: TableContract, streams: dict[str, Stream], files: ReadableFiles) -> int:
    landing_id = reader.landing_id
    with one_split_a_task(run.spark, SPLIT_BYTES):
        return run.tables.append(contract, reader.bronze_rows(contract.table, streams, files), landing_id).inserted


def _still_there(zone: LandingZone, rows: list[LandingRow]) -> tuple[list[StreamFile], list[StreamFile]]:
    there = [r.file for r in rows if zone.holds(r.file.path)]
    return there, [r.file for r in rows if r.file not in there]


def _newest_landing(run: Run, contract: TableContract) -> int:
    if run.tables.version(contract) is None:
        return 0
    newest = run.tables.read(contract).agg(F.max("landing_id")).first()
    return int(newest[0] or 0) if newest else 0


def _rows_by_file(run: Run, landing: Landing, sources: Iterable[str]) -> dict[tuple[str, str, str], int]:
    parts = [
        run.tables.read(bronze_contract(s))
        .filter(F.col("landing_id") == landing.landing_id)
        .groupBy(F.lit(s).alias("source"), "stream", "file_path")
        .count()
        for s in sources
    ]
    rows = reduce(DataFrame.unionAll, parts).collect() if parts else []
    return {(r["source"], r["stream"], r["file_path"]): r["count"] for r in rows}


def _ended(row: LandingRow, state: str, run: Run, reason: str | None = None) -> LandingRow:
    return LandingRow(row.landing_id, row.file, state, reason or row.reason, None, run.clock.now())


def _with_rows(row: LandingRow, rows: int) -> LandingRow:
    return LandingRow(row.landing_id, row.file, row.state, row.reason, rows, row.at)


def _counts(landing: Landing, ends: list[LandingRow], written: int) -> Counts:
    landed = sum(e.rows or 0 for e in ends)
    if landed != written:
        raise ConservationError(
            f"ingest: {written} records read, {landed} landed",
            fix="nothing was published; report this with the landing's rows in ops.landings",
            landing_id=landing.landing_id,
        )
    states = Counter(f"files_{e.state}" for e in [*ends, *landing.settled])
    reasons = Counter(f"files_{e.reason}" for e in ends if e.reason == "rewritten")
    return Counts(rows_in=written, kept=landed, changed=landed, details={**states, **reasons})


def _sum(counts: list[Counts]) -> Counts:
    details: Counter[str] = Counter()
    for c in counts:
        details.update(c.details)
    rows = sum(c.rows_in for c in counts)
    return Counts(rows_in=rows, kept=rows, changed=rows, details=dict(details)).conserved("ingest")


def _is_configured(config: Config, file: StreamFile) -> bool:
    return file.source in config.sources and file.stream in config.sources[file.source].streams


def _read(config: Config, file: StreamFile) -> Read:
    return config.sources[file.source].streams[file.stream].read


def _recorded(run: Run) -> list[LandingRow]:
    if run.tables.version(LANDINGS) is None:
        return []
    # As numbers, because collected times lose their zone.
    micros = {c: F.unix_micros(c) for c in ("mtime", "at")}
    return [
        LandingRow(
            r["landing_id"],
            StreamFile(r["source"], r["stream"], r["path"], r["size"], _time(r["mtime"])),
            r["state"],
            r["reason"],
            r["rows"],
            _time(r["at"]),
        )
        for r in run.tables.read(LANDINGS).withColumns(micros).collect()
    ]


def _time(micros: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)


def _record(run: Run, rows: list[LandingRow]) -> None:
    values = [
        (
            r.landing_id,
            r.file.source,
            r.file.stream,
            r.file.path,
            r.file.size,
            r.file.mtime,
            r.state,
            r.reason,
            r.rows,
            r.at,
        )
        for r in rows
    ]
    run.tables.append(LANDINGS, frame_of_rows(run.spark, LANDINGS.schema, values).coalesce(1))
