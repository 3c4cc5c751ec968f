"""Array types, and work done once per distinct pair of values."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]
_SMALL_TABLE = 1 << 24


def texts(values: list[str]) -> Texts:
    """The strings as an array of objects, also where there are none."""
    array: Texts = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def pair_keys(left: Ints, right: Ints, size: int) -> Ints:
    """One number for each unordered pair of codes below ``size``."""
    return np.minimum(left, right) * size + np.maximum(left, right)


def per_distinct_pair(left: Ints, right: Ints, values: Texts, of_texts: Callable[[Texts, Texts], Ints]) -> Ints:
    """``of_texts`` of each pair of codes, computed once a distinct unordered pair.

    In: codes without nulls. ``of_texts`` always sees the smaller code left, so that results are symmetric.
    """
    size = len(values)
    keys, inverse = distinct_keys(pair_keys(left, right, size), size * size)
    return of_texts(values[keys // size], values[keys % size])[inverse]


def distinct(keys: Ints) -> Ints:
    """The sorted distinct keys. By sorting: NumPy's own way by hashing takes several times as long here."""
    in_order = np.sort(keys)
    return in_order[np.append(True, in_order[1:] != in_order[:-1])] if len(keys) else in_order


def distinct_keys(keys: Ints, above: int) -> tuple[Ints, Ints]:
    """The sorted distinct keys, all below ``above``, and the place of each key among them."""
    if above > _SMALL_TABLE:
        found, inverse = np.unique(keys, return_inverse=True)
        return found, inverse
    seen = np.zeros(above, dtype=bool)
    seen[keys] = True
    return np.flatnonzero(seen), (np.cumsum(seen) - 1)[keys]
