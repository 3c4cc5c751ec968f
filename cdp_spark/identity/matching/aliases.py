"""Other names of one value, learnt from provisional clusters: bob and robert, holland and netherlands.

Where everything else alone makes two records one person, words or values that stand against each other may be
two names of one thing. Those that meet so in several clusters are kept. Some will be wrong, so the model's card shows them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

import numpy as np

from cdp_spark.config.matching import Kind
from cdp_spark.identity.matching.arrays import Bools, Floats, Ints, Texts
from cdp_spark.identity.matching.comparing import Aliases
from cdp_spark.identity.matching.comparisons.bags import BagComparison
from cdp_spark.identity.matching.em import Estimates
from cdp_spark.identity.matching.records import Records
from cdp_spark.identity.matching.scoring import ComparedPairs

_SURE = 6.63  # bits; a probability of .99
_NAME_CLUSTERS, _VALUE_CLUSTERS = 3, 2
_LIFT = 2.0


def learnt_aliases(records: Records, pairs: ComparedPairs, weights: Floats, model: Estimates, labels: Ints) -> Aliases:
    """The aliases of names, places and categories.

    In: compared pairs, their weights, the model that gave them, the provisional cluster of each row.
    """
    together = labels[pairs.left] == labels[pairs.right]
    names, of_columns = frozenset[tuple[str, str]](), {}
    for k, comparison in enumerate(pairs.comparisons):
        sure = together & (weights - _bits_of(pairs, model, k) >= _SURE)
        if isinstance(comparison, BagComparison):
            if comparison.bags is records.names:
                names = _name_aliases(comparison, pairs.left[sure], pairs.right[sure], labels)
            continue
        for column in comparison.name.split("+"):
            if records.kinds[column] in (Kind.PLACE, Kind.CATEGORY):
                of_columns[column] = _value_aliases(records, column, pairs, sure, labels)
    return Aliases(names, of_columns)


def _bits_of(pairs: ComparedPairs, model: Estimates, k: int) -> Floats:
    compared = pairs.compared[k]
    return np.asarray(np.append(model.weights[k], 0.0)[compared.levels] + compared.frequency_bits)


def _name_aliases(comparison: BagComparison, left: Ints, right: Ints, labels: Ints) -> frozenset[tuple[str, str]]:
    """Unmatched words of both sides that meet in enough clusters, and twice as often as chance has it."""
    if not len(left):
        return frozenset()
    pair, one, other = comparison.overlap(left, right).unmatched
    met = _clusters_of_pairs(one, other, labels[left[pair]], comparison.bags.vocabulary)
    return frozenset(p for p in _lifted(met) if met[p] >= _NAME_CLUSTERS)


def _lifted(met: dict[tuple[str, str], int]) -> Iterator[tuple[str, str]]:
    """Pairs that meet more than ``_LIFT`` times as often as chance has it."""
    of_value: Counter[str] = Counter()
    for pair, n in met.items():
        for value in pair:
            of_value[value] += n
    total = sum(met.values())
    for (a, b), n in met.items():
        if n * 2 * total > _LIFT * of_value[a] * of_value[b]:
            yield a, b


def _value_aliases(
    records: Records, column: str, pairs: ComparedPairs, sure: Bools, labels: Ints
) -> frozenset[tuple[str, str]]:
    codes, values = records.columns[column].codes, records.columns[column].values
    one, other = codes[pairs.left], codes[pairs.right]
    differ = sure & (one >= 0) & (other >= 0) & (one != other)
    met = _clusters_of_pairs(one[differ], other[differ], labels[pairs.left[differ]], values)
    # Places stand against each other rarely and mean something then; categories often do by mistake.
    pairs_met = met if records.kinds[column] == Kind.PLACE else _lifted(met)
    return frozenset(p for p in pairs_met if met[p] >= _VALUE_CLUSTERS)


def _clusters_of_pairs(one: Ints, other: Ints, cluster: Ints, values: Texts) -> dict[tuple[str, str], int]:
    """In how many clusters each unordered pair of values meets."""
    met = np.unique(np.stack([np.minimum(one, other), np.maximum(one, other), cluster]), axis=1)
    pairs, counts = np.unique(met[:2], axis=1, return_counts=True)
    return {(str(values[a]), str(values[b])): int(n) for (a, b), n in zip(_columns(pairs), counts, strict=True)}


def _columns(pairs: Ints) -> Iterable[tuple[int, int]]:
    return zip(pairs[0].tolist(), pairs[1].tolist(), strict=True)
