"""Who shares an identifier without being one person: a landline, a family's address, the tablet in the living room."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from cdp_spark.config.identity import IdentityConfig
from cdp_spark.identity.components import chosen_engine, edge_labels
from cdp_spark.identity.hygiene import SHARED
from cdp_spark.runtime.staging import staged

_HELD_FOR = f"{SHARED}_identifier"


def household_nodes(held: DataFrame, shared: DataFrame, memberships: DataFrame, config: IdentityConfig) -> DataFrame:
    """The identifiers of a household's persons that met what the household shares: node_id, household_id, basis.

    Persons belong together when links to one shared identifier were held, and over several such. A household has two
    persons at least and ``households.max_persons`` at most; more are a kiosk or an office, and make none. ``basis``
    are the namespaces that are shared, sorted. The id follows from the smallest identifier that is in it.

    In: identity.held_links, the rows of identity.nodes that are shared, identity.memberships.
    """
    meetings = staged(_meetings(held, shared, memberships))
    few = _sized(meetings, "shared_node", config.households.max_persons)
    meetings = meetings.join(few, on="shared_node", how="left_semi")
    edges = staged(meetings.select(F.col("person_node").alias("src"), F.col("shared_node").alias("dst")).distinct())
    engine = chosen_engine(config.components, edges.count(), edges.sparkSession)
    labels = edge_labels(edges, engine).withColumnRenamed("node_id", "shared_node")
    together = meetings.join(labels, on="shared_node")
    sized = _sized(together, "raw_component", config.households.max_persons)
    basis = F.array_sort(F.collect_set("namespace")).alias("basis")
    homes = together.groupBy("raw_component").agg(basis).join(sized, on="raw_component", how="left_semi")
    household_id = F.concat(F.lit("h"), F.lpad(F.lower(F.hex("raw_component")), 16, "0"))
    return (
        together.select("node_id", "raw_component")
        .distinct()
        .join(homes, on="raw_component")
        .select("node_id", household_id.alias("household_id"), "basis")
    )


def _meetings(held: DataFrame, shared: DataFrame, memberships: DataFrame) -> DataFrame:
    """An active identifier and the shared one it was not linked to: node_id, person_id, shared_node, namespace, and
    person_node, which stands for the person in the graph.
    """
    refused = held.filter(F.col("reason") == _HELD_FOR)
    ends = refused.select(F.col("src").alias("node_id"), F.col("dst").alias("shared_node")).unionAll(
        refused.select(F.col("dst").alias("node_id"), F.col("src").alias("shared_node"))
    )
    shared = shared.select(F.col("node_id").alias("shared_node"), "namespace")
    current = memberships.filter("is_current").select("node_id", "person_id")
    met = ends.distinct().join(shared, on="shared_node").join(current, on="node_id")
    return met.withColumn("person_node", F.min("node_id").over(Window.partitionBy("person_id")))


def _sized(meetings: DataFrame, group: str, most: int) -> DataFrame:
    """The groups of two persons at least and ``most`` at most."""
    sizes = meetings.groupBy(group).agg(F.count_distinct("person_id").alias("persons"))
    return sizes.filter(F.col("persons").between(2, most)).select(group)
