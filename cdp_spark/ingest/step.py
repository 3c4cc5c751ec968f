"""The stage: plan, append, record what has landed. The same for every kind of source."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial, reduce
from math import ceil

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from cdp_spark.contracts import TableContract
from cdp_spark.contracts.bronze import bronze_contract
from cdp_spark.contracts.ops import LANDINGS
from cdp_spark.contracts.reasons import Reason
from cdp_spark.errors import ConservationError, StorageError
from cdp_spark.ingest.failures import SparkFailure, failure_text
from cdp_spark.ingest.files import StreamFile
from cdp_spark.ingest.kinds import Kinds
from cdp_spark.ingest.landing_ledger import record, recorded_rows
from cdp_spark.ingest.landings import IGNORED, LANDED, TRUNCATED, Landing, LandingRow, Place, new_landing, taken
from cdp_spark.ingest.readers import Reading, Share
from cdp_spark.runtime.run import Counts, Run, Step
from cdp_spark.runtime.session import one_split_a_task
from cdp_spark.runtime.side_by_side import side_by_side

# Part of every record_id: another size would name the records of a file that is taken up again differently.
SPLIT_BYTES = 64 * 1024 * 1024
# A landing of so many is taken by the driver.
_FEW_BYTES = 32 * 1024 * 1024
_PART_BYTES = 16 * 1024 * 1024
# What a person should know about a file that landed.
_TOLD = ("rewritten", "duplicate")


def _run(run: Run) -> Counts:
    kinds = Kinds(run)
    known = taken(recorded_rows(run))
    done: list[Counts] = []
    if known.unfinished is not None:
        run.progress.note("an earlier landing is finished first", landing_id=known.unfinished.landing_id)
        done.append(_finished(run, kinds, known.unfinished))
        known = taken(recorded_rows(run))
    landing = new_landing(known, run.clock.now(), kinds.next_rows(known))
    if landing.to_read or landing.settled:
        record(run, [*landing.to_read, *landing.settled])
        done.append(_finished(run, kinds, landing))
    return _sum(done)


STEP = Step(
    name="ingest",
    about="land what is new",
    run=_run,
    reads=lambda config: (),
    writes=lambda config: (*(bronze_contract(s) for s in sorted(config.sources)), LANDINGS),
    settings=lambda config: {name: source.model_dump(mode="json") for name, source in config.sources.items()},
    looks_outside=True,
)


def _finished(run: Run, kinds: Kinds, landing: Landing) -> Counts:
    """Appends what the landing's parts hold, unless that was done before, and records the end of each part."""
    by_source: dict[str, list[LandingRow]] = defaultdict(list)
    ends: list[LandingRow] = []
    for row in landing.to_read:
        if kinds.reader_of(row.part) is not None:
            by_source[row.part.source].append(row)
        else:
            ends.append(_ended(row, IGNORED, run, "no longer configured"))
    pieces = [
        partial(_appended, run, kinds, landing, source, by_source[source]) for source in _largest_first(by_source)
    ]
    with one_split_a_task(run.spark, SPLIT_BYTES):
        appended = side_by_side(run.spark, *pieces)
    ends += [end for done in appended for end in done.ends]
    landed = _rows_by_place(run, landing, sorted(by_source))
    ends = [replace(e, rows=landed.get(e.part.place, 0)) for e in ends]
    if ends:
        record(run, [replace(e, part=kinds.landed_part(e.part, landing)) for e in ends])
    return _counts(landing, ends, sum(done.inserted for done in appended))


def _largest_first(by_source: Mapping[str, list[LandingRow]]) -> list[str]:
    """So that the others go beside it."""
    sizes = {s: sum(r.part.size for r in rows if isinstance(r.part, StreamFile)) for s, rows in by_source.items()}
    return sorted(by_source, key=lambda s: (-sizes[s], s))


@dataclass(frozen=True)
class _Appended:
    inserted: int
    ends: list[LandingRow]


def _appended(run: Run, kinds: Kinds, landing: Landing, source: str, rows: list[LandingRow]) -> _Appended:
    contract = bronze_contract(source)
    if run.tables.newest_landing(contract) >= landing.landing_id:
        in_bronze = run.tables.read(contract).filter(F.col("landing_id") == landing.landing_id)
        damaged = in_bronze.filter(F.col("fault") == Reason.TRUNCATED_FILE).select("stream", "file_path").collect()
        cut = {(source, r["stream"], r["file_path"]): (TRUNCATED, None) for r in damaged}
        return _Appended(in_bronze.count(), [_end_of(r, cut, run) for r in rows])
    shares = kinds.shares([r.part for r in rows])
    readings = [s.reader.reading(s.streams, landing, s.parts) for s in shares]
    try:
        inserted = _written(run, contract, landing, readings)
    except SparkFailure as e:
        readings = _mended(shares, readings, landing, failure_text(e))
        inserted = _written(run, contract, landing, readings)
    ends = {place: end for reading in readings for place, end in reading.ends.items()}
    return _Appended(inserted, [_end_of(r, ends, run) for r in rows])


def _written(run: Run, contract: TableContract, landing: Landing, readings: list[Reading]) -> int:
    frames = [r.frame for r in readings if r.frame is not None]
    if not frames:
        return 0
    rows, n_bytes = reduce(DataFrame.unionByName, frames), _n_bytes(readings)
    if n_bytes is not None:
        # A part for each of many small files would cost more than what is in them. Coalescing moves no row.
        at_once = int(run.spark.conf.get("spark.sql.shuffle.partitions") or 1)
        rows = rows.coalesce(max(at_once, ceil(n_bytes / _PART_BYTES)))
    few = n_bytes is not None and n_bytes <= _FEW_BYTES
    return run.tables.append(contract, rows, landing.landing_id, few).inserted


def _n_bytes(readings: list[Reading]) -> int | None:
    sizes = [r.n_bytes for r in readings if r.frame is not None]
    return None if None in sizes else sum(s for s in sizes if s is not None)


def _mended(shares: list[Share], readings: list[Reading], landing: Landing, why: str) -> list[Reading]:
    """The readings, at least one of them another; raises what the readers know of the failure."""
    others = [s.reader.after_failure(s.streams, landing, s.parts, why) for s in shares]
    if not any(others):
        source = shares[0].parts[0].source
        raise StorageError(
            f"what {source} sends cannot be read",
            fix="look at the Spark log for the fault; mend it, or take what cannot be read out of the source",
            source=source,
        )
    return [other or reading for other, reading in zip(others, readings, strict=True)]


def _rows_by_place(run: Run, landing: Landing, sources: Iterable[str]) -> dict[Place, int]:
    of_landing = F.col("landing_id") == landing.landing_id
    parts = [
        run.tables.read(bronze_contract(s)).filter(of_landing).select(F.lit(s).alias("source"), "stream", "file_path")
        for s in sources
    ]
    together = reduce(DataFrame.unionAll, parts) if parts else None
    rows = together.groupBy(*together.columns).count().collect() if together else []
    return {(r["source"], r["stream"], r["file_path"]): r["count"] for r in rows}


def _end_of(row: LandingRow, ends: Mapping[Place, tuple[str, str | None]], run: Run) -> LandingRow:
    state, reason = ends.get(row.part.place, (LANDED, None))
    return _ended(row, state, run, reason)


def _ended(row: LandingRow, state: str, run: Run, reason: str | None = None) -> LandingRow:
    return LandingRow(row.landing_id, row.part, state, reason or row.reason, None, run.clock.now())


def _counts(landing: Landing, ends: list[LandingRow], written: int) -> Counts:
    landed = sum(e.rows or 0 for e in ends)
    if landed != written:
        raise ConservationError(
            f"ingest: {written} records read, {landed} landed",
            fix="nothing was published; report this with the landing's rows in ops.landings",
            landing_id=landing.landing_id,
        )
    files = [e for e in [*ends, *landing.settled] if isinstance(e.part, StreamFile)]
    states = Counter(f"files_{e.state}" for e in files)
    reasons = Counter(f"files_{e.reason}" for e in files if e.state != IGNORED and e.reason in _TOLD)
    stretches = Counter(f"stretches_{e.state}" for e in ends if not isinstance(e.part, StreamFile))
    return Counts(rows_in=written, kept=landed, changed=landed, details={**states, **reasons, **stretches})


def _sum(counts: list[Counts]) -> Counts:
    details: Counter[str] = Counter()
    for c in counts:
        details.update(c.details)
    rows = sum(c.rows_in for c in counts)
    return Counts(rows_in=rows, kept=rows, changed=rows, details=dict(details)).conserved("ingest")
