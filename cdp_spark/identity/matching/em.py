"""Expectation maximisation of the Fellegi-Sunter model on pattern counts.

    r_g = λ Π m[k, g_k] / (λ Π m[k, g_k] + (1 - λ) Π u[k, g_k])          an unknown level has the factor 1
    m[k, l] = Σ c_g r_g [g_k = l] / Σ c_g r_g [g_k known]
    λ = Σ c_g r_g / all pairs
    u[k, l] = (random pairs at l - λ m[k, l] × random pairs known) + ½, normalised

(Winkler 1988; the space is that of all pairs, of which those that share no blocking key do not match.)

Where street addresses are known, pairs of one household are a class of their own, η with its h for u. They agree in all
that belongs to the home at once, which two classes can only explain by taking them for matches.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cdp_spark.identity.matching.arrays import Bools, Floats, Ints
from cdp_spark.identity.matching.comparisons import UNKNOWN

_SMOOTHING = 0.5
# Every field is wrong once in a thousand records, whatever a small sample of matches says.
LEAST_WEIGHT = -10.0


@dataclass(frozen=True)
class Patterns:
    """Distinct rows of levels (one column a comparison) and how many pairs show each; ``of_pair`` leads from pairs to rows."""

    levels: Ints
    counts: Floats
    of_pair: Ints


@dataclass(frozen=True)
class Estimates:
    """The share of matches among all pairs, and for each comparison the chance of each level among matches and others."""

    matches: float
    m: tuple[Floats, ...]
    u: tuple[Floats, ...]
    households: float = 0.0
    h: tuple[Floats, ...] = ()

    @property
    def weights(self) -> tuple[Floats, ...]:
        """log2(m/u) of every level, in bits; of levels that no match was seen at no less than ``LEAST_WEIGHT``."""
        return tuple(np.maximum(np.log2(m) - np.log2(u), LEAST_WEIGHT) for m, u in zip(self.m, self.u, strict=True))

    @property
    def prior(self) -> float:
        """log2 of the odds that any two records match."""
        return float(np.log2(self.matches) - np.log2(1 - self.matches))


@dataclass(frozen=True)
class Households:
    """Patterns that training takes for households at first, and for each comparison whether a household agrees on it."""

    seeds: Bools
    shares: Sequence[bool]


def patterns(levels: Sequence[Ints], sizes: Sequence[int]) -> Patterns:
    """The distinct patterns of pairs. In: one array a comparison, and how many levels each has."""
    key = np.zeros(len(levels[0]), dtype=np.int64)
    for of_comparison, size in zip(levels, sizes, strict=True):
        key = key * (size + 1) + of_comparison + 1
    _, first, of_pair, counts = np.unique(key, return_index=True, return_inverse=True, return_counts=True)
    return Patterns(np.stack([one[first] for one in levels], axis=1), counts.astype(float), of_pair)


def pattern_weights(levels: Ints, weights: Sequence[Floats]) -> Floats:
    """The sum of a pattern's weights; unknown levels add nothing."""
    total = np.zeros(len(levels))
    for k, of_comparison in enumerate(weights):
        total += np.append(of_comparison, 0.0)[levels[:, k]]
    return total


def pattern_odds(levels: Ints, model: Estimates) -> Floats:
    """log2 of the odds that pairs of each pattern match: λ Π m against (1 - λ - η) Π u + η Π h."""
    against_chance = model.prior + pattern_weights(levels, model.weights)
    return np.asarray(against_chance - np.log2(1 + np.exp2(_household_bits(levels, model))))


def estimates(  # what the formulas are of
    seen: Patterns,
    seeds: Bools,
    random: Sequence[Floats],
    all_pairs: float,
    rounds: int,
    households: Households | None = None,
) -> Estimates:
    """m, u and λ after ``rounds`` rounds, and η and h where households are a class.

    In: the patterns of candidate pairs; which of them training starts from; for each comparison the random pairs at
    each level; how many pairs there are in all.
    """
    share, at_home = seeds.astype(float), households.seeds.astype(float) if households else np.zeros(len(seeds))

    def maximised(share: Floats, at_home: Floats) -> Estimates:
        two = _maximised(seen, share, random, all_pairs)
        if households is None:
            return two
        return _with_households(two, seen, at_home, random, all_pairs, households.shares)

    current = maximised(share, at_home)
    for _ in range(rounds):
        share = _chance(pattern_odds(seen.levels, current))
        at_home = (1 - share) * _chance(_household_bits(seen.levels, current))
        current = maximised(share, at_home)
    return current


def _chance(bits: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp2(-np.clip(bits, -1000, 1000))))


def _household_bits(levels: Ints, model: Estimates) -> Floats:
    """log2 of the odds that a pair that does not match is of one household."""
    if not model.households:
        return np.full(len(levels), -1000.0)
    ratio = [np.log2(h) - np.log2(u) for h, u in zip(model.h, model.u, strict=True)]
    prior = np.log2(model.households / (1 - model.matches - model.households))
    return np.asarray(prior + pattern_weights(levels, ratio))


def _maximised(seen: Patterns, share: Floats, random: Sequence[Floats], all_pairs: float) -> Estimates:
    matching = seen.counts * share
    matches = min(0.5, max(matching.sum(), _SMOOTHING) / all_pairs)
    m = tuple(_level_shares(seen.levels[:, k], matching, len(r)) for k, r in enumerate(random))
    u = tuple(_clean_shares(r, matches * one * r.sum()) for r, one in zip(random, m, strict=True))
    return Estimates(matches, m, u)


def _with_households(  # what the formulas are of
    model: Estimates,
    seen: Patterns,
    at_home: Floats,
    random: Sequence[Floats],
    all_pairs: float,
    shares: Sequence[bool],
) -> Estimates:
    counts = seen.counts * at_home
    households = min(0.25, max(counts.sum(), _SMOOTHING) / all_pairs)
    learnt = [_level_shares(seen.levels[:, k], counts, len(r)) for k, r in enumerate(random)]
    expected = [
        (model.matches * m + (households * h if shared else 0.0)) * r.sum()
        for m, h, r, shared in zip(model.m, learnt, random, shares, strict=True)
    ]
    u = tuple(_clean_shares(r, e) for r, e in zip(random, expected, strict=True))
    h = tuple(one if shared else chance for one, chance, shared in zip(learnt, u, shares, strict=True))
    return Estimates(model.matches, model.m, u, households, h)


def _level_shares(levels: Ints, matching: Floats, size: int) -> Floats:
    known = levels != UNKNOWN
    counts = np.bincount(levels[known], weights=matching[known], minlength=size) + _SMOOTHING / size
    return np.asarray(counts / counts.sum())


def _clean_shares(random: Floats, expected: Floats) -> Floats:
    counts = np.maximum(random - expected, 0.0) + _SMOOTHING
    return np.asarray(counts / counts.sum())
