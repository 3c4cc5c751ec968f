"""The company to make: its size, its time and its seed."""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np

from cdp_spark.errors import UsageError

DAY_MS = 86_400_000
FEWEST_DAYS = 14
MOST_PEOPLE = 50_000  # the telephone ranges reserved for fiction hold no more


@dataclass(frozen=True)
class Company:
    """A demo company of so many people, seen for so many days up to `end` (exclusive, midnight UTC).

    Raises UsageError when the population does not fit the telephone ranges, the days are too few for the demo story,
    or `end` is not midnight UTC.
    """

    people: int = 20_000
    days: int = 90
    seed: int = 7
    end: datetime = datetime(2026, 3, 1, tzinfo=UTC)

    def __post_init__(self) -> None:
        """Refuse a company that cannot be made."""
        if not 1 <= self.people <= MOST_PEOPLE:
            raise UsageError(
                f"a demo company has 1 to {MOST_PEOPLE} people", fix="choose fewer people", people=self.people
            )
        if self.days < FEWEST_DAYS:
            raise UsageError(f"a demo company has {FEWEST_DAYS} days or more", fix="choose more days", days=self.days)
        if self.end.tzinfo is None or self.end != self.end.astimezone(UTC).replace(hour=0, minute=0, second=0):
            raise UsageError("a demo company ends at midnight UTC", fix="give `end` as midnight with time zone UTC")

    @property
    def start(self) -> datetime:
        """Midnight of the first day."""
        return self.end.astimezone(UTC) - timedelta(days=self.days)

    def day_ms(self, day: int) -> int:
        """Midnight of a day, in milliseconds since 1970; day 0 is the first."""
        return int(self.start.timestamp()) * 1000 + day * DAY_MS

    def date(self, day: int) -> date:
        """The calendar date of a day."""
        return (self.start + timedelta(days=day)).date()

    def arrays(self, *topic: object) -> np.random.Generator:
        """Random arrays of a topic: the same for the same seed, first day and topic."""
        return np.random.default_rng(list(self._topic(topic).encode()))

    def dice(self, *topic: object) -> random.Random:
        """Random single draws of a topic: the same for the same seed, first day and topic."""
        return random.Random(self._topic(topic))

    def _topic(self, topic: tuple[object, ...]) -> str:
        return "|".join(str(part) for part in (self.seed, self.start.date(), *topic))
