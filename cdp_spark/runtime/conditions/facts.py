"""Facts of persons: events and orders in the one shape that traits and conditions are counted from."""

from collections.abc import Iterable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.config.conditions import PropertyCondition
from cdp_spark.runtime.conditions.comparisons import folded, property_holds
from cdp_spark.runtime.conditions.properties import Properties
from cdp_spark.runtime.conditions.windows import Bounds, Moment, is_within


def event_facts(events: DataFrame, names: Iterable[str], properties: Properties, within: Bounds) -> DataFrame:
    """The events of those names within the bounds: record_id, name (folded), at, id, one column a property.

    ``events`` has record_id, message_id, event, event_ts and properties.
    """
    wanted = [folded(F.lit(n)) for n in sorted(set(names))]
    named = events.select(
        "record_id",
        folded(F.col("event")).alias("name"),
        F.col("event_ts").alias("at"),
        F.col("message_id").alias("id"),
        "properties",
    )
    facts = named.filter(F.col("name").isin(*wanted) & is_within(F.col("at"), within))
    return properties.parsed(facts).select("record_id", "name", "at", "id", *properties.columns)


def of_persons(facts: DataFrame, people: DataFrame) -> DataFrame:
    """Facts with their person_id; those of nobody are left out. ``people`` has one row a record_id."""
    return facts.join(people, on="record_id").drop("record_id")


def is_named(event: str) -> Column:
    """True for facts of that event."""
    return F.col("name") == folded(F.lit(event))


def all_hold(where: tuple[PropertyCondition, ...], properties: Properties, moment: Moment) -> Column:
    """True where every condition holds for the same fact."""
    held = F.lit(True)
    for condition in where:
        held = held & property_holds(properties.text(condition.property), condition, moment)
    return held
