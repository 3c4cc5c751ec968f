"""Components on the driver: edges in by Arrow, scipy, labels out by Arrow. Fastest while the edges fit."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame, SparkSession
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from cdp_spark.identity.faults import refuse_faults

Ids = NDArray[np.int64]
_WHAT = "components by driver"
_ROWS_A_TASK = 500_000


def driver_labels(edges: DataFrame) -> DataFrame:
    """(node_id, raw_component) for every node with an edge. In: src, dst."""
    table = edges.select("src", "dst").toArrow()
    nodes, labels = smallest_labels(_ids(table, "src"), _ids(table, "dst"))
    return _frame(edges.sparkSession, pa.table({"node_id": nodes, "raw_component": labels}))


def driver_labelled(nodes: DataFrame, edges: DataFrame) -> DataFrame:
    """The nodes (node_id, priority) with raw_component; see ``components.labelled_nodes``. In: src, dst.

    Joining labels to nodes and to both ends of every link would cost more than finding them.
    """
    labelled = nodes.select("node_id", "priority").toArrow().sort_by("node_id")
    of_edges, ids = edges.select("src", "dst").toArrow(), _ids(labelled, "node_id")
    src, dst = (_ids(of_edges, end) for end in ("src", "dst"))
    tails, heads = (np.searchsorted(ids, end) for end in (src, dst))
    double = int(np.count_nonzero(ids[1:] == ids[:-1]))
    refuse_faults(_WHAT, {"double": double, "torn": _strangers(ids, src, tails) + _strangers(ids, dst, heads)})
    labels = _labels(ids, tails, heads)
    refuse_faults(_WHAT, {"torn": int(np.count_nonzero(labels[tails] != labels[heads]))})
    return _frame(edges.sparkSession, labelled.append_column("raw_component", pa.array(labels)))


def smallest_labels(src: Ids, dst: Ids) -> tuple[Ids, Ids]:
    """The distinct nodes in ascending order, and for each the smallest node id of its component."""
    nodes, positions = np.unique(np.concatenate([src, dst]), return_inverse=True)
    return nodes, _labels(nodes, positions[: len(src)], positions[len(src) :])


def _frame(spark: SparkSession, table: pa.Table) -> DataFrame:
    """The table's rows. Spark makes a task of every ten thousand: hundreds for a few million, in every step that follows."""
    return spark.createDataFrame(table).coalesce(1 + len(table) // _ROWS_A_TASK)


def _strangers(ids: Ids, ends: Ids, places: Ids) -> int:
    """How many ends are none of the ascending ids; ``places``: where they would stand."""
    if not len(ids):
        return len(ends)
    return int(np.count_nonzero(ids[np.minimum(places, len(ids) - 1)] != ends))


def _labels(nodes: Ids, tails: Ids, heads: Ids) -> Ids:
    """Of ascending nodes the smallest of each one's component; edges are given by the positions of their ends."""
    if not len(nodes):
        return nodes
    graph = coo_array((np.ones(len(tails), dtype=np.int8), (tails, heads)), shape=(len(nodes), len(nodes)))
    _, components = connected_components(graph, directed=False)
    # Nodes ascend, so the first node of a component is its smallest.
    _, first = np.unique(components, return_index=True)
    smallest: Ids = nodes[first][components]
    return smallest


def _ids(table: pa.Table, column: str) -> Ids:
    return np.asarray(table[column].to_numpy(), dtype=np.int64)
