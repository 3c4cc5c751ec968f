"""How like two texts are: one edit, Jaro-Winkler. Always of distinct pairs, with the smaller text left."""

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from cdp_spark.identity.matching.arrays import Bools, Floats, Ints, Texts, distinct_keys, pair_keys

_SHORTEST_WITH_AN_EDIT = 4
_ALIKE = 0.92


def is_one_edit(left: Texts, right: Texts) -> Bools:
    """Whether one letter inserted, deleted, replaced or swapped with its neighbour makes one of the other."""
    if not len(left):
        return np.zeros(0, dtype=bool)
    distances = process.cpdist(left, right, scorer=OSA.distance, score_cutoff=1, dtype=np.int32)
    return np.asarray(distances <= 1)


def jaro_winkler(left: Texts, right: Texts, at_least: float) -> Floats:
    """Similarity from 0 to 1; 0 for all below ``at_least``."""
    if not len(left):
        return np.zeros(0)
    found = process.cpdist(left, right, scorer=JaroWinkler.similarity, score_cutoff=at_least, dtype=np.float64)
    return np.asarray(found)


def is_alike(left: Texts, right: Texts) -> Bools:
    """One edit in texts of four letters or more, or Jaro-Winkler of .92."""
    found = jaro_winkler(left, right, _ALIKE) >= _ALIKE
    short = np.minimum(_lengths(left), _lengths(right))
    rest = np.flatnonzero(~found & (short >= _SHORTEST_WITH_AN_EDIT))
    found[rest] = is_one_edit(left[rest], right[rest])
    return found


def _lengths(values: Texts) -> Ints:
    return np.fromiter(map(len, values), dtype=np.int64, count=len(values))


class AlikeTokens:
    """Which of a vocabulary's tokens are alike. Remembers what it was asked, since every pass asks much the same."""

    def __init__(self, vocabulary: Texts) -> None:
        self._vocabulary = vocabulary
        self._letters = np.array([_letters(v) for v in vocabulary], dtype=np.uint64)
        self._lengths = _lengths(vocabulary)
        self._keys: Ints = np.empty(0, dtype=np.int64)
        self._answers: Bools = np.empty(0, dtype=bool)

    def of(self, left: Ints, right: Ints) -> Bools:
        """Whether the tokens of each pair of codes are alike."""
        found = self._may_be(left, right)
        at = np.flatnonzero(found)
        size = len(self._vocabulary)
        keys, inverse = distinct_keys(pair_keys(left[at], right[at], size), size * size)
        missing = np.setdiff1d(keys, self._keys, assume_unique=True)
        if len(missing):
            answers = is_alike(self._vocabulary[missing // size], self._vocabulary[missing % size])
            where = np.searchsorted(self._keys, missing)
            self._keys, self._answers = np.insert(self._keys, where, missing), np.insert(self._answers, where, answers)
        found[at] = self._answers[np.searchsorted(self._keys, keys)][inverse]
        return found

    def _may_be(self, left: Ints, right: Ints) -> Bools:
        """False only where too many letters occur on one side alone.

        Jaro-Winkler of .92 needs a Jaro similarity of .867 even with four equal letters in front, so the letters in
        common must be 1.6 of both lengths together; one edit leaves all but one in common.
        """
        one, other = self._letters[left], self._letters[right]
        long, short = self._lengths[left], self._lengths[right]
        common = np.minimum(long - np.bitwise_count(one & ~other), short - np.bitwise_count(other & ~one))
        return np.asarray((common >= np.maximum(long, short) - 1) | (common * (long + short) >= 1.6 * long * short))


def _letters(token: str) -> int:
    mask = 0
    for letter in token:
        mask |= 1 << (ord(letter) & 63)
    return mask
