"""Paths against brute force on small graphs."""

import random
from collections.abc import Callable, Iterator

import pytest

from cdp_spark.identity.paths import Hop, fewest_held, sides_without, strongest_path


def _graph(random_: random.Random) -> list[Hop]:
    hops = []
    for i in range(11):
        a, b = sorted(random_.sample(range(7), 2))
        reason = random_.choice((None, None, "namespace_limit"))
        hops.append(Hop(i, a, b, "same_record", random_.randrange(1, 5), float(random_.randrange(3)), reason=reason))
    return hops


def _simple_paths(hops: list[Hop], at: int, end: int, seen: frozenset[int] = frozenset()) -> Iterator[list[Hop]]:
    if at == end:
        yield []
        return
    for h in hops:
        if at in (h.src, h.dst):
            other = h.dst if h.src == at else h.src
            if other not in seen | {at}:
                for rest in _simple_paths(hops, other, end, seen | {at}):
                    yield [h, *rest]


@pytest.mark.parametrize("seed", range(40))
def test_paths_are_the_best_there_are(seed: int, dice: Callable[[int], random.Random]) -> None:
    hops = _graph(dice(seed))
    kept = [h for h in hops if h.reason is None]
    found, ways = strongest_path(kept, 0, 6), list(_simple_paths(kept, 0, 6))
    assert bool(found) == bool(ways)
    if ways:
        bottleneck = min(max(h.rank for h in way) for way in ways)
        assert max(h.rank for h in found) == bottleneck
        assert len(found) == min(len(way) for way in ways if max(h.rank for h in way) <= bottleneck)
    any_way = [(sum(h.reason is not None for h in way), len(way)) for way in _simple_paths(hops, 0, 6)]
    least = fewest_held(hops, 0, 6)
    assert [(sum(h.reason is not None for h in least), len(least))] == [min(any_way)] if any_way else least == []


def test_a_bridge_parts_and_a_circle_does_not() -> None:
    chain = [Hop(1, 1, 2, "r"), Hop(2, 2, 3, "r"), Hop(3, 3, 4, "r")]
    assert sides_without(chain, chain[1]) == (2, 2)
    assert sides_without([*chain, Hop(4, 1, 4, "r")], chain[1]) is None
    assert strongest_path(chain, 1, 1) == []
    assert strongest_path(chain, 1, 9) == []
