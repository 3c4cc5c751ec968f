"""Writes gold.traits: reads events, orders and identity, one row a person comes out."""

from collections.abc import Iterator

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from cdp_spark.config import Config
from cdp_spark.config.traits import TraitConfig
from cdp_spark.contracts import TableContract
from cdp_spark.contracts.identity import MEMBERSHIPS, NODES
from cdp_spark.contracts.silver import EVENTS, IDENTIFIERS, ORDERS
from cdp_spark.contracts.traits import contract_of_traits
from cdp_spark.errors import ConfigError
from cdp_spark.profiles.traits import (
    CUT,
    GREATEST_CURRENCY,
    LEAST_CURRENCY,
    OTHER_CURRENCY,
    SKIPPED,
    persons_traits,
    trait_readings,
    trait_values,
)  # fmt: skip
from cdp_spark.profiles.traits_orders import order_facts, order_properties
from cdp_spark.runtime.conditions.facts import Names, event_facts, of_persons
from cdp_spark.runtime.conditions.properties import Properties
from cdp_spark.runtime.conditions.windows import Bounds, Moment, bounds, widest
from cdp_spark.runtime.people import people_of_records, slice_tables, slices_in_use
from cdp_spark.runtime.run import Run
from cdp_spark.runtime.tables import Written

Traits = dict[str, TraitConfig]


def write_traits(run: Run) -> Written:
    """Computes every trait as of the run and writes the rows that differ.

    What was left out (amounts that are no number or in another currency, lists cut) is said in the run's progress.
    Raises ConfigError where amounts of several currencies would be added up.
    """
    contract, traits = contract_of_traits(run.config.traits), run.config.traits.traits
    persons = run.tables.read(MEMBERSHIPS).filter("is_current").select("person_id").distinct()
    rows = persons_traits(persons, _values(run, traits)).persist()
    try:
        _heed(run, rows, traits)
        return run.tables.replace(contract, rows)
    finally:
        rows.unpersist()


def traits_inputs(config: Config) -> tuple[TableContract, ...]:
    """The tables that traits are made from."""
    return (EVENTS, ORDERS, IDENTIFIERS, NODES, MEMBERSHIPS, *slice_tables(config))


def traits_settings(config: Config) -> object:
    """The part of the configuration that traits depend on."""
    return (config.traits, config.project.timezone, sorted(told_by_events(config)))


def told_by_events(config: Config) -> frozenset[tuple[str, str]]:
    """The (source, stream) pairs whose records become events as well as orders: they tell of a shop's order."""
    return frozenset(
        (source, stream)
        for source, about in config.sources.items()
        for stream, mapped in about.streams.items()
        if {"events", "orders"} <= {mapping.to for mapping in mapped.mappings}
    )


def _values(run: Run, traits: Traits) -> Iterator[tuple[DataFrame, Traits]]:
    moment = Moment(run.as_of, run.config.project.timezone)
    of_events = {n: t for n, t in traits.items() if t.event is not None}
    of_orders = {n: t for n, t in traits.items() if t.orders}
    if of_events:
        names = Names(str(t.event) for t in of_events.values())
        properties = Properties(trait_readings(of_events.values()), moment.zone)
        facts = event_facts(run.tables.read(EVENTS), names, properties, _widest(of_events, moment))
        owned = of_persons(facts, _people(run))
        yield trait_values(owned, of_events, names, properties, moment), of_events
    if of_orders:
        properties = order_properties(trait_readings(of_orders.values()), moment.zone)
        facts = order_facts(run.tables.read(ORDERS), properties, _widest(of_orders, moment), told_by_events(run.config))
        owned = of_persons(facts, _people(run))
        yield trait_values(owned, of_orders, Names(()), properties, moment), of_orders


def _widest(traits: Traits, moment: Moment) -> Bounds:
    return widest([bounds(t.window, moment) for t in traits.values()])


def _people(run: Run) -> DataFrame:
    read = run.tables.read
    return people_of_records(read(IDENTIFIERS), read(NODES), read(MEMBERSHIPS), slices_in_use(run))


def _heed(run: Run, rows: DataFrame, traits: Traits) -> None:
    figures = [f for c in rows.columns if (f := _figure(c)) is not None]
    if not figures:
        return
    found = rows.agg(*figures).first()
    if found is None:
        return
    _refuse_mixed_currencies(found, traits)
    for column, n in found.asDict().items():
        if n and column.startswith((SKIPPED, OTHER_CURRENCY, CUT)):
            run.progress.note(f"traits: {_said(column)}: {n}")


def _figure(column: str) -> Column | None:
    if column.startswith((SKIPPED, OTHER_CURRENCY)):
        return F.sum(column).alias(column)
    if column.startswith(CUT):
        return F.count_if(F.col(column)).alias(column)
    if column.startswith(LEAST_CURRENCY):
        return F.min(column).alias(column)
    return F.max(column).alias(column) if column.startswith(GREATEST_CURRENCY) else None


def _said(column: str) -> str:
    words = {
        SKIPPED: "values that are no number",
        OTHER_CURRENCY: "facts in another currency",
        CUT: "persons whose list was cut",
    }
    prefix = next(p for p in words if column.startswith(p))
    return f"{column.removeprefix(prefix)}, {words[prefix]}"


def _refuse_mixed_currencies(found: Row, traits: Traits) -> None:
    for name in traits:
        ends = [found[c + name] for c in (LEAST_CURRENCY, GREATEST_CURRENCY) if c + name in found]
        if ends and ends[0] != ends[1]:
            raise ConfigError(
                f"trait {name} takes amounts of several currencies together, {ends[0]} and {ends[1]} among them",
                fix=f"state in traits.yml which one counts, like currency: {ends[0]}",
                trait=name,
            )
