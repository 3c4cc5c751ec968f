"""Expectation maximisation of the Fellegi-Sunter model on pattern counts.

    r_g = λ Π m[k, g_k] / (λ Π m[k, g_k] + (1 - λ) Π u[k, g_k])          an unknown level has the factor 1
    m[k, l] = Σ c_g r_g [g_k = l] / Σ c_g r_g [g_k known]
    λ = Σ c_g r_g / all pairs
    u[k, l] = (random pairs at l - λ m[k, l] × random pairs known) + ½, normalised

(Winkler 1988; the space is that of all pairs, of which those that share no blocking key do not match.)
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

    @property
    def weights(self) -> tuple[Floats, ...]:
        """log2(m/u) of every level, in bits; of levels that no match was seen at no less than ``LEAST_WEIGHT``."""
        return tuple(np.maximum(np.log2(m) - np.log2(u), LEAST_WEIGHT) for m, u in zip(self.m, self.u, strict=True))

    @property
    def prior(self) -> float:
        """log2 of the odds that any two records match."""
        return float(np.log2(self.matches) - np.log2(1 - self.matches))


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


def estimates(seen: Patterns, seeds: Bools, random: Sequence[Floats], all_pairs: float, rounds: int) -> Estimates:
    """m, u and λ after ``rounds`` rounds.

    In: the patterns of candidate pairs; which of them training starts from; for each comparison the random pairs at
    each level; how many pairs there are in all.
    """
    sizes = [len(r) for r in random]
    share = seeds.astype(float)
    current = _maximised(seen, share, random, all_pairs, sizes)
    for _ in range(rounds):
        odds = current.prior + pattern_weights(seen.levels, current.weights)
        current = _maximised(seen, 1 / (1 + np.exp2(-np.clip(odds, -1000, 1000))), random, all_pairs, sizes)
    return current


def _maximised(
    seen: Patterns, share: Floats, random: Sequence[Floats], all_pairs: float, sizes: Sequence[int]
) -> Estimates:
    matching = seen.counts * share
    matches = min(0.5, max(matching.sum(), _SMOOTHING) / all_pairs)
    m = tuple(_level_shares(seen.levels[:, k], matching, size) for k, size in enumerate(sizes))
    u = tuple(_clean_shares(r, one, matches) for r, one in zip(random, m, strict=True))
    return Estimates(matches, m, u)


def _level_shares(levels: Ints, matching: Floats, size: int) -> Floats:
    known = levels != UNKNOWN
    counts = np.bincount(levels[known], weights=matching[known], minlength=size) + _SMOOTHING / size
    return np.asarray(counts / counts.sum())


def _clean_shares(random: Floats, m: Floats, matches: float) -> Floats:
    counts = np.maximum(random - matches * m * random.sum(), 0.0) + _SMOOTHING
    return np.asarray(counts / counts.sum())
