"""Comparisons: how far two records agree in what depends on each other, as one of a few levels.

Fields that depend on one another share one comparison (the parts of a date; postcode and place), since the model
takes comparisons as independent. A level of ``UNKNOWN`` says nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from cdp_spark.identity.matching.arrays import Floats, Ints

UNKNOWN = -1


@dataclass(frozen=True)
class Compared:
    """The level of every pair, and the bits by which a rare value says more than its level, or a common one less."""

    levels: Ints
    frequency_bits: Floats


class Comparison(Protocol):
    """One comparison of a model."""

    @property
    def name(self) -> str:
        """The columns it compares, joined by ``+``."""

    @property
    def labels(self) -> tuple[str, ...]:
        """What each level means."""

    @property
    def agreements(self) -> Mapping[str, frozenset[int]]:
        """Field → the levels at which it agrees so well that training may start from it."""

    @property
    def aliases(self) -> frozenset[tuple[str, str]]:
        """Values that stand for one another, each pair sorted."""

    @property
    def is_about_home(self) -> bool:
        """Whether a household agrees on it."""

    @property
    def is_shared_at_home(self) -> bool:
        """Whether two persons of one household agree on it more often than two strangers."""

    def compared(self, left: Ints, right: Ints) -> Compared:
        """The levels of the pairs of rows ``left[i], right[i]``."""
