"""Pairs drawn by chance from the space of all pairs, which say how often records agree that do not match."""

import numpy as np

from cdp_spark.identity.matching.arrays import Ints
from cdp_spark.identity.matching.columns import NULL
from cdp_spark.identity.matching.records import Records

_SAMPLE = 1_000_000
_SEED = 20240229


def all_pairs(records: Records) -> int:
    """How many pairs may match: all but those within a source that holds each person once."""
    n = len(records)
    inside = np.bincount(records.source[records.source != NULL])
    return n * (n - 1) // 2 - int((inside * (inside - 1) // 2).sum())


def random_pairs(records: Records, sample: int = _SAMPLE) -> tuple[Ints, Ints]:
    """Rows left < right: all pairs that may match where they are no more than ``sample``, else about so many of them.

    The seed is fixed and records are sorted by id, so the same records give the same pairs.
    """
    n = len(records)
    if n * (n - 1) // 2 <= sample:
        left, right = np.triu_indices(n, 1)
    else:
        drawn = np.random.default_rng(_SEED).integers(0, n, size=(2, sample * 2))
        left, right = drawn.min(axis=0), drawn.max(axis=0)
    source = records.source
    allowed = (left != right) & ((source[left] != source[right]) | (source[left] == NULL))
    return left[allowed][:sample].astype(np.int64), right[allowed][:sample].astype(np.int64)
