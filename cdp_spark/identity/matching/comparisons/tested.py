"""A single column at levels that are tested one after the other, as models of other tools have them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein, Jaro, JaroWinkler, Levenshtein

from cdp_spark.identity.matching.arrays import Bools, Ints, Texts, per_distinct_pair
from cdp_spark.identity.matching.columns import Coded
from cdp_spark.identity.matching.comparisons import UNKNOWN, Compared
from cdp_spark.identity.matching.frequencies import frequency_bits

_SIMILARITIES: dict[str, Any] = {"jaro_winkler": JaroWinkler.similarity, "jaro": Jaro.similarity}
_DISTANCES: dict[str, Any] = {"levenshtein": Levenshtein.distance, "damerau_levenshtein": DamerauLevenshtein.distance}


@dataclass(frozen=True)
class TestedComparison:
    """``tests`` are (how, bound, frequency weight) of every level; the first that holds counts."""

    __test__ = False  # pytest collects what begins with Test

    name: str
    column: Coded
    labels: tuple[str, ...]
    tests: Sequence[tuple[str, float, float]]
    aliases: frozenset[tuple[str, str]] = frozenset()
    is_about_home: bool = False
    is_shared_at_home: bool = False

    @property
    def agreements(self) -> Mapping[str, frozenset[int]]:
        """None: such models come trained."""
        return {}

    def compared(self, left: Ints, right: Ints) -> Compared:
        """Levels, with the rarity of equal values as far as their test asks for it."""
        one, other = self.column.codes[left], self.column.codes[right]
        known = (one >= 0) & (other >= 0)
        levels = np.full(len(left), UNKNOWN, dtype=np.int64)
        levels[known] = per_distinct_pair(one[known], other[known], self.column.values, self._levels)
        share = np.array([*(t[2] for t in self.tests), 0.0])[levels]
        equal = known & (one == other)
        return Compared(levels, np.where(equal, share * frequency_bits(self.column, left), 0.0))

    def _levels(self, left: Texts, right: Texts) -> Ints:
        levels = np.full(len(left), len(self.tests) - 1, dtype=np.int64)
        for level in range(len(self.tests) - 1, -1, -1):
            levels[_holds(self.tests[level], left, right)] = level
        return levels


def _holds(test: tuple[str, float, float], left: Texts, right: Texts) -> Bools:
    how, bound, _ = test
    if not len(left) or how in ("exact", "else"):
        return np.asarray(left == right) if how == "exact" else np.ones(len(left), dtype=bool)
    if how in _SIMILARITIES:
        similar = process.cpdist(left, right, scorer=_SIMILARITIES[how], score_cutoff=bound, dtype=np.float64)
        return np.asarray(similar >= bound)
    distant = process.cpdist(left, right, scorer=_DISTANCES[how], score_cutoff=int(bound), dtype=np.int32)
    return np.asarray(distant <= bound)
