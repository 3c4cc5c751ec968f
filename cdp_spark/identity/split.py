"""Splitting: components that hold more identifiers of a kind than one person may have.

Links are taken from best to worst (tier, weight, last seen, link id); one that would put more of a kind together
than allowed is held, every other joins its ends. The order is total and belongs to the links alone, so the parts
are a function of the component, whatever the order of rows. Only violating components meet a Python worker.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

Edge = tuple[int, int, int, int, int]
"""link_id, src, dst, priority of src, priority of dst."""

_RESULT = "raw_component BIGINT, id BIGINT, part BIGINT, is_held BOOLEAN"


def split_components(
    links: DataFrame, raw_components: DataFrame, violating: DataFrame, limits: Mapping[int, int]
) -> DataFrame:
    """The parts of the violating components and their held links, in one frame.

    Out: raw_component, id, part, is_held. A row that is not held puts the identifier ``id`` into ``part``, the smallest
    node id in it; a held row names a link. No column has gaps, since pandas keeps 64-bit ids exactly only without.
    In: eligible identity.links rows, ``raw_components`` rows, raw_component of the components to split.
    """
    inside = raw_components.join(violating, on="raw_component", how="left_semi")
    src = inside.select("raw_component", F.col("node_id").alias("src"), F.col("priority").alias("src_kind"))
    dst = inside.select(F.col("node_id").alias("dst"), F.col("priority").alias("dst_kind"))
    edges = links.select("link_id", "src", "dst", "tier", "weight", "last_seen").join(src, on="src").join(dst, on="dst")
    return edges.groupBy("raw_component").applyInPandas(_splitter(dict(limits)), schema=_RESULT)


def parts_and_held(edges: Iterable[Edge], limits: Mapping[int, int]) -> tuple[dict[int, int], list[int]]:
    """Node → its part (the smallest node id in it), and the ids of the held links. ``edges``: best first."""
    forest = _Forest(limits)
    held = [
        link_id for link_id, src, dst, src_kind, dst_kind in edges if not forest.joined(src, dst, src_kind, dst_kind)
    ]
    return forest.parts(), held


def _splitter(limits: dict[int, int]) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def split(component: pd.DataFrame) -> pd.DataFrame:
        best_first = component.sort_values(
            ["tier", "weight", "last_seen", "link_id"], ascending=[True, False, False, True]
        )
        columns = [best_first[c].tolist() for c in ("link_id", "src", "dst", "src_kind", "dst_kind")]
        parts, held = parts_and_held(zip(*columns, strict=True), limits)
        frame = pd.DataFrame(
            {
                "id": pd.Series([*parts, *held], dtype="int64"),
                "part": pd.Series([*parts.values(), *held], dtype="int64"),
                "is_held": [False] * len(parts) + [True] * len(held),
            }
        )
        frame.insert(0, "raw_component", component["raw_component"].iloc[0])
        return frame

    return split


class _Forest:
    """Union-find whose trees count their identifiers by kind and refuse to grow over a limit."""

    def __init__(self, limits: Mapping[int, int]) -> None:
        self._limits = limits
        self._parent: dict[int, int] = {}
        self._counts: dict[int, dict[int, int]] = {}
        self._size: dict[int, int] = {}

    def joined(self, a: int, b: int, a_kind: int, b_kind: int) -> bool:
        """Whether the two nodes are in one tree now; False when a limit forbade it."""
        one, other = self._root(a, a_kind), self._root(b, b_kind)
        if one == other:
            return True
        if self._over_limit(one, other):
            return False
        if self._size[one] < self._size[other]:
            one, other = other, one
        self._parent[other] = one
        self._size[one] += self._size[other]
        for kind, n in self._counts.pop(other).items():
            self._counts[one][kind] = self._counts[one].get(kind, 0) + n
        return True

    def parts(self) -> dict[int, int]:
        """Node → the smallest node of its tree."""
        trees: dict[int, list[int]] = defaultdict(list)
        for node in self._parent:
            trees[self._find(node)].append(node)
        return {node: least for members in trees.values() for least in [min(members)] for node in members}

    def _over_limit(self, one: int, other: int) -> bool:
        mine, theirs = self._counts[one], self._counts[other]
        return any(
            kind in mine and mine[kind] + n > self._limits[kind] for kind, n in theirs.items() if kind in self._limits
        )

    def _root(self, node: int, kind: int) -> int:
        if node not in self._parent:
            self._parent[node] = node
            self._size[node] = 1
            self._counts[node] = {kind: 1}
            return node
        return self._find(node)

    def _find(self, node: int) -> int:
        root = node
        while self._parent[root] != root:
            root = self._parent[root]
        while self._parent[node] != root:
            self._parent[node], node = root, self._parent[node]
        return root
