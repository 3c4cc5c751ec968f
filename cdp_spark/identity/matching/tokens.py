"""Bags of words: all names of a record in one, all lines of its address in another."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cdp_spark.identity.matching.arrays import Bools, Floats, Ints, Texts, texts
from cdp_spark.identity.matching.columns import NULL, Coded, joined

_MOST_TOKENS = 14


@dataclass(frozen=True)
class Bags:
    """The distinct tokens of every row, and how much each says.

    ``tokens`` has a row a record, filled up with ``NULL``; ``bits`` are -log2 of the share of records that hold the
    token. ``ends`` are the codes of the unordered pair of first and last token, the key of a whole name.
    """

    tokens: Ints
    vocabulary: Texts
    bits: Floats
    ends: Coded

    @property
    def is_known(self) -> Bools:
        """Which rows have a token."""
        return np.asarray(self.tokens[:, 0] >= 0)

    def exploded(self) -> tuple[Ints, Ints]:
        """Row and token of every token of every row."""
        rows, places = np.nonzero(self.tokens >= 0)
        return rows, self.tokens[rows, places]


def bags(columns: Sequence[Coded]) -> Bags:
    """The bags of columns whose values are folded. A single letter says nothing; a single digit does."""
    whole = joined(columns)
    bags_of_values = [_words(v) for v in whole.values]
    vocabulary = sorted({t for bag in bags_of_values for t in bag})
    code = {t: i for i, t in enumerate(vocabulary)}
    counts = _record_counts(whole, bags_of_values, code)
    bits = -np.log2(np.maximum(counts, 1) / max(1, len(whole.codes)))
    width = min(_MOST_TOKENS, max((len(bag) for bag in bags_of_values), default=1)) or 1
    # One row more than values: the null code reads the last.
    tokens = np.full((len(bags_of_values) + 1, width), NULL, dtype=np.int64)
    for row, bag in enumerate(bags_of_values):
        kept = sorted((code[t] for t in set(bag)), key=lambda c: (-bits[c], c))[:width]
        tokens[row, : len(kept)] = kept
    return Bags(tokens[whole.codes], texts(vocabulary), bits, whole.mapped(lambda v: _ends(_words(v))))


def _words(text: str) -> list[str]:
    return [w for w in text.split(" ") if len(w) > 1 or w.isdigit()]


def _record_counts(whole: Coded, bags_of_values: list[list[str]], code: dict[str, int]) -> Ints:
    records = np.bincount(whole.codes[whole.known], minlength=len(bags_of_values))
    counts = np.zeros(len(code), dtype=np.int64)
    for n, bag in zip(records, bags_of_values, strict=True):
        for token in set(bag):
            counts[code[token]] += n
    return counts


def _ends(words: list[str]) -> str | None:
    return " ".join(sorted((words[0], words[-1]))) if len(words) > 1 else None
