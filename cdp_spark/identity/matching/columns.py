"""A column as codes into its sorted distinct values, cleaned once per distinct value."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cdp_spark.identity.matching.arrays import Bools, Floats, Ints, Texts, texts

NULL = -1


@dataclass(frozen=True)
class Coded:
    """Codes of every row, ``NULL`` where nothing is known, and the sorted values they stand for."""

    codes: Ints
    values: Texts

    @property
    def known(self) -> Bools:
        """Which rows have a value."""
        return self.codes >= 0

    @property
    def shares(self) -> Floats:
        """How often each value occurs among the rows that have one."""
        counts = np.bincount(self.codes[self.known], minlength=len(self.values))
        return np.asarray(counts / max(1, counts.sum()))

    def mapped(self, of_value: Callable[[str], str | None]) -> "Coded":
        """The same rows under ``of_value`` of each distinct value; None becomes null."""
        return coded([of_value(v) for v in self.values]).at(self.codes)

    def at(self, codes: Ints) -> "Coded":
        """This column read at other rows' codes; null stays null."""
        at_codes = np.append(self.codes, NULL)[codes]
        return Coded(at_codes, self.values)


def coded(values: Sequence[str | None]) -> Coded:
    """Codes of the texts; None and empty are null."""
    distinct = sorted({v for v in values if v})
    code = {v: i for i, v in enumerate(distinct)}
    return Coded(np.array([code.get(v or "", NULL) for v in values], dtype=np.int64), texts(distinct))


def coded_column(column: pa.ChunkedArray, cleaned: Callable[[str], str | None]) -> Coded:
    """A column of any simple type as codes of its cleaned texts."""
    encoded = pc.dictionary_encode(pc.cast(column, pa.string())).combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.chunk(0) if encoded.num_chunks else pa.array([], pa.string()).dictionary_encode()
    codes = pc.fill_null(encoded.indices, NULL).to_numpy(zero_copy_only=False).astype(np.int64)
    return coded([cleaned(v) for v in encoded.dictionary.to_pylist()]).at(codes)


def joined(parts: Sequence[Coded], separator: str = " ") -> Coded:
    """Several columns of one row as one text, nulls left out."""
    if len(parts) == 1:
        return parts[0]
    rows = zip(*[texts([*p.values, ""])[p.codes] for p in parts], strict=True)
    return coded([separator.join(v for v in row if v) for row in rows])


def crossed(left: Ints, right: Ints, size_of_right: int) -> Ints:
    """One code for two; null where either is."""
    return np.where((left >= 0) & (right >= 0), left * size_of_right + right, NULL)
