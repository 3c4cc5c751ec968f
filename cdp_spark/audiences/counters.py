"""Counters: how often each person did what some event leaf asks for, all in one scan of the events."""

from collections.abc import Iterable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.audiences.labels import counter_name
from cdp_spark.config.conditions import EventLeaf
from cdp_spark.runtime.conditions.facts import Names, all_hold, event_facts, of_persons, readings
from cdp_spark.runtime.conditions.properties import Properties
from cdp_spark.runtime.conditions.windows import Moment, bounds, is_within, widest


def event_counts(events: DataFrame, people: DataFrame, leaves: Iterable[EventLeaf], moment: Moment) -> DataFrame:
    """One row a person who did any of it: person_id and one count a counter, under its name (``counter_name``).

    ``events`` has record_id, message_id, event, event_ts and properties; ``people`` one person_id a record_id.
    """
    counters = {counter_name(leaf): leaf for leaf in leaves}
    names = Names(leaf.event for leaf in counters.values())
    properties = Properties((r for leaf in counters.values() for r in readings(leaf.where)), moment.zone)
    within = widest([bounds(leaf.window, moment) for leaf in counters.values()])
    facts = event_facts(events, names, properties, within)
    counts = [
        F.count_if(_matches(leaf, names, properties, moment)).alias(name) for name, leaf in sorted(counters.items())
    ]
    return of_persons(facts, people).groupBy("person_id").agg(*counts)


def _matches(leaf: EventLeaf, names: Names, properties: Properties, moment: Moment) -> Column:
    within = is_within(F.col("at"), bounds(leaf.window, moment))
    return names.is_named(leaf.event) & within & all_hold(leaf.where, properties, moment)
