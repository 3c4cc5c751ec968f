"""Names and addresses as bags of words: what the shared words say, against what is left over on both sides.

Order, titles, middle names and swapped fields do not matter. A level is the bits of the shared words, in steps of
log2 of the number of records, and the bits that contradict: the smaller of what both sides have left.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from cdp_spark.identity.matching.arrays import Bools, Floats, Ints, pair_keys
from cdp_spark.identity.matching.comparisons import UNKNOWN, Compared
from cdp_spark.identity.matching.similarity import AlikeTokens
from cdp_spark.identity.matching.tokens import Bags

_STEPS = (0.25, 0.45, 0.65, 0.85, 1.0, 1.25)
_STRONG_CONTRADICTION = 6.0
_LOST_BY_A_TYPO = 1.0
_LOST_BY_AN_ALIAS = 1.5
_CHUNK = 100_000
_FEW_RECORDS = 20_000
_CONTRADICTIONS = ("nothing contradicts", "little contradicts", "much contradicts")


@dataclass(frozen=True)
class Overlap:
    """Bits of a pair's shared words, bits left over on either side, and the words left over."""

    shared: Floats
    left_over: tuple[Floats, Floats]
    unmatched: tuple[Ints, Ints, Ints]  # pair, word on the left, word on the right


@dataclass(frozen=True)
class BagComparison:
    """Two bags. ``scale`` is log2 of the number of records that the model was trained on."""

    name: str
    bags: Bags
    scale: float
    aliases: frozenset[tuple[str, str]] = frozenset()
    is_about_home: bool = False
    is_shared_at_home: bool = True
    alike: AlikeTokens = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "alike", AlikeTokens(self.bags.vocabulary))

    @property
    def labels(self) -> tuple[str, ...]:
        """Shared bits × contradiction."""
        bounds = ["nothing shared", f"below {_STEPS[0]:.0%} of a record's bits"]
        bounds += [f"from {step:.0%} of a record's bits" for step in _STEPS]
        return tuple(f"{b}, {c}" for b in bounds for c in _CONTRADICTIONS)

    @property
    def agreements(self) -> Mapping[str, frozenset[int]]:
        """Words that are together as rare as one record, none left over on either side."""
        least = 6 if 2**self.scale > _FEW_RECORDS else 5
        return {self.name: frozenset(b * 3 for b in range(least, len(_STEPS) + 2))}

    def compared(self, left: Ints, right: Ints) -> Compared:
        """Levels; rarity is part of them, so no bits come on top."""
        levels = np.full(len(left), UNKNOWN, dtype=np.int64)
        for start in range(0, len(left), _CHUNK):
            part = slice(start, start + _CHUNK)
            levels[part] = self._levels(left[part], right[part])
        return Compared(levels, np.zeros(len(left)))

    def overlap(self, left: Ints, right: Ints) -> Overlap:
        """What two bags share, by equal words first, then one to one by words that are alike or aliases."""
        a, b = self.bags.tokens[left], self.bags.tokens[right]
        equal = (a[:, :, None] == b[:, None, :]) & (a >= 0)[:, :, None]
        free_a, free_b = (a >= 0) & ~equal.any(2), (b >= 0) & ~equal.any(1)
        bits_a, bits_b = _bits(self.bags, a), _bits(self.bags, b)
        shared = np.where((a >= 0) & ~free_a, bits_a, 0.0).sum(1)
        both = np.flatnonzero(free_a.any(1) & free_b.any(1))
        pair, i, j = np.nonzero(free_a[both][:, :, None] & free_b[both][:, None, :])
        pair = both[pair]
        gained, used_a, used_b = self._fuzzy(pair, i, j, a, b)
        np.add.at(shared, gained[0].astype(np.int64), gained[1])
        free_a[used_a], free_b[used_b] = False, False
        left_over = np.where(free_a, bits_a, 0.0).sum(1), np.where(free_b, bits_b, 0.0).sum(1)
        rest = free_a[pair, i] & free_b[pair, j]
        pair, i, j = pair[rest], i[rest], j[rest]
        return Overlap(shared, left_over, (pair, a[pair, i], b[pair, j]))

    def _levels(self, left: Ints, right: Ints) -> Ints:
        overlap = self.overlap(left, right)
        bounds = np.array([0.0, *(step * self.scale for step in _STEPS)])
        bucket = np.where(overlap.shared > 0, np.searchsorted(bounds, overlap.shared, side="right"), 0)
        against = np.minimum(*overlap.left_over)
        contradiction = (against > 0).astype(np.int64) + (against >= _STRONG_CONTRADICTION)
        known = self.bags.is_known[left] & self.bags.is_known[right]
        return np.where(known, bucket * 3 + contradiction, UNKNOWN)

    def _fuzzy(
        self, pair: Ints, i: Ints, j: Ints, a: Ints, b: Ints
    ) -> tuple[tuple[Ints, Floats], tuple[Ints, Ints], tuple[Ints, Ints]]:
        """Bits gained (pair, bits) and the places used on either side, matched one to one, best first."""
        one, other = a[pair, i], b[pair, j]
        alike = self.alike.of(one, other)
        alias = self._is_alias(one, other) & ~alike
        kept = alike | alias
        pair, i, j, one, other = pair[kept], i[kept], j[kept], one[kept], other[kept]
        lost = np.where(alike[kept], _LOST_BY_A_TYPO, _LOST_BY_AN_ALIAS)
        gain = np.maximum(np.minimum(self.bags.bits[one], self.bags.bits[other]) - lost, 0.0)
        order = np.lexsort((np.maximum(one, other), np.minimum(one, other), -gain, pair))
        chosen = _one_to_one(pair, i, j, order)
        pair, i, j = pair[chosen], i[chosen], j[chosen]
        return (pair, gain[chosen]), (pair, i), (pair, j)

    def _is_alias(self, one: Ints, other: Ints) -> Bools:
        if not self.aliases:
            return np.zeros(len(one), dtype=bool)
        code = {t: c for c, t in enumerate(self.bags.vocabulary)}
        known = [(code[x], code[y]) for x, y in self.aliases if x in code and y in code]
        size = len(self.bags.vocabulary)
        keys = np.array([min(x, y) * size + max(x, y) for x, y in known], dtype=np.int64)
        return np.isin(pair_keys(one, other, size), keys)


def _bits(bags: Bags, tokens: Ints) -> Floats:
    return np.append(bags.bits, 0.0)[tokens]


def _one_to_one(pair: Ints, i: Ints, j: Ints, order: Ints) -> Ints:
    """The places of what is matched when each word is used once, in ``order`` within every pair."""
    chosen: list[Ints] = []
    width = int(max(i.max(initial=0), j.max(initial=0))) + 1
    while len(order):
        is_first = np.append(True, np.diff(pair[order]) != 0)
        first = order[is_first]
        chosen.append(first)
        taken_i, taken_j = pair[first] * width + i[first], pair[first] * width + j[first]
        rest = order[~is_first]
        order = rest[~np.isin(pair[rest] * width + i[rest], taken_i) & ~np.isin(pair[rest] * width + j[rest], taken_j)]
    return np.concatenate(chosen) if chosen else np.empty(0, dtype=np.int64)
