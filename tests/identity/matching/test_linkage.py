"""Average linkage against a plain reading of its rule on random graphs, and what it must not do."""

import random
from itertools import combinations

import pytest

from cdp_spark.identity.matching.linkage import average_linkage

Edges = list[tuple[int, int, float]]


def by_the_rule(nodes: list[int], edges: Edges, exclusive: dict[int, int], floor: float) -> set[frozenset[int]]:
    """Merges the pair of clusters with the highest average again and again, computing every average anew."""
    weight = {frozenset(e[:2]): max(e[2], floor) for e in edges}
    against = {frozenset(e[:2]): max(e[2], -12) for e in edges}
    clusters = [frozenset({n}) for n in sorted(nodes)]
    while True:
        best = None
        for a, b in combinations(clusters, 2):
            groups = [exclusive[n] for n in a | b if n in exclusive]
            average = sum(weight.get(frozenset({x, y}), floor) for x in a for y in b) / (len(a) * len(b))
            both_several = min(len(a), len(b)) >= 3
            if both_several and sum(against.get(frozenset({x, y}), floor) for x in a for y in b) <= 0:
                continue
            if average > 0 and len(groups) == len(set(groups)) and (best is None or average > best[0]):
                best = (average, a, b)
        if best is None:
            return set(clusters)
        clusters = [c for c in clusters if c not in best[1:]] + [best[1] | best[2]]


def clusters(labels: dict[int, int]) -> set[frozenset[int]]:
    return {frozenset(n for n, x in labels.items() if x == label) for label in labels.values()}


@pytest.mark.parametrize("seed", range(40))
def test_it_gives_what_the_rule_gives(seed: int) -> None:
    dice = random.Random(seed)
    nodes = list(range(dice.randint(2, 12)))
    # Powers of two apart, so that no two averages tie.
    pairs = [p for p in combinations(nodes, 2) if dice.random() < 0.5]
    edges = [(a, b, dice.uniform(-6, 10)) for a, b in pairs]
    exclusive = {n: dice.randint(0, 3) for n in nodes if dice.random() < 0.3}
    assert clusters(average_linkage(nodes, edges, exclusive, floor=-2)) == by_the_rule(nodes, edges, exclusive, -2)


def test_a_chain_of_good_pairs_is_not_one_person() -> None:
    chain = [(i, i + 1, 3.0) for i in range(99)]
    assert max(len(c) for c in clusters(average_linkage(range(100), chain))) <= 3


def test_consistent_disagreement_holds_two_groups_apart_where_single_slips_do_not() -> None:
    """Two of a house: half of the pairs between them look alike, half do not."""
    one, other = range(4), range(4, 8)
    within = [(a, b, 9.0) for group in (one, other) for a, b in combinations(group, 2)]
    across = [(a, b, 3.0 if (a + b) % 2 else -9.0) for a in one for b in other]
    apart = average_linkage(range(8), within + across)
    assert clusters(apart) == {frozenset(one), frozenset(other)}
    slips = [(a, 4, 3.0 if a % 2 else -9.0) for a in one]
    assert len(clusters(average_linkage(range(5), [w for w in within if max(w[:2]) < 4] + slips))) == 1


def test_the_order_of_the_pairs_does_not_matter() -> None:
    dice = random.Random(11)
    edges = [(a, b, float(dice.choice((-1, 2, 2, 5)))) for a, b in combinations(range(30), 2) if dice.random() < 0.3]
    first = average_linkage(range(30), edges)
    for _ in range(10):
        dice.shuffle(edges)
        assert average_linkage(range(30), edges) == first


def test_a_label_is_the_smallest_member() -> None:
    assert average_linkage([7, 3, 5], [(7, 3, 4.0)]) == {7: 3, 3: 3, 5: 5}
