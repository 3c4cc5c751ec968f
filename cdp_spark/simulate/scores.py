"""How well a partition agrees with the true one: pairs, B-cubed, exact clusters; all from counts, no pair is made."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Scores:
    """Figures of a partition of `items` into found clusters, held against the true ones."""

    items: int
    true_clusters: int
    found_clusters: int
    true_pairs: int
    found_pairs: int
    right_pairs: int
    bcubed_precision: float
    bcubed_recall: float
    exact_clusters: int
    biggest_found: int

    @property
    def precision(self) -> float:
        """Of the pairs found together, the share that truly are; 1 where there is none."""
        return self.right_pairs / self.found_pairs if self.found_pairs else 1.0

    @property
    def recall(self) -> float:
        """Of the pairs truly together, the share that was found; 1 where there is none."""
        return self.right_pairs / self.true_pairs if self.true_pairs else 1.0


def partition_scores(true: Labels, found: Labels) -> Scores:
    """Scores of found labels; the n-th label of both belongs to the n-th item.

    B-cubed after Bagga and Baldwin (1998): the mean over items of the share of an item's cluster that belongs with it.
    """
    _, true_of, true_sizes = np.unique(true, return_inverse=True, return_counts=True)
    _, found_of, found_sizes = np.unique(found, return_inverse=True, return_counts=True)
    cells, sizes = np.unique(np.stack((true_of, found_of), axis=1), axis=0, return_counts=True)
    in_true, in_found = true_sizes[cells[:, 0]], found_sizes[cells[:, 1]]
    items = len(true)
    return Scores(
        items=items,
        true_clusters=len(true_sizes),
        found_clusters=len(found_sizes),
        true_pairs=_pairs(true_sizes),
        found_pairs=_pairs(found_sizes),
        right_pairs=_pairs(sizes),
        bcubed_precision=float((sizes**2 / in_found).sum() / items) if items else 1.0,
        bcubed_recall=float((sizes**2 / in_true).sum() / items) if items else 1.0,
        exact_clusters=int(((sizes == in_true) & (sizes == in_found)).sum()),
        biggest_found=int(found_sizes.max(initial=0)),
    )


def _pairs(sizes: Labels) -> int:
    return int((sizes * (sizes - 1) // 2).sum())
