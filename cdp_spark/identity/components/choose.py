"""Which engine solves a graph, and why."""

from typing import NamedTuple

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from cdp_spark.config.identity import ComponentsConfig
from cdp_spark.identity.components import driver, graphframes, native

DRIVER = "driver"
_LABELS = {
    DRIVER: driver.driver_labels,
    "graphframes": graphframes.graphframes_labels,
    "native": native.native_labels,
}


class Engine(NamedTuple):
    """The engine a solve uses, and the reason in words."""

    name: str
    reason: str


def chosen_engine(components: ComponentsConfig, n_edges: int, spark: SparkSession) -> Engine:
    """The engine for a graph of ``n_edges``.

    ``auto`` takes the driver up to ``driver_max_edges``; above, GraphFrames where it is usable, else DataFrames alone.
    Raises EngineMismatch when the configuration asks for GraphFrames and it is missing or a mixed pair.
    """
    if components.engine in (DRIVER, "native"):
        return Engine(components.engine, "as configured")
    if components.engine == "graphframes":
        graphframes.call_options(graphframes.probe(spark))
        return Engine("graphframes", "as configured")
    if n_edges <= components.driver_max_edges:
        return Engine(DRIVER, f"{n_edges:,} links are within driver_max_edges")
    found = graphframes.probe(spark)
    if found.missing:
        return Engine("native", f"{n_edges:,} links are above driver_max_edges, but {found.missing}")
    graphframes.call_options(found)
    return Engine("graphframes", f"{n_edges:,} links are above driver_max_edges")


def edge_labels(edges: DataFrame, engine: Engine) -> DataFrame:
    """(node_id, raw_component = smallest node id) for every node with an edge. In: src, dst as BIGINT."""
    return _LABELS[engine.name](edges)


def labelled_nodes(nodes: DataFrame, edges: DataFrame, engine: Engine) -> DataFrame:
    """The nodes (node_id, priority) with raw_component.

    Raises ContractError when the driver finds a node twice, or an edge whose end is none of the nodes.
    """
    if engine.name == DRIVER:
        return driver.driver_labelled(nodes, edges)
    labelled = nodes.join(edge_labels(edges, engine), on="node_id", how="left")
    return labelled.withColumn("raw_component", F.coalesce("raw_component", "node_id"))
