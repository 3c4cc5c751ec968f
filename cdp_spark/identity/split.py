"""Splitting: components that hold more than one person.

A component holds more identifiers of a kind than one person may have, contacts of different people, or two
identifiers that must not be linked, or it is so large that one weak link may hold two persons together. Links are taken from best to worst (tier,
weight, last seen, link id); one that would put together what may not be is held, every other joins its ends. The
order is total and belongs to the links alone, so the parts are a function of the component, whatever the order of
rows. Only such components meet a Python worker.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.identity.bridges import Edge, weak_bridges
from cdp_spark.identity.decisions import MANUAL
from cdp_spark.identity.personal_facts import DIFFERENT_PEOPLE, NO_FACT, are_different_people

NAMESPACE_LIMIT, MUST_NOT_LINK, FOLLOWED_LINK = "namespace_limit", "must_not_link", "followed_link"
BRIDGE, BRIDGE_REVIEW = "bridge", "bridge_review"
_DEVICE_TIER = 3


@dataclass(frozen=True)
class Rules:
    """What holds identifiers of one component apart."""

    limits: Mapping[int, int]
    forbidden: tuple[tuple[int, int], ...] = ()
    strong: frozenset[int] = frozenset()
    bridges_above: int | None = None
    shareable: frozenset[int] = frozenset()
    forwardable: frozenset[int] = frozenset()


_RESULT = "raw_component BIGINT, id BIGINT, part BIGINT, reason STRING"


def split_components(links: DataFrame, raw_components: DataFrame, suspects: DataFrame, rules: Rules) -> DataFrame:
    """The parts of the suspect components and their marked links, in one frame.

    Out: raw_component, id, part, reason. A row without reason puts the identifier ``id`` into ``part``, the
    smallest node id in it; one with a reason names a link. Only the text has gaps, since pandas keeps 64-bit ids
    exactly only without. In: eligible identity.links rows, ``raw_components`` rows, raw_component of the
    components to split.
    """
    inside = raw_components.join(suspects, on="raw_component", how="left_semi")
    src = inside.select("raw_component", *_end("src"))
    dst = inside.select(*_end("dst"))
    edges = links.select("link_id", "src", "dst", "tier", "weight", "last_seen").join(src, on="src").join(dst, on="dst")
    return edges.groupBy("raw_component").applyInPandas(_splitter(rules), schema=_RESULT)


def _end(end: str) -> tuple[Column, Column, Column]:
    kind, fact = F.col("priority").alias(f"{end}_kind"), F.coalesce("fact", F.lit(NO_FACT)).alias(f"{end}_fact")
    return F.col("node_id").alias(end), kind, fact


def parts_and_marked(edges: Iterable[Edge], rules: Rules) -> tuple[dict[int, int], dict[int, str]]:
    """Node → its part (the smallest node id in it), and link id → why it is held or marked. ``edges``: best first."""
    in_order = list(edges)
    parts, held = _parts_and_held(in_order, rules)
    if rules.bridges_above is None:
        return parts, held
    kept = [e for e in in_order if e.link_id not in held]
    weak = weak_bridges(kept, parts, rules.strong, rules.bridges_above)
    cut = {e.link_id for e in weak if e.tier > _DEVICE_TIER}
    marked = held | {e.link_id: BRIDGE if e.link_id in cut else BRIDGE_REVIEW for e in weak}
    if cut:
        parts, _ = _parts_and_held([e for e in kept if e.link_id not in cut], Rules({}), parts)
    return parts, marked


def _parts_and_held(
    edges: Iterable[Edge], rules: Rules, nodes: Iterable[int] = ()
) -> tuple[dict[int, int], dict[int, str]]:
    forest = _Forest(rules)
    held = {e.link_id: why for e in edges if (why := forest.refusal(e))}
    parts = forest.parts()
    return {n: n for n in nodes} | parts, held


def _splitter(rules: Rules) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def split(component: pd.DataFrame) -> pd.DataFrame:
        best_first = component.sort_values(
            ["tier", "weight", "last_seen", "link_id"], ascending=[True, False, False, True]
        )
        columns = [best_first[c].tolist() for c in Edge._fields]
        parts, marked = parts_and_marked(map(Edge._make, zip(*columns, strict=True)), rules)
        frame = pd.DataFrame(
            {
                "id": pd.Series([*parts, *marked], dtype="int64"),
                "part": pd.Series([*parts.values(), *marked], dtype="int64"),
                "reason": pd.Series([*[None] * len(parts), *marked.values()], dtype="object"),
            }
        )
        frame.insert(0, "raw_component", component["raw_component"].iloc[0])
        return frame

    return split


@dataclass
class _Tree:
    """What a tree of the forest holds: identifiers by kind, a strong one, personal facts, forbidden pairs of which it holds
    one end.
    """

    size: int = 1
    counts: dict[int, int] = field(default_factory=dict)
    is_known: bool = False
    pairs: frozenset[int] = frozenset()
    facts: frozenset[str] = frozenset()


class _Forest:
    """Union-find whose trees refuse to grow over a limit, around a forbidden pair, around different people, or by a
    forwardable link around two who are known.
    """

    def __init__(self, rules: Rules) -> None:
        self._limits = rules.limits
        self._strong, self._shareable, self._forwardable = rules.strong, rules.shareable, rules.forwardable
        self._parent: dict[int, int] = {}
        self._trees: dict[int, _Tree] = {}
        self._pairs: dict[int, set[int]] = defaultdict(set)
        for i, pair in enumerate(rules.forbidden):
            for node in pair:
                self._pairs[node].add(i)

    def refusal(self, e: Edge) -> str | None:
        """Why the link's ends may not be joined; None when they are in one tree now.

        A forbidden pair binds every link, limits and facts bind all but those that people drew; names without birth dates
        only those by what a household shares.
        """
        one, other = self._root(e.src, e.src_kind, e.src_fact), self._root(e.dst, e.dst_kind, e.dst_fact)
        if one == other:
            return None
        if self._trees[one].pairs & self._trees[other].pairs:
            return MUST_NOT_LINK
        if e.tier > MANUAL and self._over_limit(one, other):
            return NAMESPACE_LIMIT
        by_name = e.src_kind in self._shareable or e.dst_kind in self._shareable
        if e.tier > MANUAL and self._are_different(one, other, by_name=by_name):
            return DIFFERENT_PEOPLE
        if e.tier > MANUAL and self._are_both_known(one, other) and self._forwardable & {e.src_kind, e.dst_kind}:
            return FOLLOWED_LINK
        self._join(one, other)
        return None

    def parts(self) -> dict[int, int]:
        """Node → the smallest node of its tree."""
        trees: dict[int, list[int]] = defaultdict(list)
        for node in self._parent:
            trees[self._find(node)].append(node)
        return {node: least for members in trees.values() for least in [min(members)] for node in members}

    def _join(self, one: int, other: int) -> None:
        if self._trees[one].size < self._trees[other].size:
            one, other = other, one
        self._parent[other] = one
        into, gone = self._trees[one], self._trees.pop(other)
        into.size += gone.size
        into.is_known |= gone.is_known
        into.pairs |= gone.pairs
        into.facts |= gone.facts
        for kind, n in gone.counts.items():
            into.counts[kind] = into.counts.get(kind, 0) + n

    def _over_limit(self, one: int, other: int) -> bool:
        mine, theirs = self._trees[one].counts, self._trees[other].counts
        return any(
            kind in mine and mine[kind] + n > self._limits[kind] for kind, n in theirs.items() if kind in self._limits
        )

    def _are_different(self, one: int, other: int, *, by_name: bool) -> bool:
        mine, theirs = self._trees[one].facts, self._trees[other].facts
        return any(are_different_people(a, b, by_name=by_name) for a in mine for b in theirs)

    def _are_both_known(self, one: int, other: int) -> bool:
        return self._trees[one].is_known and self._trees[other].is_known

    def _root(self, node: int, kind: int, fact: str) -> int:
        if node not in self._parent:
            self._parent[node] = node
            facts = frozenset((fact,)) if fact else frozenset()
            pairs = frozenset(self._pairs.get(node, ()))
            self._trees[node] = _Tree(counts={kind: 1}, is_known=kind in self._strong, pairs=pairs, facts=facts)
            return node
        return self._find(node)

    def _find(self, node: int) -> int:
        root = node
        while self._parent[root] != root:
            root = self._parent[root]
        while self._parent[node] != root:
            self._parent[node], node = root, self._parent[node]
        return root
