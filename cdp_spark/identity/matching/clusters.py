"""Clusters of scored pairs: components over the good pairs, average linkage within each."""

from collections.abc import Iterator

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from cdp_spark.identity.matching.arrays import Bools, Floats, Ints
from cdp_spark.identity.matching.columns import NULL
from cdp_spark.identity.matching.linkage import average_linkage

_LARGEST_COMPONENT = 20_000
_CUT_STEP = 2.0


def cluster_labels(left: Ints, right: Ints, weights: Floats, source: Ints) -> Ints:
    """The smallest row of each row's cluster.

    In: scored pairs of rows, each once; for every row its exclusive source or -1. Only merges across a pair of positive
    weight can happen, so components over those pairs are clustered one by one.
    """
    labels = np.arange(len(source))
    for rows, inside in _components(left, right, weights, len(source)):
        exclusive = {int(r): int(source[r]) for r in rows if source[r] != NULL}
        edges = zip(left[inside].tolist(), right[inside].tolist(), weights[inside].tolist(), strict=True)
        for row, label in average_linkage(rows.tolist(), edges, exclusive).items():
            labels[row] = label
    return labels


def _components(left: Ints, right: Ints, weights: Floats, n: int) -> Iterator[tuple[Ints, Ints]]:
    """Rows of each component of two and more, and the pairs inside it."""
    component = _labels(left, right, weights > 0, n)
    cut = 0.0
    while np.bincount(component, minlength=1).max() > _LARGEST_COMPONENT:
        # Raised for the oversized ones alone; all others stay as they are.
        cut += _CUT_STEP
        oversized = np.bincount(component)[component] > _LARGEST_COMPONENT
        finer = _labels(left, right, (weights > 0) & (~oversized[left] | (weights > cut)), n)
        component = finer
    inside = component[left] == component[right]
    at = np.flatnonzero(inside)
    at = at[np.argsort(component[left[at]], kind="stable")]
    rows = np.argsort(component, kind="stable")
    sizes = np.bincount(component)
    pair_sizes = np.bincount(component[left[at]], minlength=len(sizes))
    row_ends, pair_ends = np.cumsum(sizes), np.cumsum(pair_sizes)
    for c in np.flatnonzero(sizes > 1):
        yield rows[row_ends[c] - sizes[c] : row_ends[c]], at[pair_ends[c] - pair_sizes[c] : pair_ends[c]]


def _labels(left: Ints, right: Ints, use: Bools, n: int) -> Ints:
    graph = coo_matrix((np.ones(int(use.sum()), dtype=np.int8), (left[use], right[use])), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)
