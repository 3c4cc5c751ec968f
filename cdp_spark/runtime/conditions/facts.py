"""Facts of persons: events and orders in the one shape that traits and conditions are counted from."""

from collections.abc import Iterable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.config.conditions import PropertyCondition
from cdp_spark.config.values import argument_kind
from cdp_spark.runtime.conditions.comparisons import folded, folded_holds, holds
from cdp_spark.runtime.conditions.properties import Form, Properties, Reading
from cdp_spark.runtime.conditions.windows import Bounds, Moment, is_within


class Names:
    """Names of events, each known by a number: comparing numbers is cheaper than comparing texts for every leaf.

    Names match without edge space and in any case.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._numbers = {name: i + 1 for i, name in enumerate(sorted({_plain(n) for n in names}))}

    def number(self, event: Column) -> Column:
        """The number of an event's name; 0 for any other name."""
        known = F.array(*[folded(F.lit(n)) for n in self._numbers])
        return F.coalesce(F.array_position(known, folded(event)), F.lit(0)).cast("int")

    def is_named(self, event: str) -> Column:
        """True for facts of that event."""
        return F.col("name") == F.lit(self._numbers[_plain(event)])


def event_facts(events: DataFrame, names: Names, properties: Properties, within: Bounds) -> DataFrame:
    """The events of those names within the bounds: record_id, name (a number), at, id, one column a property.

    ``events`` has record_id, message_id, event, event_ts and properties.
    """
    named = events.select(
        "record_id",
        names.number(F.col("event")).alias("name"),
        F.col("event_ts").alias("at"),
        F.col("message_id").alias("id"),
        "properties",
    )
    facts = named.filter((F.col("name") > 0) & is_within(F.col("at"), within))
    return properties.parsed(facts).select("record_id", "name", "at", "id", *properties.columns)


def of_persons(facts: DataFrame, people: DataFrame) -> DataFrame:
    """Facts with their person_id; those of nobody are left out. ``people`` has one row a record_id."""
    return facts.join(people, on="record_id").drop("record_id")


def readings(where: Iterable[PropertyCondition]) -> set[Reading]:
    """What conditions read of a fact."""
    return {(condition.property, _form(condition)) for condition in where}


def all_hold(where: tuple[PropertyCondition, ...], properties: Properties, moment: Moment) -> Column:
    """True where every condition holds for the same fact."""
    held = F.lit(True)
    for condition in where:
        held = held & _holds(condition, properties, moment)
    return held


def _form(condition: PropertyCondition) -> Form:
    # The argument says what a property's text is read as.
    operator, argument = condition.operator()
    if operator == "exists":
        return "text"
    if operator in {"before", "after", "older_than", "within_last"}:
        return "time"
    kind = argument_kind(argument)
    if kind == "text":
        return "text" if condition.exact else "folded"
    return "number" if kind == "number" else "flag"


def _holds(condition: PropertyCondition, properties: Properties, moment: Moment) -> Column:
    form = _form(condition)
    value = properties.value(condition.property, form)
    return folded_holds(value, condition) if form == "folded" else holds(value, form, condition, moment)


def _plain(name: str) -> str:
    return name.strip(" \t\r\n").lower()
