"""Measurements as findings ask for them."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from cdp_spark.quality.marks import CONTACTS, CUSTOMERS, ORDERS, SEEN_WHOLE
from cdp_spark.quality.measurements import Measurement

K = TypeVar("K")
_WHOLES = (CUSTOMERS, CONTACTS)


@dataclass(frozen=True)
class Measured:
    """All that is known: ``recent`` holds what findings about rows count, ``every`` the past as well."""

    every: tuple[Measurement, ...]
    newest_landing: int
    landings: int

    @property
    def recent(self) -> list[Measurement]:
        """The measurements of the last landings; of tables seen whole, those of the last time."""
        return [m for m in self.every if self._is_recent(m)]

    def _is_recent(self, m: Measurement) -> bool:
        if m.measure == ORDERS:
            return True
        if m.part in SEEN_WHOLE or m.measure in _WHOLES:
            return m.landing_id == self.newest_landing
        return m.landing_id > self.newest_landing - self.landings


def summed(measured: Iterable[Measurement], key: Callable[[Measurement], K]) -> Counter[K]:
    """The counts added up by a key."""
    counted: Counter[K] = Counter()
    for m in measured:
        counted[key(m)] += m.n
    return counted


def daily(measured: Iterable[Measurement], measure: str) -> dict[tuple[str, str, str], Counter[str]]:
    """Counts by source, stream and subject, and day."""
    found: dict[tuple[str, str, str], Counter[str]] = {}
    for m in measured:
        if m.measure == measure:
            found.setdefault((m.source, m.stream, m.subject), Counter())[m.part] += m.n
    return found
