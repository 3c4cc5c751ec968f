"""The company to make: its size, its time and its seed; and every chance in it, drawn by name."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from cdp_spark.errors import UsageError

DAY_MS = 86_400_000
FEWEST_DAYS = 14
MOST_PEOPLE = 5_000_000  # the Austrian mobile range in use holds the numbers of no more
_STEP, _MIX_1, _MIX_2 = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
Floats = NDArray[np.float64]
Days = NDArray[np.int64]


@dataclass(frozen=True)
class Company:
    """A demo company of so many people, seen for so many days up to `end` (exclusive, midnight UTC).

    `clean` leaves out what is wrong with the data and changes nothing else. The story and the periods in which tracking
    is broken are laid out before `anchor`, which is `end` unless a longer history is to continue the same company.
    `shard_people`: how many people's records one file holds.

    Raises UsageError when the population does not fit the telephone ranges, the days are too few for the demo story,
    or `end` is not midnight UTC.
    """

    people: int = 20_000
    days: int = 90
    seed: int = 7
    end: datetime = datetime(2026, 3, 1, tzinfo=UTC)
    clean: bool = False
    anchor: datetime | None = None
    shard_people: int = 20_000

    def __post_init__(self) -> None:
        """Refuse a company that cannot be made."""
        if not 1 <= self.people <= MOST_PEOPLE:
            raise UsageError(
                f"a demo company has 1 to {MOST_PEOPLE} people", fix="choose fewer people", people=self.people
            )
        if self.days < FEWEST_DAYS:
            raise UsageError(f"a demo company has {FEWEST_DAYS} days or more", fix="choose more days", days=self.days)
        for moment in (self.end, self.anchor or self.end):
            if moment.tzinfo is None or moment != moment.astimezone(UTC).replace(hour=0, minute=0, second=0):
                raise UsageError("a demo company ends at midnight UTC", fix="give `end` as midnight with time zone UTC")

    @cached_property
    def start(self) -> datetime:
        """Midnight of the first day."""
        return self.end.astimezone(UTC) - timedelta(days=self.days)

    @cached_property
    def anchor_day(self) -> int:
        """The day that begins at the anchor; counted from the first day, which is 0."""
        return ((self.anchor or self.end) - self.start).days

    @property
    def shards(self) -> int:
        """Into how many parts the people are cut."""
        return -(-self.people // self.shard_people)

    def day_ms(self, day: int) -> int:
        """Midnight of a day, in milliseconds since 1970; day 0 is the first."""
        return self._start_ms + day * DAY_MS

    def date(self, day: int) -> date:
        """The calendar date of a day."""
        return (self.start + timedelta(days=day)).date()

    def dice(self, *topic: object) -> random.Random:
        """Random single draws of a topic: the same for the same seed, first day and topic."""
        return random.Random(self._key(topic))

    def uniform(self, *topic: object) -> float:
        """A single draw of [0, 1) of a topic; much cheaper than dice for one draw."""
        return self._key(topic) * 2.0**-64

    def uniforms(self, topic: str, things: Days, day: int = 0) -> Floats:
        """A draw of [0, 1) for each numbered thing on a day; a draw depends on its own number alone (SplitMix64)."""
        key = self._key((topic, day))
        with np.errstate(over="ignore"):
            z = np.uint64(key) + (things.astype(np.uint64) + np.uint64(1)) * _STEP
            z = (z ^ (z >> np.uint64(30))) * _MIX_1
            z = (z ^ (z >> np.uint64(27))) * _MIX_2
            z ^= z >> np.uint64(31)
        return (z >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def comings(self, topic: str, things: Days, rates: Floats, day: int) -> Iterator[tuple[int, int]]:
        """Position and number of times (1 to 4) of each thing that comes on a day, by a Poisson process of its rate."""
        draws = self.uniforms(topic, things, day)
        term = np.exp(-rates)
        reached = term.copy()
        counts = np.zeros(len(draws), dtype=np.int64)
        for times in range(1, 5):
            counts += draws >= reached
            term = term * rates / times
            reached += term
        for position in np.flatnonzero(counts):
            yield int(position), int(counts[position])

    @cached_property
    def _start_ms(self) -> int:
        return int(self.start.timestamp()) * 1000

    @cached_property
    def _name(self) -> str:
        return f"{self.seed}|{self.start.date()}"

    def _key(self, topic: tuple[object, ...]) -> int:
        text = "|".join(map(str, (self._name, *topic)))
        return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())
