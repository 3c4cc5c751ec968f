"""The stage: measures what landed and what stands, says what is wrong."""

from collections import Counter
from collections.abc import Sequence

import disposable_email_domains
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from cdp_spark.config import Config
from cdp_spark.config.consistency import named_events
from cdp_spark.config.paths import fields_expected
from cdp_spark.contracts import TableContract
from cdp_spark.contracts.bronze import bronze_contract
from cdp_spark.contracts.gold import CONTACT_POINTS
from cdp_spark.contracts.identity import NODES
from cdp_spark.contracts.ops import FINDINGS, LANDINGS, QUALITY
from cdp_spark.contracts.silver import (
    CONSENT_EVENTS,
    CUSTOMERS,
    EVENTS,
    IDENTIFIERS,
    ORDER_LINES,
    ORDERS,
    QUARANTINE,
)
from cdp_spark.quality.arrivals import contact_marks, quarantine_marks, record_marks, waiting_marks
from cdp_spark.quality.customers import customer_marks
from cdp_spark.quality.events import event_marks
from cdp_spark.quality.fields import with_fields
from cdp_spark.quality.findings.current import current_findings
from cdp_spark.quality.findings.measured import Measured
from cdp_spark.quality.findings_table import replaced_findings
from cdp_spark.quality.history import measured_before, measured_up_to, stored, with_what_is_gone
from cdp_spark.quality.identifiers import identifier_marks
from cdp_spark.quality.marks import Places
from cdp_spark.quality.measurements import Measurement, measurements
from cdp_spark.quality.orders import order_marks
from cdp_spark.quality.rules import refuse_stopped, rule_marks, with_references
from cdp_spark.runtime.rows import frame_of_rows
from cdp_spark.runtime.run import Counts, Run, Step, changed_rows

STEP_NAME = "quality"
_UNDER_RULES = {c.table: c for c in (EVENTS, CUSTOMERS, ORDERS, ORDER_LINES, CONSENT_EVENTS)}


def _run(run: Run) -> Counts:
    newest = run.tables.newest_landing(LANDINGS)
    before = measured_before(run, newest)
    new = with_what_is_gone(_measured_now(run, before, newest), before, newest) if _something_changed(run) else []
    if not run.accept_guard:
        refuse_stopped(run.config.quality.rules, new)
    written = stored(run, before, new)
    every = {m.key: m for m in (*before, *new)}
    measured = Measured(tuple(every.values()), newest, run.config.quality.landings)
    found = current_findings(
        measured,
        run.config.quality,
        run.config.sources,
        _events_only(run.config),
        named_events(run.config),
        run.as_of,
    )
    replaced = replaced_findings(run, found)
    severities = Counter(f"findings_{f.severity}" for f in found)
    return Counts(changed=changed_rows(written, replaced), details=dict(severities))


def _reads(config: Config) -> tuple[TableContract, ...]:
    bronze = tuple(bronze_contract(s) for s in sorted(config.sources))
    more = (CONSENT_EVENTS,) if config.quality.rules else ()
    return (
        *bronze,
        EVENTS,
        CUSTOMERS,
        ORDERS,
        ORDER_LINES,
        IDENTIFIERS,
        QUARANTINE,
        NODES,
        CONTACT_POINTS,
        LANDINGS,
        *more,
    )


def _fields_expected(config: Config) -> dict[str, dict[str, list[tuple[str, ...]]]]:
    return {
        name: {stream: fields_expected(about) for stream, about in source.streams.items()}
        for name, source in config.sources.items()
    }


STEP = Step(
    name=STEP_NAME,
    about="what is wrong with the data",
    run=_run,
    reads=_reads,
    writes=lambda _: (QUALITY, FINDINGS),
    settings=lambda config: (config.quality, _fields_expected(config), named_events(config)),
    follows_time=True,
)


def _something_changed(run: Run) -> bool:
    """Whether a table, the settings or the code differ from the last success; only the clock went on otherwise."""
    found = {c.name: run.tables.version(c) for c in _reads(run.config)}
    last = run.since.get(STEP_NAME)
    return last is None or last.inputs != {n: v for n, v in found.items() if v is not None}


def _measured_now(run: Run, before: Sequence[Measurement], newest: int) -> list[Measurement]:
    config = run.config
    places = Places([(s, name) for s in sorted(config.sources) for name in sorted(config.sources[s].streams)])
    after = measured_up_to(before)
    marks = [*_marks_of_arrivals(run, places, after), *_marks_of_state(run, places, newest)]
    marks += rule_marks(config.quality.rules, lambda table: _rows_under_rules(run, table, after), places, newest)
    return with_references(with_fields(measurements(marks, places))) if marks else []


def _rows_under_rules(run: Run, table: str, after: dict[str, int]) -> DataFrame | None:
    contract = _UNDER_RULES[table]
    if run.tables.version(contract) is None:
        return None
    rows = run.tables.read(contract)
    return rows.filter(F.col("landing_id") > after["events"]) if contract is EVENTS else rows


def _marks_of_arrivals(run: Run, places: Places, after: dict[str, int]) -> list[DataFrame]:
    quality, identity = run.config.quality, run.config.identity

    def new(contract: TableContract, of: str) -> DataFrame | None:
        if run.tables.version(contract) is None:
            return None
        return run.tables.read(contract).filter(F.col("landing_id") > after[of])

    found = []
    bronze = {s: new(bronze_contract(s), "bronze") for s in sorted(run.config.sources)}
    if there := {s: frame for s, frame in bronze.items() if frame is not None}:
        found.append(record_marks(there, places, quality.examined_per_file))
    if (events := new(EVENTS, "events")) is not None:
        found.append(event_marks(events, places, quality))
    if (held := new(QUARANTINE, "quarantine")) is not None:
        found.append(quarantine_marks(held, places))
    if (values := new(IDENTIFIERS, "identifiers")) is not None:
        devices = [n for n, about in identity.namespaces.items() if about.device] or ["anonymous_id"]
        devices = sorted({*devices, "anonymous_id", "device_id"})
        nodes = run.tables.read(NODES)
        found.append(identifier_marks(values, nodes, _disposable(run), places, devices, quality.role_accounts))
    return found


def _marks_of_state(run: Run, places: Places, newest: int) -> list[DataFrame]:
    found = []
    if run.tables.version(CUSTOMERS) is not None:
        customers = run.tables.read(CUSTOMERS)
        found.append(customer_marks(customers, places, newest, run.config.quality.given_names_at_most))
    if run.tables.version(ORDERS) is not None:
        found.append(order_marks(run.tables.read(ORDERS), run.tables.read(ORDER_LINES), places, newest))
    if run.tables.version(QUARANTINE) is not None:
        # As far back as records that landed are counted.
        recent = F.col("landing_id") > newest - run.config.quality.landings
        found.append(waiting_marks(run.tables.read(QUARANTINE).filter(recent), places, newest))
    if run.tables.version(CONTACT_POINTS) is not None:
        found.append(contact_marks(run.tables.read(CONTACT_POINTS), newest))
    return found


def _disposable(run: Run) -> DataFrame:
    return frame_of_rows(run.spark, "domain STRING", [(d,) for d in sorted(disposable_email_domains.blocklist)])


def _events_only(config: Config) -> list[tuple[str, str]]:
    """The streams each of whose records makes one event."""
    return [
        (source, name)
        for source, about in config.sources.items()
        for name, stream in about.streams.items()
        if any(m.to == "events" and m.when is None for m in stream.mappings)
    ]
