"""The stage: new records in, rows of silver out, each record accounted for."""

from dataclasses import replace
from functools import partial, reduce

from pyspark.sql import DataFrame

from cdp_spark.config import Config
from cdp_spark.contracts import TableContract
from cdp_spark.contracts.bronze import bronze_contract
from cdp_spark.contracts.ops import MAPPINGS, REDRIVES
from cdp_spark.contracts.silver import (
    CONSENT_EVENTS,
    CUSTOMERS,
    EVENTS,
    IDENTIFIERS,
    MADE_OF_RECORDS,
    ORDERS,
    QUARANTINE,
    REDRIVEN,
)
from cdp_spark.normalize.accounting import classes, tried_flags
from cdp_spark.normalize.batch import STEP_NAME, Batch, next_batch
from cdp_spark.normalize.discard import written_discards
from cdp_spark.normalize.identifiers import contact_points_of, identifiers_of, without_repeats
from cdp_spark.normalize.rebuild import is_rebuild_asked, rebuilt
from cdp_spark.normalize.redrive import Redrive, written_redriven
from cdp_spark.normalize.refusals import quarantine_rows
from cdp_spark.normalize.used_mappings import note_used_mappings
from cdp_spark.normalize.writing import (
    Outcome,
    unmatched_outcome,
    written_consents,
    written_customers,
    written_events,
    written_orders,
    written_spend,
)
from cdp_spark.runtime.run import REFUSED_IN_PART, Counts, Run, Step, changed_rows
from cdp_spark.runtime.side_by_side import side_by_side
from cdp_spark.runtime.tables import FEW_ROWS, Written

# What takes longest first, so that the others go beside it.
_WRITTEN = (
    written_events,
    written_orders,
    written_customers,
    written_consents,
    written_spend,
    unmatched_outcome,
)
# As good as no record names more.
_IDENTIFIERS_A_RECORD = 4
_WITH_IDENTIFIERS: tuple[TableContract, ...] = (CUSTOMERS, ORDERS, CONSENT_EVENTS, EVENTS)


def run_normalize(run: Run) -> Counts:
    """Normalises what has landed since the last success, and what was asked to go again; sets aside what was asked to be.

    Raises ConservationError when a record is neither kept nor a duplicate nor in quarantine.
    """
    writes, discarded = written_discards(run, STEP_NAME)
    counts = rebuilt(run, _normalized) if is_rebuild_asked(run, STEP_NAME) else _normalized(run)
    if not writes:
        return counts
    details = {**counts.details, "discarded": discarded}
    return replace(counts, changed=counts.changed + changed_rows(*writes), details=details)


def _normalized(run: Run) -> Counts:
    batch = next_batch(run)
    if batch is None:
        return Counts()
    before = run.tables.version(EVENTS)
    made = Outcome()
    for outcome in side_by_side(run.spark, *[partial(written, run, batch) for written in _WRITTEN]):
        made.add(outcome)
    identifiers = _written_identifiers(run, batch, made.superseded)
    note_used_mappings(run, batch)
    quarantine = _written_quarantine(run, batch, made)
    return _counts(run, batch, made, before, [*identifiers, *quarantine]).conserved(STEP_NAME)


def _settings(config: Config) -> dict[str, object]:
    sources: dict[str, object] = {name: s.model_dump(mode="json") for name, s in config.sources.items()}
    project = config.project.model_dump(
        mode="json", include={"timezone", "country", "ip_addresses", "internal_traffic"}
    )
    checks = {"rules": config.quality.rules, "tracking_plan": config.tracking_plan}
    return {"sources": sources, **project, **checks}


STEP = Step(
    name=STEP_NAME,
    about="one shape for every source",
    run=run_normalize,
    reads=lambda config: (*(bronze_contract(s) for s in sorted(config.sources)), REDRIVES),
    writes=lambda _: (*MADE_OF_RECORDS, QUARANTINE, REDRIVEN, MAPPINGS),
    settings=_settings,
)


def _written_identifiers(run: Run, batch: Batch, superseded: dict[str, DataFrame]) -> list[Written]:
    """Writes the identifiers of the rows that the batch left in silver, and of those that it superseded."""
    written = [_new_identifiers(run, batch, superseded)] if batch.new else []
    return [*written, _redriven_identifiers(run, batch.redrive, superseded)] if batch.redrive else written


def _new_identifiers(run: Run, batch: Batch, superseded: dict[str, DataFrame]) -> Written:
    """Adds those of new records, as far as an interrupted run has not."""
    tables = [t for t in _WITH_IDENTIFIERS if batch.of_target(t.table)]
    rows = [*((t.table, run.tables.read(t)) for t in tables), *superseded.items()]
    found = _identifiers([(table, frame.filter(batch.holds())) for table, frame in rows])
    if found is None:
        return Written(run.tables.version(IDENTIFIERS))
    is_as_left = _is_as_left(run, IDENTIFIERS, run.tables.version(IDENTIFIERS))
    if not is_as_left and run.tables.newest_landing(IDENTIFIERS) > batch.floor:
        stored = run.tables.read(IDENTIFIERS).filter(batch.holds()).select(*IDENTIFIERS.key)
        found = found.join(stored, on=list(IDENTIFIERS.key), how="left_anti")
    return run.tables.append(IDENTIFIERS, found, few=_IDENTIFIERS_A_RECORD * batch.rows <= FEW_ROWS)


def _redriven_identifiers(run: Run, redrive: Redrive, superseded: dict[str, DataFrame]) -> Written:
    """Brings those of records that went again up to date: a row made now may name what another made before."""
    tables = [t for t in _WITH_IDENTIFIERS if run.tables.version(t) is not None]
    rows = [*((t.table, run.tables.read(t)) for t in tables), *superseded.items()]
    found = _identifiers([(t, frame.join(redrive.ids, on="record_id", how="left_semi")) for t, frame in rows])
    return run.tables.merge(IDENTIFIERS, found) if found is not None else Written(run.tables.version(IDENTIFIERS))


def _identifiers(rows: list[tuple[str, DataFrame]]) -> DataFrame | None:
    """The identifiers on rows of tables.

    Those of superseded rows too: had they come a run earlier they would stand there, and who is one person must not
    hang on what came together.
    """
    others = [identifiers_of(frame, t) for t, frame in rows if t in (CUSTOMERS.table, ORDERS.table)]
    others += [contact_points_of(frame) for t, frame in rows if t == CONSENT_EVENTS.table]
    of_events = next((identifiers_of(frame, t) for t, frame in rows if t == EVENTS.table), None)
    return without_repeats(of_events, reduce(DataFrame.unionByName, others) if others else None)


def _written_quarantine(run: Run, batch: Batch, made: Outcome) -> list[Written]:
    raw = {source: records for source, records in batch.bronze.items() if source in made.refused_of}
    rows = quarantine_rows(made.refused, raw) if made.refused else None
    if batch.redrive is None:
        few = made.n_refused <= FEW_ROWS
        return [run.tables.merge(QUARANTINE, rows, few=few)] if rows is not None else []
    none = run.tables.read(QUARANTINE).limit(0)
    written, left = written_redriven(run, batch.redrive.held, none if rows is None else rows)
    made.details["redriven"] = sum(records for records, _ in batch.redrive.counts.values())
    made.details["left_quarantine"] = left
    return written


def _counts(run: Run, batch: Batch, made: Outcome, before: int | None, more: list[Written]) -> Counts:
    events = made.events.inserted if made.events else 0
    flags = [*made.flags, tried_flags(batch.redrive.ids, made.passed_over)] if batch.redrive else made.flags
    found = classes(flags, _new_events(run, batch, before) if events else None) if flags else {}
    details = {**made.details, "skipped": made.skipped, REFUSED_IN_PART: found.get(REFUSED_IN_PART, 0)}
    return Counts(
        rows_in=batch.rows - made.skipped,
        kept=events + found.get("kept", 0),
        duplicate=found.get("duplicate", 0),
        quarantined=found.get("quarantined", 0),
        changed=changed_rows(*made.writes, *more),
        details={k: v for k, v in details.items() if v},
    )


def _new_events(run: Run, batch: Batch, before: int | None) -> DataFrame:
    """The events that this run added; those that an interrupted run had added are none."""
    added = batch.rows_of(run.tables.read(EVENTS))
    if _is_as_left(run, EVENTS, before) and batch.redrive is None:
        return added
    earlier = batch.rows_of(run.tables.read(EVENTS, before)).select("record_id")
    return added.join(earlier, on="record_id", how="left_anti")


def _is_as_left(run: Run, contract: TableContract, version: int | None) -> bool:
    """Whether nobody, no interrupted run either, has written the table since the step's last success."""
    last = run.since.get(STEP_NAME)
    return version is None or (last is not None and last.outputs.get(contract.name) == version)
