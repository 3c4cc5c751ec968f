"""Dates: the year and the day of the year together, since whoever mistypes one often has the other right."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from cdp_spark.identity.matching.arrays import Floats, Ints, Texts, per_distinct_pair
from cdp_spark.identity.matching.columns import Coded
from cdp_spark.identity.matching.comparisons import UNKNOWN, Compared
from cdp_spark.identity.matching.frequencies import frequency_bits
from cdp_spark.identity.matching.similarity import is_one_edit

_YEARS = ("year equal", "year one edit off", "year one off", "year differs")
_DAYS = ("day equal", "day one edit off", "day differs", "day unknown")
_EQUAL, _ONE_EDIT, _ONE_OFF, _DIFFERS = range(4)
_DAY_DIFFERS, _DAY_UNKNOWN = 2, 3


@dataclass(frozen=True)
class DateComparison:
    """Year {equal, one edit, one off, else} × month and day {equal, one edit or swapped, else, unknown}."""

    name: str
    year: Coded
    month_day: Coded

    aliases: frozenset[tuple[str, str]] = frozenset()
    is_about_home: bool = False
    is_shared_at_home: bool = False

    @property
    def labels(self) -> tuple[str, ...]:
        """Year × day."""
        return tuple(f"{y}, {d}" for y in _YEARS for d in _DAYS)

    @property
    def agreements(self) -> Mapping[str, frozenset[int]]:
        """The whole date."""
        return {self.name: frozenset({0})}

    def compared(self, left: Ints, right: Ints) -> Compared:
        """Levels, with the rarity of an equal year and of an equal day."""
        years, days = self._years(left, right), self._days(left, right)
        rare_year: Floats = np.where(years == _EQUAL, frequency_bits(self.year, left), 0.0)
        rare_day: Floats = np.where(days == _EQUAL, frequency_bits(self.month_day, left), 0.0)
        levels = np.where(years == UNKNOWN, UNKNOWN, years * 4 + days)
        return Compared(levels, np.where(levels == UNKNOWN, 0.0, rare_year + rare_day))

    def _years(self, left: Ints, right: Ints) -> Ints:
        return _levels(self.year, left, right, UNKNOWN, _year_levels)

    def _days(self, left: Ints, right: Ints) -> Ints:
        return _levels(self.month_day, left, right, _DAY_UNKNOWN, _day_levels)


def _levels(column: Coded, left: Ints, right: Ints, unknown: int, of_texts: Callable[[Texts, Texts], Ints]) -> Ints:
    one, other = column.codes[left], column.codes[right]
    known = (one >= 0) & (other >= 0)
    levels = np.full(len(left), unknown, dtype=np.int64)
    levels[known] = per_distinct_pair(one[known], other[known], column.values, of_texts)
    return levels


def _year_levels(left: Texts, right: Texts) -> Ints:
    levels = np.full(len(left), _DIFFERS, dtype=np.int64)
    near = np.abs(left.astype(np.int64) - right.astype(np.int64)) == 1
    levels[near] = _ONE_OFF
    levels[is_one_edit(left, right)] = _ONE_EDIT
    levels[left == right] = _EQUAL
    return levels


def _day_levels(left: Texts, right: Texts) -> Ints:
    levels = np.full(len(left), _DAY_DIFFERS, dtype=np.int64)
    swapped = np.fromiter(
        (a[:2] == b[2:] and a[2:] == b[:2] for a, b in zip(left, right, strict=True)), bool, len(left)
    )
    levels[is_one_edit(left, right) | swapped] = _ONE_EDIT
    levels[left == right] = _EQUAL
    return levels
