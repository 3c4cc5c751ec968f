"""Every node gets its component by every engine; the driver refuses what it cannot label."""

import random
from collections.abc import Callable

import pytest
from pyspark.sql import SparkSession

from cdp_spark.errors import ContractError
from cdp_spark.identity.components import Engine, labelled_nodes
from tests.identity.components.test_driver import scattered, union_find

NODES, EDGES = "node_id BIGINT, priority INT", "src BIGINT, dst BIGINT"


@pytest.mark.parametrize("engine", ["driver", "native", "graphframes"])
def test_a_node_without_an_edge_is_its_own_component(
    spark: SparkSession, dice: Callable[[int], random.Random], engine: str
) -> None:
    edges = scattered(dice(6), 80, 60)
    ends = sorted({n for edge in edges for n in edge} | {7, 2**63 - 1})
    nodes = [(n, i % 3) for i, n in enumerate(ends)]
    labelled = labelled_nodes(
        spark.createDataFrame(nodes[::-1], NODES), spark.createDataFrame(edges, EDGES), Engine(engine, "")
    )
    found = {(r["node_id"], r["priority"], r["raw_component"]) for r in labelled.collect()}
    label = union_find(edges)
    assert found == {(n, priority, label.get(n, n)) for n, priority in nodes}


@pytest.mark.parametrize(
    ("nodes", "edges", "fault"),
    [
        ([1, 2, 2], [(1, 2)], "1 double"),
        ([1, 2], [(1, 3)], "1 torn"),
        ([2, 3], [(1, 9), (2, 3)], "2 torn"),
        ([], [(1, 2)], "2 torn"),
    ],
)
def test_the_driver_refuses_double_nodes_and_links_that_lead_elsewhere(
    spark: SparkSession, nodes: list[int], edges: list[tuple[int, int]], fault: str
) -> None:
    rows = spark.createDataFrame([(n, 0) for n in nodes], NODES)
    with pytest.raises(ContractError, match=f"components by driver: {fault}. Fix"):
        labelled_nodes(rows, spark.createDataFrame(edges, EDGES), Engine("driver", ""))


def test_nothing_is_labelled_where_nothing_is(spark: SparkSession) -> None:
    nothing = spark.createDataFrame([], NODES), spark.createDataFrame([], EDGES)
    assert labelled_nodes(*nothing, Engine("driver", "")).collect() == []
