"""scipy on the driver against plain union-find, without Spark."""

import random
from collections.abc import Callable, Iterable

import numpy as np
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from cdp_spark.identity.components.driver import driver_labels, smallest_labels

Edges = list[tuple[int, int]]


def union_find(edges: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Node → smallest node of its component, the slow and obvious way."""
    label: dict[int, int] = {}
    members: dict[int, set[int]] = {}
    for edge in edges:
        for node in edge:
            if node not in label:
                label[node], members[node] = node, {node}
        one, other = (label[n] for n in edge)
        if one != other:
            least, most = min(one, other), max(one, other)
            for node in members[most]:
                label[node] = least
            members[least] |= members.pop(most)
    return label


def chain(n: int) -> Edges:
    return [(i, i + 1) for i in range(n)]


def star(n: int) -> Edges:
    return [(0, i) for i in range(1, n)]


def clique(n: int) -> Edges:
    return [(i, j) for i in range(n) for j in range(i + 1, n)]


def scattered(random_: random.Random, nodes: int, edges: int) -> Edges:
    ids = [random_.getrandbits(63) for _ in range(nodes)]
    return [(random_.choice(ids), random_.choice(ids)) for _ in range(edges)]


def placeholder(random_: random.Random, persons: int) -> Edges:
    """Persons of a few identifiers each, a fifth of which share one value."""
    edges = [(3 * p, 3 * p + i) for p in range(1, persons) for i in (1, 2)]
    return edges + [(0, 3 * p) for p in range(1, persons) if random_.random() < 0.2]


@pytest.mark.parametrize(
    "edges", [[], [(7, 7)], [(1, 2), (2, 1), (1, 2)], chain(50), star(200), clique(30), [(2**63 - 1, 2**62)]]
)
def test_known_graphs(edges: Edges) -> None:
    assert _labels(edges) == union_find(edges)


@pytest.mark.parametrize("seed", range(20))
def test_random_graphs(seed: int, dice: Callable[[int], random.Random]) -> None:
    random_ = dice(seed)
    for edges in (scattered(random_, 60, random_.randrange(80)), placeholder(random_, 40)):
        random_.shuffle(edges)
        assert _labels(edges) == union_find(edges)


def _labels(edges: Edges) -> dict[int, int]:
    src, dst = (np.array([e[i] for e in edges], dtype=np.int64) for i in (0, 1))
    nodes, labels = smallest_labels(src, dst)
    return dict(zip(nodes.tolist(), labels.tolist(), strict=True))


def test_labels_are_not_a_task_of_every_ten_thousand(spark: SparkSession) -> None:
    chain = spark.range(25_000).select(F.col("id").alias("src"), (F.col("id") + 1).alias("dst"))
    labels = driver_labels(chain)
    assert labels.rdd.getNumPartitions() == 1
    assert labels.agg(F.count(F.lit(1)), F.max("raw_component")).first() == (25_001, 0)
