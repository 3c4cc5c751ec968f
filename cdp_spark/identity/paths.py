"""Paths: how two identifiers hang together, from the links of one component; plain Python over a few rows."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Hop:
    """A link as explanations see it; ``reason`` says why it is held, None where it is kept."""

    link_id: int
    src: int
    dst: int
    rule: str
    tier: int | None = None
    weight: float | None = None
    n_obs: int | None = None
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    sources: tuple[str, ...] = ()
    example_record_id: str | None = None
    reason: str | None = None

    @property
    def rank(self) -> tuple[int, float, int]:
        """Smaller is stronger; a total order, the one that splitting takes links in but for the time."""
        return self.tier or 0, -(self.weight or 0.0), self.link_id


def strongest_path(kept: Iterable[Hop], start: int, end: int) -> list[Hop]:
    """The path whose weakest link is as strong as possible, of these one with fewest links; empty where none leads.

    Links are added from the strongest on until the two are connected (the bottleneck), then searched breadth first.
    """
    in_order = sorted(kept, key=lambda h: h.rank)
    parent: dict[int, int] = {}

    def root(n: int) -> int:
        while parent.setdefault(n, n) != n:
            parent[n] = parent[parent[n]]
            n = parent[n]
        return n

    for i, hop in enumerate(in_order, start=1):
        parent[root(hop.src)] = root(hop.dst)
        if root(start) == root(end):
            return _cheapest(in_order[:i], start, end, lambda _: 1)
    return []


def fewest_held(hops: Iterable[Hop], start: int, end: int) -> list[Hop]:
    """The path over kept and held links with the fewest held ones; empty where none leads."""
    return _cheapest(sorted(hops, key=lambda h: h.rank), start, end, lambda h: 1000 if h.reason else 1)


def sides_without(kept: Iterable[Hop], hop: Hop) -> tuple[int, int] | None:
    """How many identifiers lie on either side once the link is gone; None where others still connect its ends."""
    rest = [h for h in kept if h.link_id != hop.link_id]
    around = _around(rest)
    src = _reached(around, hop.src)
    if hop.dst in src:
        return None
    return len(src), len(_reached(around, hop.dst))


def _cheapest(hops: Sequence[Hop], start: int, end: int, cost: Callable[[Hop], int]) -> list[Hop]:
    """Breadth first in waves of equal cost; equal paths are told apart by the order of ``hops``."""
    around = _around(hops)
    waves: dict[int, deque[int]] = defaultdict(deque, {0: deque([start])})
    best: dict[int, int] = {start: 0}
    via: dict[int, tuple[int, Hop]] = {}
    while waves:
        at = min(waves)
        for node in waves.pop(at):
            if best[node] < at:
                continue
            for hop in around.get(node, ()):
                other, reached = hop.dst if hop.src == node else hop.src, at + cost(hop)
                if reached < best.get(other, reached + 1):
                    best[other], via[other] = reached, (node, hop)
                    waves[reached].append(other)
    path: list[Hop] = []
    while end != start:
        if end not in via:
            return []
        end, hop = via[end]
        path.append(hop)
    return path[::-1]


def _around(hops: Iterable[Hop]) -> Mapping[int, list[Hop]]:
    around: dict[int, list[Hop]] = defaultdict(list)
    for hop in hops:
        around[hop.src].append(hop)
        around[hop.dst].append(hop)
    return around


def _reached(around: Mapping[int, list[Hop]], start: int) -> set[int]:
    reached, queue = {start}, deque([start])
    while queue:
        node = queue.popleft()
        for hop in around.get(node, ()):
            other = hop.dst if hop.src == node else hop.src
            if other not in reached:
                reached.add(other)
                queue.append(other)
    return reached
