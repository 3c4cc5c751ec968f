"""Scores of pairs: the weight in bits of what they agree and disagree in."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cdp_spark.identity.matching.arrays import Floats, Ints
from cdp_spark.identity.matching.comparisons import Compared, Comparison
from cdp_spark.identity.matching.em import Estimates, Patterns, pattern_odds, patterns

# Weights are multiples of this, so that their sums are exact and do not depend on the order of adding.
_GRAIN = 1024.0


@dataclass(frozen=True)
class ComparedPairs:
    """Pairs of rows, left < right, and how they compare in each comparison."""

    left: Ints
    right: Ints
    comparisons: Sequence[Comparison]
    compared: Sequence[Compared]

    @property
    def patterns(self) -> Patterns:
        """The distinct patterns of levels."""
        return patterns([c.levels for c in self.compared], [len(c.labels) for c in self.comparisons])

    @property
    def frequency_bits(self) -> Floats:
        """What the rarity of the agreeing values adds."""
        return np.asarray(sum((c.frequency_bits for c in self.compared), start=np.zeros(len(self.left))))


def compared_pairs(comparisons: Sequence[Comparison], pairs: tuple[Ints, Ints]) -> ComparedPairs:
    """All comparisons of the pairs."""
    left, right = pairs
    return ComparedPairs(left, right, comparisons, [c.compared(left, right) for c in comparisons])


def compared_again(pairs: ComparedPairs, comparisons: Sequence[Comparison]) -> ComparedPairs:
    """The same pairs under comparisons that know other aliases; those that know the same ones are not made again."""
    compared = [
        old if before.aliases == now.aliases else now.compared(pairs.left, pairs.right)
        for old, before, now in zip(pairs.compared, pairs.comparisons, comparisons, strict=True)
    ]
    return ComparedPairs(pairs.left, pairs.right, comparisons, compared)


def pair_weights(pairs: ComparedPairs, seen: Patterns, model: Estimates) -> Floats:
    """log2 of the odds that each pair is one person: prior, weights of the levels, rarity of the values."""
    weights = pattern_odds(seen.levels, model)[seen.of_pair] + pairs.frequency_bits
    return np.asarray(np.round(weights * _GRAIN) / _GRAIN)


def match_probability(weights: Floats) -> Floats:
    """1 / (1 + 2^-weight)."""
    return np.asarray(1 / (1 + np.exp2(-np.clip(weights, -1000, 1000))))
