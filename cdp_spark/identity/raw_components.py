"""Raw components: every active identifier with its component, checked after each solve."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from cdp_spark.errors import ContractError
from cdp_spark.identity.namespaces import Namespaces
from cdp_spark.identity.personal_facts import BORN, NOT_KNOWN


def raw_components(active_nodes: DataFrame, labels: DataFrame, facts: DataFrame | None = None) -> DataFrame:
    """One row an active identifier: node_id, priority, raw_component, fact.

    An identifier without a link is its own component. In: identity.nodes rows, ``components.edge_labels``,
    ``personal_facts``.
    """
    labelled = active_nodes.select("node_id", "priority").join(labels, on="node_id", how="left")
    known = (
        labelled.withColumn("fact", F.lit(None).cast("string"))
        if facts is None
        else labelled.join(facts.select("node_id", "fact"), on="node_id", how="left")
    )
    return known.select("node_id", "priority", F.coalesce("raw_component", "node_id").alias("raw_component"), "fact")


def suspect_components(
    raw_components: DataFrame, namespaces: Namespaces, bridges_above: int | None, forbidden: DataFrame | None = None
) -> DataFrame:
    """The components that may hold more than one person: raw_component.

    They hold more identifiers of a kind than one person may have, or more than ``bridges_above`` in all, or both ends of a
    forbidden pair (src, dst), or contacts with several birth dates or given names, or what
    travels in links beside several strong identifiers.
    """
    born, given = F.nullif(F.substring("fact", 1, BORN), F.lit(NOT_KNOWN)), F.substring("fact", BORN + 1, 100)
    given = F.nullif(given, F.lit(""))
    too_many = F.lit(False) if bridges_above is None else F.count(F.lit(1)) > bridges_above
    for priority, limit in namespaces.limits.items():
        too_many = too_many | (F.count_if(F.col("priority") == priority) > limit)
    if namespaces.forwardable:
        strong = F.count_if(F.col("priority").isin(*namespaces.strong))
        too_many = too_many | (F.bool_or(F.col("priority").isin(*namespaces.forwardable)) & (strong > 1))
    several_people = F.lit(False)
    for told in (born, given):
        several_people |= F.coalesce(F.min(told) != F.max(told), F.lit(False))
    found = (
        raw_components.groupBy("raw_component")
        .agg((too_many | several_people).alias("_is_suspect"))
        .filter("_is_suspect")
    )
    suspects = found.select("raw_component")
    if forbidden is None:
        return suspects
    return suspects.unionByName(_around(forbidden, raw_components)).distinct()


def _around(pairs: DataFrame, raw_components: DataFrame) -> DataFrame:
    """The components that hold both ends of a pair."""
    src = raw_components.select(F.col("node_id").alias("src"), "raw_component")
    dst = raw_components.select(F.col("node_id").alias("dst"), "raw_component")
    return pairs.join(src, on="src").join(dst, on=["dst", "raw_component"]).select("raw_component")


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
