"""One write for each silver table, and what became of the rows."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial, reduce
from typing import Protocol

from pyspark.sql import Column, DataFrame, Observation
from pyspark.sql import functions as F

from cdp_spark.contracts import TableContract
from cdp_spark.contracts.silver import AD_SPEND, CONSENT_EVENTS, CUSTOMERS, EVENTS, ORDER_LINES, ORDERS
from cdp_spark.errors import ConservationError
from cdp_spark.normalize.accounting import flags_of, refused_flags
from cdp_spark.normalize.batch import Batch
from cdp_spark.normalize.customers import customer_versions
from cdp_spark.normalize.events import compared_events, kept_events, met_events, repeated_ids, straight_events
from cdp_spark.normalize.mapping import SUMS, Parts, unmatched_records
from cdp_spark.normalize.refusals import faulty_records, refused_rows, unmatched
from cdp_spark.normalize.repeats import (
    CONFLICT,
    KEPT,
    REFUSED,
    RESTATED,
    SUPERSEDED,
    as_they_stand,
    content_hash,
    first_facts,
    is_in_conflict_with_stored,
    newest_versions,
    rows_to_write,
    stored_like,
)
from cdp_spark.normalize.targets.ad_spend import spend_rows
from cdp_spark.normalize.targets.consent_events import consent_rows
from cdp_spark.normalize.targets.customers import customer_rows
from cdp_spark.normalize.targets.events import event_rows
from cdp_spark.normalize.targets.orders import line_rows, lines_of_orders, order_rows, with_sums_of_lines
from cdp_spark.runtime.run import Run
from cdp_spark.runtime.side_by_side import pair
from cdp_spark.runtime.staging import counted, hinted, staged
from cdp_spark.runtime.tables import FEW_ROWS, Written

_TARGETS = {
    CUSTOMERS.table: customer_rows,
    ORDERS.table: order_rows,
    ORDER_LINES.table: line_rows,
    CONSENT_EVENTS.table: consent_rows,
    AD_SPEND.table: spend_rows,
}


class _Write(Protocol):
    def __call__(self, contract: TableContract, frame: DataFrame, /, *, few: bool) -> Written: ...


@dataclass
class Outcome:
    """What became of a batch's rows: ``flags`` and ``refused`` are frames, ``events`` the write of silver.events."""

    flags: list[DataFrame] = field(default_factory=list)
    refused: list[DataFrame] = field(default_factory=list)
    n_refused: int = 0
    refused_of: set[str] = field(default_factory=set)
    """The sources that the refused records are of."""
    writes: list[Written] = field(default_factory=list)
    events: Written | None = None
    skipped: int = 0
    passed_over: list[DataFrame] = field(default_factory=list)
    """The records that are skipped."""
    superseded: dict[str, DataFrame] = field(default_factory=dict)
    """Table → its new rows that others took the place of at once: they name people all the same."""
    details: Counter[str] = field(default_factory=Counter)

    def refuse(self, refused: DataFrame, count: int, sources: Iterable[str]) -> None:
        """Takes down refused records of the sources."""
        self.refused.append(refused)
        self.n_refused += count
        self.refused_of |= set(sources)

    def add(self, other: "Outcome") -> None:
        """Takes in what became of further rows."""
        self.flags += other.flags
        self.refused += other.refused
        self.n_refused += other.n_refused
        self.refused_of |= other.refused_of
        self.writes += other.writes
        self.events = other.events or self.events
        self.skipped += other.skipped
        self.passed_over += other.passed_over
        self.superseded |= other.superseded
        self.details += other.details


def unmatched_outcome(_: Run, batch: Batch) -> Outcome:
    """Records with a fault, and records that no mapping takes."""
    made = Outcome()
    if batch.faulty:
        faulty = staged(reduce(DataFrame.unionByName, [faulty_records(batch.bronze[s]) for s in sorted(batch.faulty)]))
        made.refuse(faulty, sum(batch.faulty.values()), batch.faulty)
        made.flags.append(refused_flags(faulty))
        made.details["unreadable_records"] += sum(batch.faulty.values())
    for plan in batch.plans:
        ids = unmatched_records(plan, batch.bronze[plan.source]) if plan.index == 0 else None
        if ids is None:
            continue
        ids = staged(ids)
        if not (count := ids.count()):
            continue
        if plan.stream.unmatched == "skip":
            made.skipped += count
            made.passed_over.append(ids)
            continue
        made.details["unmatched_records"] += count
        made.refuse(unmatched(ids, plan), count, [plan.source])
        made.flags.append(refused_flags(ids))
    return made


def written_events(run: Run, batch: Batch) -> Outcome:
    """Adds the new events."""
    made = Outcome()
    parts = batch.of_target(EVENTS.table)
    if not parts:
        return made
    stored, compared = run.tables.read(EVENTS), None
    # Python writes out what the rows are made of while Spark finds the repeats.
    judged, repeats = pair(run.spark, lambda: event_rows(parts), lambda: _repeats(run, batch, parts, stored))
    if repeats.ids is not None:
        compared = _compared(judged, repeats.ids, repeats.met, stored)
        _note(made, EVENTS, compared, _versions(batch))
    straight = straight_events(judged, repeats.ids)
    seen = Observation()
    observed = straight.observe(seen, F.count("_reasons").alias("refused"))
    written = run.tables.append(EVENTS, kept_events(observed, compared), few=batch.rows <= FEW_ROWS)
    made.writes.append(written)
    made.events = written
    if refused := int(seen.get.get("refused") or 0):
        made.details["refused_events"] += refused
        rows = staged(refused_rows(straight, EVENTS.table, _versions(batch)))
        made.refuse(rows, refused, {plan.source for plan, _ in parts})
        made.flags.append(refused_flags(rows))
    return made


def written_customers(run: Run, batch: Batch) -> Outcome:
    """Adds new versions of customers."""
    return _written(run, batch, CUSTOMERS, customer_versions, run.tables.merge)


def written_consents(run: Run, batch: Batch) -> Outcome:
    """Adds new consent events."""
    return _written(run, batch, CONSENT_EVENTS, _first_consents, run.tables.append)


def written_spend(run: Run, batch: Batch) -> Outcome:
    """Adds new days of campaigns, and replaces those that a newer report restates."""
    return _written(run, batch, AD_SPEND, partial(_newest, contract=AD_SPEND), run.tables.merge)


def _written(
    run: Run,
    batch: Batch,
    contract: TableContract,
    tagged_of: Callable[[DataFrame, DataFrame], DataFrame],
    write: _Write,
) -> Outcome:
    """Writes the rows of a table that are kept, of the new ones and the stored ones as ``tagged_of`` tells them apart."""
    made = Outcome()
    rows = _rows(run, batch, contract)
    if rows is None:
        return made
    tagged = staged(tagged_of(rows, run.tables.read(contract)))
    _write_kept(made, contract, tagged, _versions(batch), write)
    return made


def _write_kept(
    made: Outcome,
    contract: TableContract,
    tagged: DataFrame,
    versions: dict[tuple[str, str], str],
    write: _Write,
) -> None:
    n_rows, to_write = _note(made, contract, tagged, versions)
    if to_write:
        written = write(contract, _to_write(tagged), few=n_rows <= FEW_ROWS)
        made.writes.append(_all_written(contract, to_write, written))


def _first_consents(rows: DataFrame, stored: DataFrame) -> DataFrame:
    like = stored_like(rows, stored, CONSENT_EVENTS.key)
    return first_facts(CONSENT_EVENTS, rows, like, at="captured_at", received="captured_at")


def written_orders(run: Run, batch: Batch) -> Outcome:
    """Adds new orders and newer versions of stored ones, with their lines."""
    made = Outcome()
    orders = _rows(run, batch, ORDERS)
    tagged, n_rows = None, 0
    if orders is not None:
        tagged = staged(_newest(orders, run.tables.read(ORDERS), ORDERS, _order_content(batch)))
        n_rows, _ = _note(made, ORDERS, tagged, _versions(batch))
    lines = _written_lines(run, batch, made, tagged)
    if tagged is not None:
        made.writes.append(run.tables.merge(ORDERS, _orders_to_write(run, tagged, lines), few=n_rows <= FEW_ROWS))
    return made


def _written_lines(run: Run, batch: Batch, made: Outcome, orders: DataFrame | None) -> DataFrame | None:
    """The lines of the batch, tagged, once they are written."""
    parts = [_rows(run, batch, ORDER_LINES)]
    if orders is not None and "_lines" in orders.columns:
        # An order that says what is stored, or what another one says, may have other lines.
        within = lines_of_orders(orders.filter(~F.col("_is_stored") & F.col("_is_current")))
        parts.append(within.withColumn("_reasons", F.lit(None).cast("array<string>")))
    there = [p for p in parts if p is not None]
    if not there:
        return None
    rows = reduce(lambda a, b: a.unionByName(b, allowMissingColumns=True), there)
    tagged = staged(_newest(rows, run.tables.read(ORDER_LINES), ORDER_LINES))
    _write_kept(made, ORDER_LINES, tagged, _versions(batch), run.tables.merge)
    return tagged


def _orders_to_write(run: Run, orders: DataFrame, lines: DataFrame | None) -> DataFrame:
    """The newest version of each order; one whose sums are those of its lines also when only lines are new."""
    if lines is None:
        return rows_to_write(orders)
    newest = as_they_stand(orders.filter("_stands"))
    # A stored order does not say which of its amounts come from lines; the rows that met it do.
    sums = orders.filter(~F.col("_is_stored")).groupBy(*ORDERS.key).agg(F.first("_sums").alias("_sums"))
    current = newest.drop("_sums").join(sums, on=list(ORDERS.key), how="inner")
    return with_sums_of_lines(current, run.tables.read(ORDER_LINES))


def _newest(rows: DataFrame, stored: DataFrame, contract: TableContract, content: Column | None = None) -> DataFrame:
    return newest_versions(contract, rows, stored, order=("version_ts",), same=("version_ts",), content=content)


def _order_content(batch: Batch) -> Column:
    """What an order says itself: sums of lines are not its own."""
    summed = {p.source for p, _ in batch.of_target(ORDERS.table) if p.mapping.totals_from_lines}
    own = {c: F.when(~F.col("source").isin(*summed), F.col(c)) for c in SUMS} if summed else {}
    return content_hash(ORDERS, own)


@dataclass(frozen=True)
class _Repeats:
    """The hashes of the repeated message ids, None where there are none, and the stored events that may have one."""

    ids: DataFrame | None
    met: DataFrame


def _repeats(run: Run, batch: Batch, parts: Parts, stored: DataFrame) -> _Repeats:
    met = None if run.tables.version(EVENTS) is None else staged(met_events(parts, stored, batch.rows))
    ids, count = counted(repeated_ids(parts, met))
    return _Repeats(hinted(ids, count) if count else None, stored if met is None else met)


def _compared(judged: DataFrame, ids: DataFrame, met: DataFrame, stored: DataFrame) -> DataFrame:
    """What the events with a repeated id are; the whole of stored ones is read only where hashes differ."""
    seen = Observation()
    by_hash = compared_events(judged, ids, met, F.col("content_hash"))
    by_hash = staged(by_hash.observe(seen, F.count_if(is_in_conflict_with_stored()).alias("doubted")))
    if not seen.get["doubted"]:
        return by_hash
    return staged(compared_events(judged, ids, stored, content_hash(EVENTS)))


def _rows(run: Run, batch: Batch, contract: TableContract) -> DataFrame | None:
    """The judged rows of a batch for a table."""
    parts = batch.of_target(contract.table)
    if not parts:
        return None
    rows = _TARGETS[contract.table](parts)
    # They are used twice where there are stored ones to find for them.
    return rows if run.tables.version(contract) is None else staged(rows)


def _note(
    made: Outcome, contract: TableContract, tagged: DataFrame, versions: dict[tuple[str, str], str]
) -> tuple[int, int]:
    """Takes down what became of a table's rows; how many of them are new, and how many are to be written."""
    counts: Counter[str | None] = Counter()
    refused_of: set[str] = set()
    for outcome, source, rows in tagged.groupBy("_outcome", "source").count().collect():
        counts[outcome] += rows
        if outcome in (REFUSED, CONFLICT):
            refused_of.add(source)
    made.flags.append(flags_of(tagged))
    if refused_of:
        made.refuse(refused_rows(tagged, contract.table, versions), counts[REFUSED] + counts[CONFLICT], refused_of)
    if counts[SUPERSEDED]:
        made.superseded[contract.table] = tagged.filter(F.col("_outcome") == SUPERSEDED)
    for outcome, count in counts.items():
        if outcome not in (None, KEPT):
            made.details[f"{outcome}_{contract.table}"] += count
    new = sum(count for outcome, count in counts.items() if outcome not in (None, RESTATED))
    return new, counts[KEPT] + counts[RESTATED]


def _to_write(tagged: DataFrame) -> DataFrame:
    return rows_to_write(tagged) if "_newest_by" in tagged.columns else tagged.filter(F.col("_outcome") == KEPT)


def _all_written(contract: TableContract, rows: int, written: Written) -> Written:
    if written.inserted + written.updated != rows:
        raise ConservationError(
            f"normalize: {rows} rows for {contract.name}, {written.inserted + written.updated} written",
            fix="nothing was published; report this with the run's ops.steps rows",
            table=contract.name,
        )
    return written


def _versions(batch: Batch) -> dict[tuple[str, str], str]:
    return {(p.source, p.stream_name): p.version for p in batch.plans}
