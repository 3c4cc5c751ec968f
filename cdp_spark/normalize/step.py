"""The stage: new records in, rows of silver out, each record accounted for."""

from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from cdp_spark.config import Config
from cdp_spark.contracts import TableContract
from cdp_spark.contracts.bronze import bronze_contract
from cdp_spark.contracts.silver import (
    CONSENT_EVENTS,
    CUSTOMERS,
    EVENTS,
    IDENTIFIERS,
    ORDER_LINES,
    ORDERS,
    QUARANTINE,
)
from cdp_spark.normalize.accounting import classes
from cdp_spark.normalize.batch import STEP_NAME, Batch, new_records
from cdp_spark.normalize.identifiers import contact_points_of, identifiers_of, without_repeats
from cdp_spark.normalize.refusals import quarantine_rows
from cdp_spark.normalize.writing import (
    Outcome,
    unmatched_outcome,
    written_consents,
    written_customers,
    written_events,
    written_orders,
)
from cdp_spark.runtime.run import Counts, Run, Step, changed_rows
from cdp_spark.runtime.tables import Written

_WITH_IDENTIFIERS = (CUSTOMERS, ORDERS)


def run_normalize(run: Run) -> Counts:
    """Normalises what has landed since the last success.

    Raises ConservationError when a record is neither kept nor a duplicate nor in quarantine.
    """
    batch = new_records(run)
    if batch is None:
        return Counts()
    before = run.tables.version(EVENTS)
    made = Outcome()
    for written in (unmatched_outcome, written_orders, written_customers, written_consents, written_events):
        made.add(written(run, batch))
    identifiers = _written_identifiers(run, batch)
    quarantine = _written_quarantine(run, batch, made)
    return _counts(run, batch, made, before, [identifiers, quarantine]).conserved(STEP_NAME)


def _settings(config: Config) -> dict[str, object]:
    sources: dict[str, object] = {name: s.model_dump(mode="json") for name, s in config.sources.items()}
    return {"sources": sources, "timezone": config.project.timezone, "country": config.project.country}


STEP = Step(
    name=STEP_NAME,
    about="one shape for every source",
    run=run_normalize,
    reads=lambda config: tuple(bronze_contract(s) for s in sorted(config.sources)),
    writes=lambda _: (EVENTS, CUSTOMERS, ORDERS, ORDER_LINES, CONSENT_EVENTS, IDENTIFIERS, QUARANTINE),
    settings=_settings,
)


def _written_identifiers(run: Run, batch: Batch) -> Written:
    """Adds the identifiers of the rows that the batch left in silver, as far as an interrupted run has not."""
    others = [identifiers_of(_of_batch(run, batch, t), t.table) for t in _WITH_IDENTIFIERS if batch.of_target(t.table)]
    if batch.of_target(CONSENT_EVENTS.table):
        others.append(contact_points_of(_of_batch(run, batch, CONSENT_EVENTS)))
    of_events = identifiers_of(_of_batch(run, batch, EVENTS), EVENTS.table) if batch.of_target(EVENTS.table) else None
    found = without_repeats(of_events, reduce(DataFrame.unionByName, others) if others else None)
    if found is None:
        return Written(run.tables.version(IDENTIFIERS))
    if _has_landing_after(run, IDENTIFIERS, batch.floor):
        stored = run.tables.read(IDENTIFIERS).filter(batch.holds()).select(*IDENTIFIERS.key)
        found = found.join(stored, on=list(IDENTIFIERS.key), how="left_anti")
    return run.tables.append(IDENTIFIERS, found)


def _written_quarantine(run: Run, batch: Batch, made: Outcome) -> Written:
    if not made.refused:
        return Written(run.tables.version(QUARANTINE))
    return run.tables.merge(QUARANTINE, quarantine_rows(made.refused, batch.bronze))


def _of_batch(run: Run, batch: Batch, contract: TableContract) -> DataFrame:
    return run.tables.read(contract).filter(batch.holds())


def _has_landing_after(run: Run, contract: TableContract, landing_id: int) -> bool:
    if run.tables.version(contract) is None:
        return False
    newest = run.tables.read(contract).agg(F.max("landing_id")).first()
    return bool(newest and (newest[0] or 0) > landing_id)


def _counts(run: Run, batch: Batch, made: Outcome, before: int | None, more: list[Written]) -> Counts:
    events = made.events.inserted if made.events else 0
    found = classes(made.flags, _new_events(run, batch, before) if events else None) if made.flags else {}
    return Counts(
        rows_in=batch.rows - made.skipped,
        kept=events + found.get("kept", 0),
        duplicate=found.get("duplicate", 0),
        quarantined=found.get("quarantined", 0),
        changed=changed_rows(*made.writes, *more),
        details={k: v for k, v in {**made.details, "skipped": made.skipped}.items() if v},
    )


def _new_events(run: Run, batch: Batch, before: int | None) -> DataFrame:
    """The events that this run added; those that an interrupted run had added are none."""
    added = _of_batch(run, batch, EVENTS)
    if before is None:
        return added
    earlier = run.tables.read(EVENTS, before).filter(batch.holds()).select("record_id")
    return added.join(earlier, on="record_id", how="left_anti")
