"""Raw components: every active identifier with its component, checked after each solve."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from cdp_spark.errors import ContractError
from cdp_spark.identity.namespaces import Namespaces


def raw_components(active_nodes: DataFrame, labels: DataFrame) -> DataFrame:
    """One row an active identifier: node_id, priority, raw_component.

    An identifier without a link is its own component. In: identity.nodes rows, ``components.edge_labels``.
    """
    return active_nodes.select("node_id", "priority").join(labels, on="node_id", how="left").select(
        "node_id", "priority", F.coalesce("raw_component", "node_id").alias("raw_component")
    )  # fmt: skip


def violating_components(raw_components: DataFrame, namespaces: Namespaces) -> DataFrame:
    """The components that hold more identifiers of a kind than one person may have: raw_component."""
    limit = namespaces.limit(F.col("priority"))
    return (
        raw_components.groupBy("raw_component", "priority")
        .agg(F.count(F.lit(1)).alias("n"))
        .filter(F.col("n") > limit)
        .select("raw_component")
        .distinct()
    )


def component_faults(n_active: int, raw_components: DataFrame, edges: DataFrame) -> DataFrame:
    """One row of counts, all 0 when the components are right.

    lost: identifiers missing or double; foreign: components whose label is not their smallest member; torn:
    edges whose ends have two labels, or none.
    """
    groups = raw_components.groupBy("raw_component").agg(F.min("node_id").alias("least"), F.count(F.lit(1)).alias("n"))
    members = groups.agg(
        F.abs(F.coalesce(F.sum("n"), F.lit(0)) - F.lit(n_active)).alias("lost"),
        F.count_if(F.col("least") != F.col("raw_component")).alias("foreign"),
    )
    src = raw_components.select(F.col("node_id").alias("src"), F.col("raw_component").alias("a"))
    dst = raw_components.select(F.col("node_id").alias("dst"), F.col("raw_component").alias("b"))
    ends = edges.select("src", "dst").join(src, on="src", how="left").join(dst, on="dst", how="left")
    torn = ends.agg(F.count_if(~F.coalesce(F.col("a") == F.col("b"), F.lit(False))).alias("torn"))
    return members.crossJoin(torn)


def refuse_faults(what: str, faults: dict[str, int]) -> None:
    """Raises ContractError naming every count that is not 0."""
    wrong = {name: n for name, n in faults.items() if n}
    if wrong:
        raise ContractError(
            f"{what}: " + ", ".join(f"{n} {name}" for name, n in wrong.items()),
            fix="nothing was published; run again, with components.engine: driver if it happens twice",
            **wrong,
        )
