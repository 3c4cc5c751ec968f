"""The measurement step: reads events, orders and identity, writes sessions, touchpoints and attribution."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from cdp_spark.config import Config
from cdp_spark.contracts.gold import ATTRIBUTION, SESSIONS, TOUCHPOINTS
from cdp_spark.contracts.identity import MEMBERSHIPS, NODES
from cdp_spark.contracts.silver import EVENTS, IDENTIFIERS, ORDERS
from cdp_spark.measurement.conversions import conversions, counted_orders
from cdp_spark.measurement.credit import credit
from cdp_spark.measurement.devices import device_people
from cdp_spark.measurement.paths import paths
from cdp_spark.measurement.sessions import sessions
from cdp_spark.measurement.ties import Totals, refuse_untied, totals
from cdp_spark.measurement.touchpoints import event_touchpoints, touch_events, visit_touchpoints
from cdp_spark.runtime.people import device_holders, people_of_records, slice_tables, slices_in_use
from cdp_spark.runtime.run import Counts, Run, Step, changed_rows
from cdp_spark.runtime.tables import Written


def told_by_events(config: Config) -> frozenset[tuple[str, str]]:
    """The (source, stream) pairs whose records become events as well as orders: they tell of a shop's order."""
    return frozenset(
        (source, stream)
        for source, about in config.sources.items()
        for stream, mapped in about.streams.items()
        if {"events", "orders"} <= {mapping.to for mapping in mapped.mappings}
    )


def _run(run: Run) -> Counts:
    attribution, tables = run.config.attribution, run.tables
    events = tables.read(EVENTS)
    nodes, slices = tables.read(NODES), slices_in_use(run)
    devices = device_people(nodes, tables.read(MEMBERSHIPS))
    holders = None if slices is None else device_holders(nodes, slices)
    visits = tables.replace(SESSIONS, sessions(events, devices, attribution, run.as_of, holders))
    orders = counted_orders(tables.read(ORDERS), attribution.conversion_sources, run.as_of)
    touches = touch_events(events, attribution.touch_events, run.as_of)
    people = _people(run, orders, touches).persist()
    try:
        touched = tables.replace(
            TOUCHPOINTS,
            visit_touchpoints(tables.read(SESSIONS)).unionByName(
                event_touchpoints(touches, people, attribution.touch_events)
            ),
        )
        credited, details = _credited(run, conversions(orders, people, told_by_events(run.config)))
    finally:
        people.unpersist()
    return Counts(changed=changed_rows(visits, touched, credited), details=details)


def _people(run: Run, orders: DataFrame, touches: DataFrame) -> DataFrame:
    # Only these records' identifiers: the table holds those of every event.
    asked = orders.select("record_id").union(touches.select("record_id"))
    identifiers = run.tables.read(IDENTIFIERS).join(asked, on="record_id", how="left_semi")
    return people_of_records(identifiers, run.tables.read(NODES), run.tables.read(MEMBERSHIPS), slices_in_use(run))


def _credited(run: Run, converted: DataFrame) -> tuple[Written, dict[str, int]]:
    attribution, tables = run.config.attribution, run.tables
    converted = converted.persist()
    try:
        on_path = paths(converted, tables.read(TOUCHPOINTS), attribution.lookback)
        written = tables.replace(ATTRIBUTION, credit(on_path, attribution.models, attribution.direct_channel))
        expected = totals(converted)
    finally:
        converted.unpersist()
    given: dict[str, Totals] = {
        model: totals(tables.read(ATTRIBUTION).filter(F.col("model") == model)) for model in attribution.models
    }
    refuse_untied(expected, given)
    return written, {"conversions": int(expected.conversions), "conversion_rows": expected.rows}


STEP = Step(
    name="measurement",
    about="sessions, marketing touches and credit for orders",
    run=_run,
    reads=lambda config: (EVENTS, ORDERS, IDENTIFIERS, NODES, MEMBERSHIPS, *slice_tables(config)),
    writes=lambda config: (SESSIONS, TOUCHPOINTS, ATTRIBUTION),
    settings=lambda config: (config.attribution, sorted(told_by_events(config))),
    follows_time=True,
)
