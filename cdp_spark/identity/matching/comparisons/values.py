"""Single values: categories, numbers that identify, e-mail addresses, telephone numbers."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cdp_spark.identity.matching.arrays import Ints, Texts, per_distinct_pair
from cdp_spark.identity.matching.columns import Coded
from cdp_spark.identity.matching.comparisons import UNKNOWN, Compared
from cdp_spark.identity.matching.frequencies import frequency_bits
from cdp_spark.identity.matching.similarity import is_alike, is_one_edit, jaro_winkler
from cdp_spark.identity.matching.values import local_part

_EQUAL, _NEAR, _ALIKE, _DIFFERS = range(4)
_SIMILAR_CATEGORY = 0.88


@dataclass(frozen=True)
class _ValueComparison(ABC):
    name: str
    column: Coded
    aliases: frozenset[tuple[str, str]] = frozenset()
    is_about_home: bool = False
    is_shared_at_home: bool = True

    def compared(self, left: Ints, right: Ints) -> Compared:
        """Levels, with the rarity of an equal value."""
        one, other = self.column.codes[left], self.column.codes[right]
        known = (one >= 0) & (other >= 0)
        levels = np.full(len(left), UNKNOWN, dtype=np.int64)
        levels[known] = per_distinct_pair(one[known], other[known], self.column.values, self._levels)
        return Compared(levels, np.where(levels == _EQUAL, frequency_bits(self.column, left), 0.0))

    def _levels(self, left: Texts, right: Texts) -> Ints:
        levels = self._unequal(left, right)
        levels[left == right] = _EQUAL
        return levels

    @abstractmethod
    def _unequal(self, left: Texts, right: Texts) -> Ints:
        """The levels, as if no pair were equal."""


@dataclass(frozen=True)
class CategoryComparison(_ValueComparison):
    """{equal, an alias, alike by Jaro-Winkler .88, else}. It says too little for training to start from."""

    labels: tuple[str, ...] = ("equal", "an alias", "alike", "differs")

    @property
    def agreements(self) -> Mapping[str, frozenset[int]]:
        """None."""
        return {}

    def _unequal(self, left: Texts, right: Texts) -> Ints:
        alike = jaro_winkler(left, right, _SIMILAR_CATEGORY) >= _SIMILAR_CATEGORY
        levels = np.where(alike, _ALIKE, _DIFFERS)
        if self.aliases:
            alias = [(a, b) in self.aliases for a, b in zip(left, right, strict=True)]
            levels[np.array(alias, dtype=bool)] = _NEAR
        return levels


@dataclass(frozen=True)
class NumberComparison(_ValueComparison):
    """Numbers that name one person: {equal, one edit, alike, else}."""

    is_shared_at_home: bool = False

    labels: tuple[str, ...] = ("equal", "one edit off", "alike", "differs")

    @property
    def agreements(self) -> Mapping[str, frozenset[int]]:
        """The whole number."""
        return {self.name: frozenset({_EQUAL})}

    def _unequal(self, left: Texts, right: Texts) -> Ints:
        levels = np.where(is_alike(left, right), _ALIKE, _DIFFERS)
        levels[is_one_edit(left, right)] = _NEAR
        return levels


@dataclass(frozen=True)
class EmailComparison(_ValueComparison):
    """{equal, equal before the @, alike, else}."""

    labels: tuple[str, ...] = ("equal", "equal before the @", "alike", "differs")

    @property
    def agreements(self) -> Mapping[str, frozenset[int]]:
        """The whole address."""
        return {self.name: frozenset({_EQUAL})}

    def _unequal(self, left: Texts, right: Texts) -> Ints:
        levels = np.where(is_alike(left, right), _ALIKE, _DIFFERS)
        local = {v: local_part(v) for v in {*left, *right}}
        same = [local[a] is not None and local[a] == local[b] for a, b in zip(left, right, strict=True)]
        levels[np.array(same, dtype=bool)] = _NEAR
        return levels
