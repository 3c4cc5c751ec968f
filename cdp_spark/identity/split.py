"""Splitting: components that hold more than one person.

A component holds more identifiers of a kind than one person may have, contacts of different people, or two
identifiers that must not be linked, or it is so large that one weak link may hold two persons together. Links are taken from best to worst (tier,
weight, last seen, link id); one that would put together what may not be is held, every other joins its ends. The
order is total and belongs to the links alone, so the parts are a function of the component, whatever the order of
rows. What people joined is one person, whatever limits say; only what they forbade holds against it. Only such
components meet Python: the driver's where they are few, else workers.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Generic, Protocol, Self, TypeVar

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema

from cdp_spark.contracts.identity import BRIDGE_REVIEW
from cdp_spark.identity.bridges import Edge, weak_bridges
from cdp_spark.identity.decisions import MANUAL
from cdp_spark.identity.personal_facts import DIFFERENT_PEOPLE, NO_FACT, are_different_people
from cdp_spark.runtime.staging import counted, staged

NAMESPACE_LIMIT, MUST_NOT_LINK, FOLLOWED_LINK = "namespace_limit", "must_not_link", "followed_link"
BRIDGE = "bridge"
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


_RESULT = pa.schema([("raw_component", pa.int64()), ("id", pa.int64()), ("part", pa.int64()), ("reason", pa.string())])
# Below it the links are split by the time that Python workers have started.
_BY_DRIVER_AT_MOST = 100_000


def split_components(
    links: DataFrame,
    raw_components: DataFrame,
    suspects: DataFrame,
    rules: Rules,
    by_driver_at_most: int = _BY_DRIVER_AT_MOST,
) -> DataFrame:
    """The parts of the suspect components and their marked links, in one frame.

    Out: raw_component, id, part, reason. A row without reason puts the identifier ``id`` into ``part``, the
    smallest node id in it; one with a reason names a link. In: eligible identity.links rows, ``raw_components`` rows,
    raw_component of the components to split.
    """
    inside = raw_components.join(suspects, on="raw_component", how="left_semi")
    src = inside.select("raw_component", *_end("src"))
    dst = inside.select(*_end("dst"))
    edges = links.select("link_id", "src", "dst", "tier", "weight", "last_seen").join(src, on="src").join(dst, on="dst")
    rows, count = counted(edges)

    def split(component: pa.Table) -> pa.Table:
        return split_edges(component, rules)

    if count > by_driver_at_most:
        return staged(rows.groupBy("raw_component").applyInArrow(split, from_arrow_schema(_RESULT)))
    return rows.sparkSession.createDataFrame(split_edges(rows.toArrow(), rules))


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
    persons = _Persons(rules)
    held = {e.link_id: why for e in edges if (why := persons.refusal(e))}
    return {n: n for n in nodes} | persons.parts(), held


def split_edges(edges: pa.Table, rules: Rules) -> pa.Table:
    """The rows of ``split_components`` for edges of one component or several; every component has all its edges here."""
    best_first = edges.sort_by(
        [
            ("raw_component", "ascending"),
            ("tier", "ascending"),
            ("weight", "descending"),
            ("last_seen", "descending"),
            ("link_id", "ascending"),
        ]
    )
    columns = [best_first[c].to_pylist() for c in ("raw_component", *Edge._fields)]
    rows: list[tuple[int, int, int, str | None]] = []
    for component, members in groupby(zip(*columns, strict=True), key=itemgetter(0)):
        parts, marked = parts_and_marked((Edge._make(m[1:]) for m in members), rules)
        rows += [(component, node, part, None) for node, part in parts.items()]
        rows += [(component, link, link, why) for link, why in marked.items()]
    return pa.Table.from_pylist([dict(zip(_RESULT.names, row, strict=True)) for row in rows], schema=_RESULT)


@dataclass
class _Found:
    """What evidence put together: identifiers by kind, whether a strong one is among them, and personal facts."""

    counts: dict[int, int] = field(default_factory=dict)
    is_known: bool = False
    facts: frozenset[str] = frozenset()

    def take(self, other: "_Found") -> None:
        self.is_known |= other.is_known
        self.facts |= other.facts
        for kind, n in other.counts.items():
            self.counts[kind] = self.counts.get(kind, 0) + n


@dataclass
class _Forbidden:
    """The forbidden pairs of which a person holds one end."""

    pairs: frozenset[int] = frozenset()

    def take(self, other: "_Forbidden") -> None:
        self.pairs |= other.pairs


class _Persons:
    """Persons grow link by link, and refuse the link that would go over a limit, around a forbidden pair, around
    different people, or by a forwardable link around two who are known.

    What evidence put together is counted apart from what people joined: who joins two identifiers says that the persons
    whom evidence makes of them are one, so that no limit holds between these.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._found: _Forest[_Found] = _Forest()
        self._persons: _Forest[_Forbidden] = _Forest()
        self._pairs: dict[int, set[int]] = defaultdict(set)
        for i, pair in enumerate(rules.forbidden):
            for node in pair:
                self._pairs[node].add(i)

    def refusal(self, e: Edge) -> str | None:
        """Why the link's ends may not be one person; None when they are now."""
        self._see(e.src, e.src_kind, e.src_fact)
        self._see(e.dst, e.dst_kind, e.dst_fact)
        are_one = self._persons.root(e.src) == self._persons.root(e.dst)
        if not are_one and self._persons.of(e.src).pairs & self._persons.of(e.dst).pairs:
            return MUST_NOT_LINK
        if e.tier > MANUAL:
            if reason := self._refusal_of_found(e):
                return None if are_one else reason
            self._found.join(e.src, e.dst)
        self._persons.join(e.src, e.dst)
        return None

    def parts(self) -> dict[int, int]:
        """Node → the smallest node of its person."""
        trees = self._persons.trees()
        return {node: least for members in trees for least in [min(members)] for node in members}

    def _refusal_of_found(self, e: Edge) -> str | None:
        if self._found.root(e.src) == self._found.root(e.dst):
            return None
        one, other, kinds = self._found.of(e.src), self._found.of(e.dst), {e.src_kind, e.dst_kind}
        if self._is_over_limit(one, other):
            return NAMESPACE_LIMIT
        # Names without birth dates tell apart only what a household shares.
        by_name = bool(kinds & self._rules.shareable)
        if any(are_different_people(a, b, by_name=by_name) for a in one.facts for b in other.facts):
            return DIFFERENT_PEOPLE
        if one.is_known and other.is_known and kinds & self._rules.forwardable:
            return FOLLOWED_LINK
        return None

    def _is_over_limit(self, one: _Found, other: _Found) -> bool:
        limits = self._rules.limits
        return any(
            kind in one.counts and one.counts[kind] + n > limits[kind]
            for kind, n in other.counts.items()
            if kind in limits
        )

    def _see(self, node: int, kind: int, fact: str) -> None:
        if node not in self._found:
            facts = frozenset((fact,)) if fact else frozenset()
            self._found.add(node, _Found({kind: 1}, kind in self._rules.strong, facts))
            self._persons.add(node, _Forbidden(frozenset(self._pairs.get(node, ()))))


class _Kept(Protocol):
    def take(self, other: Self) -> None: ...


_T = TypeVar("_T", bound=_Kept)


class _Forest(Generic[_T]):
    """Union-find that keeps something of each tree."""

    def __init__(self) -> None:
        self._parent: dict[int, int] = {}
        self._size: dict[int, int] = {}
        self._kept: dict[int, _T] = {}

    def __contains__(self, node: int) -> bool:
        return node in self._parent

    def add(self, node: int, kept: _T) -> None:
        self._parent[node], self._size[node], self._kept[node] = node, 1, kept

    def of(self, node: int) -> _T:
        return self._kept[self.root(node)]

    def join(self, one: int, other: int) -> None:
        into, gone = sorted((self.root(one), self.root(other)), key=self._size.__getitem__, reverse=True)
        if into != gone:
            self._parent[gone] = into
            self._size[into] += self._size.pop(gone)
            self._kept[into].take(self._kept.pop(gone))

    def root(self, node: int) -> int:
        root = node
        while self._parent[root] != root:
            root = self._parent[root]
        while self._parent[node] != root:
            self._parent[node], node = root, self._parent[node]
        return root

    def trees(self) -> Iterable[list[int]]:
        trees: dict[int, list[int]] = defaultdict(list)
        for node in self._parent:
            trees[self.root(node)].append(node)
        return trees.values()
