"""Raw components: every active identifier with its component, checked after each solve."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from cdp_spark.identity.components import DRIVER, Engine, labelled_nodes
from cdp_spark.identity.namespaces import Namespaces
from cdp_spark.identity.personal_facts import BORN, NOT_KNOWN


def raw_components(
    active_nodes: DataFrame, links: DataFrame, engine: Engine, facts: DataFrame | None = None
) -> DataFrame:
    """One row an active identifier: node_id, priority, raw_component (its component's smallest node id), fact.

    In: identity.nodes rows, eligible links between them, ``personal_facts``. Raises ContractError when the driver finds
    identifiers twice or links that lead elsewhere.
    """
    known = labelled_nodes(active_nodes.select("node_id", "priority"), links, engine)
    if facts is None:
        return known.withColumn("fact", F.lit(None).cast("string"))
    return known.join(facts.select("node_id", "fact"), on="node_id", how="left")


def component_summary(raw_components: DataFrame, namespaces: Namespaces, bridges_above: int | None) -> DataFrame:
    """One row a component: raw_component, least, n, is_suspect: it may hold more than one person.

    It holds more identifiers of a kind than one person may have, or more than ``bridges_above`` in all, or contacts with
    several birth dates or given names, or what travels in links beside several strong identifiers.
    """
    n = F.count(F.lit(1))
    born, given = F.nullif(F.substring("fact", 1, BORN), F.lit(NOT_KNOWN)), F.substring("fact", BORN + 1, 100)
    given = F.nullif(given, F.lit(""))
    is_suspect = F.lit(False) if bridges_above is None else n > bridges_above
    for priority, limit in namespaces.limits.items():
        is_suspect |= F.count_if(F.col("priority") == priority) > limit
    if namespaces.forwardable:
        strong = F.count_if(F.col("priority").isin(*namespaces.strong))
        is_suspect |= F.bool_or(F.col("priority").isin(*namespaces.forwardable)) & (strong > 1)
    for told in (born, given):
        # Texts would make Spark sort all identifiers; a hash is as different as they are.
        number = F.when(told.isNotNull(), F.xxhash64(told))
        is_suspect |= F.coalesce(F.min(number) != F.max(number), F.lit(False))
    return raw_components.groupBy("raw_component").agg(
        F.min("node_id").alias("least"), n.alias("n"), is_suspect.alias("is_suspect")
    )


def suspect_components(summary: DataFrame, raw_components: DataFrame, forbidden: DataFrame | None = None) -> DataFrame:
    """The suspects of ``component_summary`` and the components with both ends of a forbidden pair: raw_component."""
    suspects = summary.filter("is_suspect").select("raw_component")
    if forbidden is None:
        return suspects
    return suspects.unionByName(_around(forbidden, raw_components)).distinct()


def _around(pairs: DataFrame, raw_components: DataFrame) -> DataFrame:
    """The components that hold both ends of a pair."""
    src = raw_components.select(F.col("node_id").alias("src"), "raw_component")
    dst = raw_components.select(F.col("node_id").alias("dst"), "raw_component")
    return pairs.join(src, on="src").join(dst, on=["dst", "raw_component"]).select("raw_component")


def component_faults(n_active: int, summary: DataFrame) -> DataFrame:
    """One row of counts: ``suspects``, and the others 0 when the components are right.

    lost: identifiers missing or double; foreign: components whose label is not their smallest member.
    """
    return summary.agg(
        F.abs(F.coalesce(F.sum("n"), F.lit(0)) - F.lit(n_active)).alias("lost"),
        F.count_if(F.col("least") != F.col("raw_component")).alias("foreign"),
        F.count_if("is_suspect").alias("suspects"),
    )


def torn_links(links: DataFrame, raw_components: DataFrame, engine: Engine) -> DataFrame:
    """One row, torn: the links whose ends have two labels, or none. The driver has looked for them itself."""
    if engine.name == DRIVER:
        return links.sparkSession.range(1).select(F.lit(0).alias("torn"))
    src = raw_components.select(F.col("node_id").alias("src"), F.col("raw_component").alias("a"))
    dst = raw_components.select(F.col("node_id").alias("dst"), F.col("raw_component").alias("b"))
    ends = links.select("src", "dst").join(src, on="src", how="left").join(dst, on="dst", how="left")
    return ends.agg(F.count_if(~F.coalesce(F.col("a") == F.col("b"), F.lit(False))).alias("torn"))
