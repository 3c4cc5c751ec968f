"""Weak bridges against their definition: without one, two strong parts are no longer connected."""

import random
from collections.abc import Callable

import pytest

from cdp_spark.identity.bridges import Edge, weak_bridges
from cdp_spark.identity.split import Rules, parts_and_marked

STRONG, WEAK = 0, 1


def _edge(link_id: int, src: int, dst: int, tier: int, strong: set[int]) -> Edge:
    src_kind, dst_kind = (STRONG if n in strong else WEAK for n in (src, dst))
    return Edge(link_id, src, dst, src_kind, dst_kind, tier)


def _connected(edges: list[Edge], start: int) -> set[int]:
    reached, grown = {start}, True
    while grown:
        more = {n for e in edges for n in (e.src, e.dst) if {e.src, e.dst} & reached} - reached
        reached, grown = reached | more, bool(more)
    return reached


@pytest.mark.parametrize("seed", range(40))
def test_bridges_are_those_whose_loss_parts_two_strong_sides(seed: int, dice: Callable[[int], random.Random]) -> None:
    random_ = dice(seed)
    strong = set(random_.sample(range(16), 6))
    pairs = [(random_.randrange(i), i) for i in range(1, 16)]  # connected
    pairs += [tuple(sorted(random_.sample(range(16), 2))) for _ in range(random_.randrange(6))]  # type: ignore[misc]
    edges = [_edge(i, a, b, random_.randrange(2, 5), strong) for i, (a, b) in enumerate(pairs)]
    worst = max(e.tier for e in edges)
    want = set()
    for e in edges:
        rest = [o for o in edges if o.link_id != e.link_id]
        side = _connected(rest, e.src)
        if e.tier == worst >= 3 and e.dst not in side and side & strong and strong - side:
            want.add(e.link_id)
    random_.shuffle(edges)
    found = weak_bridges(edges, dict.fromkeys(range(16), 0), frozenset({STRONG}), above=15)
    assert {e.link_id for e in found} == want
    assert weak_bridges(edges, dict.fromkeys(range(16), 0), frozenset({STRONG}), above=16) == []


@pytest.mark.parametrize(("tier", "reason", "n_parts"), [(4, "bridge", 2), (3, "bridge_review", 1)])
def test_a_probabilistic_bridge_is_cut_and_one_by_device_waits(tier: int, reason: str, n_parts: int) -> None:
    strong = {0, 5}
    edges = [_edge(i, a, b, 1, strong) for i, (a, b) in enumerate([(0, 1), (1, 2), (3, 4), (4, 5)])]
    bridge = _edge(9, 2, 3, tier, strong)
    parts, marked = parts_and_marked([*edges, bridge], Rules({}, strong=frozenset({STRONG}), bridges_above=5))
    assert marked == {9: reason}
    assert len(set(parts.values())) == n_parts
    assert set(parts) == set(range(6))


def test_a_long_chain_needs_no_recursion() -> None:
    edges = [_edge(i, i, i + 1, 4, {0, 5000}) for i in range(5000)]
    assert len(weak_bridges(edges, dict.fromkeys(range(5001), 0), frozenset({STRONG}), 30)) == 5000
