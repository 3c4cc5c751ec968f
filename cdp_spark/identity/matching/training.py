"""Training and matching: from records to a model, and from records and a model to clusters."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cdp_spark.identity.matching.aliases import learnt_aliases
from cdp_spark.identity.matching.arrays import Bools, Floats, Ints
from cdp_spark.identity.matching.blocking import candidate_pairs
from cdp_spark.identity.matching.clusters import cluster_labels
from cdp_spark.identity.matching.comparing import Aliases, comparisons_of
from cdp_spark.identity.matching.comparisons import UNKNOWN, Comparison
from cdp_spark.identity.matching.em import Estimates, Households, Patterns, estimates
from cdp_spark.identity.matching.pairs import all_pairs, random_pairs
from cdp_spark.identity.matching.records import Records
from cdp_spark.identity.matching.scoring import ComparedPairs, compared_again, compared_pairs, pair_weights

ROUNDS = 8
_SEED_FIELDS = 3
_HOME_FIELDS = 2


@dataclass(frozen=True)
class Trained:
    """What training found: the estimates of each comparison, the aliases, the scale of names."""

    comparisons: Sequence[Comparison]
    estimates: Estimates
    aliases: Aliases
    scale: float
    all_pairs: int


@dataclass(frozen=True)
class Matched:
    """Scored pairs of rows, and of each row the smallest row of its cluster."""

    left: Ints
    right: Ints
    weights: Floats
    labels: Ints


def trained(records: Records, max_comparisons: int, learn_aliases: bool = True) -> tuple[Trained, Matched]:
    """The model of the records, learnt without any label, and its clusters of them."""
    scale = float(np.log2(max(2, len(records))))
    comparisons = comparisons_of(records, scale, Aliases())
    candidates = compared_pairs(comparisons, candidate_pairs(records, max_comparisons))
    space = all_pairs(records)
    chance = candidates
    if len(candidates.left) < space:
        chance = compared_pairs(comparisons, random_pairs(records))
    model, matched = _estimated(records, candidates, chance, space)
    aliases = Aliases()
    if learn_aliases:
        aliases = learnt_aliases(records, candidates, matched.weights, model, matched.labels)
        comparisons = comparisons_of(records, scale, aliases)
        both = chance is candidates
        candidates = compared_again(candidates, comparisons)
        chance = candidates if both else compared_again(chance, comparisons)
        model, matched = _estimated(records, candidates, chance, space)
    return Trained(comparisons, model, aliases, scale, space), matched


def _estimated(
    records: Records, candidates: ComparedPairs, chance: ComparedPairs, space: int
) -> tuple[Estimates, Matched]:
    seen = candidates.patterns
    sizes = [len(c.labels) for c in candidates.comparisons]
    random = [_level_counts(c.levels, size) for c, size in zip(chance.compared, sizes, strict=True)]
    # One comparison alone tells no match from chance: what training starts from is all that is known.
    rounds = ROUNDS if len(sizes) > 1 else 0
    seeds = _seeds(candidates.comparisons, seen)
    households = _households(candidates.comparisons, seen, seeds) if records.address else None
    model = estimates(seen, seeds, random, float(max(1, space)), rounds, households)
    weights = pair_weights(candidates, seen, model)
    labels = cluster_labels(candidates.left, candidates.right, weights, records.source)
    return model, Matched(candidates.left, candidates.right, weights, labels)


def _level_counts(levels: Ints, size: int) -> Floats:
    return np.bincount(levels[levels != UNKNOWN], minlength=size).astype(float)


def _seeds(comparisons: Sequence[Comparison], seen: Patterns) -> Bools:
    """Patterns that agree on three fields, one of them about the person and not only about the home.

    Where there are fewer fields, on all of them. Households agree on street, postcode and place at once.
    """
    agreeing = np.zeros(len(seen.levels), dtype=np.int64)
    personal = np.zeros(len(seen.levels), dtype=bool)
    fields, is_about_persons = 0, False
    for k, comparison in enumerate(comparisons):
        for levels in comparison.agreements.values():
            agrees = np.isin(seen.levels[:, k], sorted(levels))
            agreeing += agrees
            fields += 1
            personal |= agrees & (not comparison.is_about_home)
            is_about_persons |= not comparison.is_about_home
    return np.asarray((agreeing >= max(1, min(_SEED_FIELDS, fields))) & (personal | (not is_about_persons)))


def _households(comparisons: Sequence[Comparison], seen: Patterns, seeds: Bools) -> Households:
    """Patterns that agree on two things about the home, or on all there are, and are no seeds of matches."""
    homes = [(k, sorted(v)) for k, c in enumerate(comparisons) if c.is_about_home for v in c.agreements.values()]
    agreeing = sum((np.isin(seen.levels[:, k], v) for k, v in homes), start=np.zeros(len(seen.levels), dtype=np.int64))
    return Households((agreeing >= min(_HOME_FIELDS, len(homes))) & ~seeds, [c.is_shared_at_home for c in comparisons])
