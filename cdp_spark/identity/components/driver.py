"""Components on the driver: edges in by Arrow, scipy, labels out by Arrow. Fastest while the edges fit."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Ids = NDArray[np.int64]


def driver_labels(edges: DataFrame) -> DataFrame:
    """(node_id, raw_component) for every node with an edge. In: src, dst."""
    table = edges.select("src", "dst").toArrow()
    nodes, labels = smallest_labels(_ids(table, "src"), _ids(table, "dst"))
    return edges.sparkSession.createDataFrame(pa.table({"node_id": nodes, "raw_component": labels}))


def smallest_labels(src: Ids, dst: Ids) -> tuple[Ids, Ids]:
    """The distinct nodes in ascending order, and for each the smallest node id of its component."""
    nodes, positions = np.unique(np.concatenate([src, dst]), return_inverse=True)
    if not len(nodes):
        return nodes, nodes
    tails, heads = positions[: len(src)], positions[len(src) :]
    graph = coo_array((np.ones(len(src), dtype=np.int8), (tails, heads)), shape=(len(nodes), len(nodes)))
    _, components = connected_components(graph, directed=False)
    # Nodes ascend, so the first node of a component is its smallest.
    _, first = np.unique(components, return_index=True)
    return nodes, nodes[first][components]


def _ids(table: pa.Table, column: str) -> Ids:
    return np.asarray(table[column].to_numpy(), dtype=np.int64)
