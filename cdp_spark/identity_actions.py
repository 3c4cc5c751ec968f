"""What the identity commands do beside a run: train, decide, plan, publish other settings."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from cdp_spark.config import load_config, load_identity
from cdp_spark.config.matching import MatchingConfig
from cdp_spark.contracts.identity import DECISIONS, MODELS
from cdp_spark.contracts.silver import CUSTOMERS
from cdp_spark.identity.decide import Desk
from cdp_spark.identity.decisions import decisions_in_force
from cdp_spark.identity.matching.customers import current_customers, model_row
from cdp_spark.identity.matching.trainer import (
    Training,
    customers_model,
    imported_model,
    kinds_of_options,
    trained_on_file,
    written_training,
)
from cdp_spark.identity.plan import Plan, identity_plan
from cdp_spark.opening import browser, only_writer, session_of, warehouse_of
from cdp_spark.pipeline import run_from_arguments
from cdp_spark.reports.summary import Finished
from cdp_spark.runtime.clock import Clock, SystemClock
from cdp_spark.runtime.ledger import Ledger, StepRecord, new_run_id, publication_time, published
from cdp_spark.runtime.run import Counts
from cdp_spark.runtime.tables import Tables

T = TypeVar("T")


def train_matching(config: Path, model: Path | None = None, clock: Clock | None = None) -> Training:
    """Trains the matching model on silver.customers, or imports ``model``, and puts it into identity.models.

    Raises CdpError of every kind; what a run published stays as it is, and the next run uses the new model.
    """
    loaded = load_config(config)
    matching = loaded.identity.matching
    with only_writer(loaded):
        spark = session_of(loaded, "train")
        tables = Tables(spark, warehouse_of(loaded))
        if model:
            customers = current_customers(tables.read(CUSTOMERS), matching.kinds).count()
            found = imported_model(model, matching, customers)
        else:
            found = customers_model(tables.read(CUSTOMERS), matching)
        tables.merge(MODELS, model_row(spark, found, (clock or SystemClock()).now()))
    return written_training(found, Path(loaded.output) / "models")


def train_matching_on_file(  # one parameter an option
    records: Path,
    id_column: str,
    kinds: list[str],
    folder: Path,
    one_record_a_person: list[str],
    model: Path | None = None,
) -> Training:
    """The same for the records of a file, without a warehouse; the clusters are written beside the model."""
    settings = MatchingConfig(one_record_a_person=tuple(one_record_a_person))
    return trained_on_file(records, id_column, kinds_of_options(kinds), folder, settings, model)


def decided(config: Path, actor: str, decide: Callable[[Desk], T], clock: Clock | None = None) -> T:
    """What ``decide`` gives, as the warehouse's only writer; the decision is a run of its own in the ledger."""
    loaded, clock = load_config(config), clock or SystemClock()
    with only_writer(loaded):
        run_id, began = new_run_id(clock), time.monotonic()
        spark = session_of(loaded, "decide")
        tables = Tables(spark, warehouse_of(loaded), {"run_id": run_id})
        ledger, before = Ledger(spark, tables), tables.version(DECISIONS)
        sequence = ledger.history().next_sequence
        desk = Desk(spark, tables, published(tables), tuple(loaded.identity.namespaces), actor, clock.now())
        result = decide(desk)
        if (after := tables.version(DECISIONS)) is not None and after != before:
            seconds = time.monotonic() - began
            counts = Counts(rows_in=1, kept=1, changed=1)
            step = StepRecord("decide", "done", "", {}, {DECISIONS.name: after}, counts, seconds)
            ledger.steps(run_id, sequence, [step])
            ledger.run_state(run_id, "succeeded", sequence, clock.now(), desk.at, loaded.version, None, seconds)
        return result


def planned(config: Path, settings: Path) -> Plan:
    """What another identity.yml would change of the newest publication."""
    identity = load_identity(settings)
    _, tables, newest = browser(config)
    as_of = publication_time(tables)
    return identity_plan(newest, identity, decisions_in_force(tables), as_of)


def with_identity_settings(config: Path, settings: Path, as_of: str | None) -> Finished:
    """A run with another identity.yml in the place of the configuration's; a run that fails leaves the old one there."""
    load_identity(settings)
    place = load_config(config).folder / "identity.yml"
    before = place.read_bytes() if place.exists() else None
    place.write_bytes(settings.read_bytes())
    try:
        return run_from_arguments(config, as_of, None, None)
    except BaseException:
        place.unlink() if before is None else place.write_bytes(before)
        raise
