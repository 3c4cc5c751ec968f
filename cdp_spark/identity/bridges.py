"""Bridges: single weak links that alone hold two strong parts of a large person together.

A bridge is a link without which its ends are not connected (Tarjan, 1974: low-link values of one depth-first walk).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

_WEAK_FROM = 3


class Edge(NamedTuple):
    """A link as splitting sees it; kinds are priorities of namespaces, facts as ``personal_facts`` gives them."""

    link_id: int
    src: int
    dst: int
    src_kind: int
    dst_kind: int
    tier: int
    src_fact: str = ""
    dst_fact: str = ""


def weak_bridges(kept: Sequence[Edge], parts: Mapping[int, int], strong: frozenset[int], above: int) -> list[Edge]:
    """The bridges of parts with more than ``above`` identifiers that are of the part's worst tier, 3 or worse.

    On both sides of each lies an identifier of a ``strong`` kind. The size is fixed, since a share of all sizes would
    make one person depend on others. ``parts``: node → part.
    """
    by_part: dict[int, list[Edge]] = defaultdict(list)
    for e in kept:
        by_part[parts[e.src]].append(e)
    found: list[Edge] = []
    for edges in by_part.values():
        worst = max(e.tier for e in edges)
        nodes = {n for e in edges for n in (e.src, e.dst)}
        if worst >= _WEAK_FROM and len(nodes) > above:
            found += [e for e in _strong_both_sides(edges, strong) if e.tier == worst]
    return found


def _strong_both_sides(edges: Sequence[Edge], strong: frozenset[int]) -> Iterable[Edge]:
    """Every bridge of a connected graph with an identifier of a strong kind on either side."""
    kinds = {n: k for e in edges for n, k in ((e.src, e.src_kind), (e.dst, e.dst_kind))}
    total = sum(k in strong for k in kinds.values())
    order, via = _walk(edges)
    position = {n: i for i, n in enumerate(order)}
    low, below = dict(position), {n: int(kinds[n] in strong) for n in order}
    for e in edges:
        for n, m in ((e.src, e.dst), (e.dst, e.src)):
            if via[n] is not e:
                low[n] = min(low[n], position[m])
    for n in reversed(order):
        entry = via[n]
        if entry is None:
            continue
        above = entry.src if entry.dst == n else entry.dst
        if low[n] == position[n] and 0 < below[n] < total:
            yield entry
        low[above] = min(low[above], low[n])
        below[above] += below[n]


def _walk(edges: Sequence[Edge]) -> tuple[list[int], dict[int, Edge | None]]:
    """Depth-first order of a connected graph, and for each node the link it was entered by; no recursion."""
    around: dict[int, list[Edge]] = defaultdict(list)
    for e in edges:
        around[e.src].append(e)
        around[e.dst].append(e)
    start = min(around)
    order, stack = [start], [(start, iter(around[start]))]
    via: dict[int, Edge | None] = {start: None}
    while stack:
        node, rest = stack[-1]
        step = next(rest, None)
        if step is None:
            stack.pop()
            continue
        other = step.dst if step.src == node else step.src
        if other not in via:
            via[other] = step
            order.append(other)
            stack.append((other, iter(around[other])))
    return order, via
