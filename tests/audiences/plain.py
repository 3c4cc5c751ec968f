"""A second evaluation of audiences, in plain Python: no Spark, no code of the package but its models."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any as Anything
from zoneinfo import ZoneInfo

from cdp_spark.config.audiences import AudienceConfig
from cdp_spark.config.conditions import (
    All,
    Any,
    AudienceLeaf,
    Comparison,
    Condition,
    EventLeaf,
    Not,
    PropertyCondition,
    TraitLeaf,
    Window,
)


@dataclass(frozen=True)
class Person:
    """Everything about a person: fields and traits as Python values, events as (name, at, properties as JSON)."""

    person_id: str
    is_anonymous: bool | None
    fields: Mapping[str, Anything]
    traits: Mapping[str, Anything]
    events: Sequence[tuple[str, datetime, str | None]]


class Evaluator:
    """Says who is in what."""

    def __init__(self, audiences: Mapping[str, AudienceConfig], as_of: datetime, zone: str) -> None:
        self.audiences, self.as_of, self.zone = audiences, as_of, ZoneInfo(zone)

    def is_in(self, person: Person, name: str) -> bool:
        """Whether the person is in the audience."""
        audience = self.audiences[name]
        if not self.condition(person, audience.where):
            return False
        if any(self.is_in(person, other) for other in audience.exclude):
            return False
        return audience.include_anonymous or person.is_anonymous is False

    def condition(self, person: Person, condition: Condition) -> bool:
        """Whether the condition holds for the person."""
        if isinstance(condition, All):
            return all(self.condition(person, part) for part in condition.all)
        if isinstance(condition, Any):
            return any(self.condition(person, part) for part in condition.any)
        if isinstance(condition, Not):
            return not self.condition(person, condition.not_)
        if isinstance(condition, EventLeaf):
            return self.event(person, condition)
        if isinstance(condition, AudienceLeaf):
            return self.is_in(person, condition.audience)
        if isinstance(condition, TraitLeaf):
            return self.compare(person.traits.get(condition.trait), condition)
        return self.compare(person.fields.get(condition.field), condition)

    def event(self, person: Person, leaf: EventLeaf) -> bool:
        """Whether the count of matching events satisfies the leaf."""
        wanted = leaf.event.strip(" \t\r\n").lower()
        n = sum(
            name.strip(" \t\r\n").lower() == wanted
            and self.within(at, leaf.window)
            and all(self.property(properties, w) for w in leaf.where)
            for name, at, properties in person.events
        )
        operator, other = leaf.count.operator()
        return {"eq": n == other, "gte": n >= other, "gt": n > other, "lte": n <= other, "lt": n < other}[operator]

    def within(self, at: datetime, window: Window | None) -> bool:
        """Whether the time lies in the window."""
        if at > self.as_of:
            return False
        if window is None:
            return True
        if window.last is not None:
            return at > self.as_of - window.last
        if window.between is not None:
            return self.as_of - window.between[1] < at <= self.as_of - window.between[0]
        return at >= datetime.fromisoformat(f"{window.since}T00:00:00").replace(tzinfo=self.zone)

    def property(self, properties: str | None, condition: PropertyCondition) -> bool:
        """Whether the property of an event satisfies the condition."""
        value: Anything = json.loads(properties) if properties else None
        for part in condition.property.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        operator, argument = condition.operator()
        if value is None or operator == "exists":
            return self.compare(value, condition)
        text = ("true" if value else "false") if isinstance(value, bool) else str(value)
        first = argument[0] if isinstance(argument, tuple) else argument
        read: Anything = text
        if isinstance(first, bool):
            read = {"true": True, "false": False}.get(text.lower())
        elif isinstance(first, int | float):
            read = self.number(text)
        elif operator in {"before", "after"} or isinstance(first, timedelta):
            read = self.time(text)
        return self.compare(read, condition)

    def compare(self, value: Anything, comparison: Comparison) -> bool:  # a case an operator
        """Whether the value satisfies the comparison."""
        operator, argument = comparison.operator()
        if operator == "exists":
            return argument is (value not in (None, []))
        if value is None:
            return False
        if isinstance(value, list):
            return self.compare_list(value, operator, argument, comparison.exact)
        if isinstance(value, date) and not isinstance(value, datetime):
            value = datetime(value.year, value.month, value.day, tzinfo=self.zone)
        if operator in {"before", "after"}:
            other = self.time(str(argument))
            return bool(value < other if operator == "before" else value > other)
        if isinstance(argument, timedelta):
            edge = self.as_of - argument
            return bool(value <= edge if operator == "older_than" else edge < value <= self.as_of)
        value = self.plain(value, comparison.exact)
        if isinstance(argument, tuple):
            return (value in [self.plain(a, comparison.exact) for a in argument]) is (operator == "one_of")
        other = self.plain(argument, comparison.exact)
        compared: dict[str, Callable[[], object]] = {
            "eq": lambda: value == other, "ne": lambda: value != other, "lt": lambda: value < other,
            "lte": lambda: value <= other, "gt": lambda: value > other, "gte": lambda: value >= other,
            "contains": lambda: other in value, "starts_with": lambda: value.startswith(other),
            "ends_with": lambda: value.endswith(other),
        }  # fmt: skip
        return bool(compared[operator]())

    def compare_list(self, values: list[str], operator: str, argument: object, exact: bool) -> bool:
        """Whether the list satisfies the comparison."""
        wanted = argument if isinstance(argument, tuple) else (argument,)
        found = {self.plain(v, exact) for v in values} & {self.plain(w, exact) for w in wanted}
        return not found if operator == "none_of" else bool(found)

    def plain(self, value: Anything, exact: bool) -> Anything:
        """A value ready to be compared."""
        if isinstance(value, str):
            return value if exact else value.lower()
        return value if isinstance(value, bool) else Decimal(str(value))

    def number(self, text: str) -> Decimal | None:
        """The text as a number."""
        try:
            return Decimal(text.strip())
        except InvalidOperation:
            return None

    def time(self, text: str) -> datetime | None:
        """The text as a time."""
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            return None
        return at if at.tzinfo else at.replace(tzinfo=self.zone)
