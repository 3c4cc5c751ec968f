"""The graph of a run: nodes and drawn links from the evidence, and the person parts it falls into."""

from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from cdp_spark.config.identity import IdentityConfig
from cdp_spark.contracts.identity import HELD_LINKS, LINKS
from cdp_spark.errors import ContractError
from cdp_spark.identity.components import Engine, chosen_engine, edge_labels
from cdp_spark.identity.evidence import evidence, record_sets, window_start
from cdp_spark.identity.hygiene import ACTIVE, capped_nodes
from cdp_spark.identity.links import drawn_links
from cdp_spark.identity.namespaces import Namespaces
from cdp_spark.identity.nodes import identity_nodes
from cdp_spark.identity.raw_components import component_faults, raw_components, refuse_faults, violating_components
from cdp_spark.identity.split import split_components
from cdp_spark.runtime.staging import staged


@dataclass(frozen=True)
class Graph:
    """Nodes in the form of identity.nodes, links as ``links.drawn_links`` gives them, and how many there are."""

    nodes: DataFrame
    drawn: DataFrame
    counts: dict[str, int]

    @property
    def active_nodes(self) -> DataFrame:
        """The nodes that may link."""
        return self.nodes.filter(F.col("status") == ACTIVE)

    @property
    def links(self) -> DataFrame:
        """The eligible links, in the form of identity.links."""
        return self.drawn.filter("reason IS NULL").transform(LINKS.shape)


@dataclass(frozen=True)
class Solution:
    """Every active identifier with its component and part (node_id, priority, raw_component, part), and the links refused."""

    members: DataFrame
    held: DataFrame
    engine: Engine
    n_split: int


def graph_of(identifiers: DataFrame, config: IdentityConfig, as_of: datetime) -> Graph:
    """Nodes and links of all evidence up to ``as_of``.

    In: silver.identifiers. Raises ContractError when two identifiers share a node id, or two links a link id.
    """
    namespaces = Namespaces(config)
    seen = evidence(identifiers, namespaces, as_of)
    sets = staged(record_sets(seen, namespaces, window_start(as_of, config.window), config.max_per_record))
    capped = staged(capped_nodes(sets, namespaces))
    nodes = staged(identity_nodes(seen, capped))
    drawn = staged(drawn_links(sets, capped, namespaces))
    return Graph(nodes, drawn, graph_counts(nodes, drawn, namespaces))


def solution_of(graph: Graph, config: IdentityConfig) -> Solution:
    """The components and parts of a graph.

    Raises ContractError when an identifier is lost or double, a label foreign to its component, an edge torn, or
    a part over a limit.
    """
    namespaces = Namespaces(config)
    links = graph.links
    engine = chosen_engine(config.components, graph.counts["links"], links.sparkSession)
    components = staged(raw_components(graph.active_nodes, edge_labels(links, engine)))
    violating = violating_components(components, namespaces)
    faults = component_faults(graph.counts["active"], components, links)
    checked = faults.crossJoin(violating.agg(F.count(F.lit(1)).alias("violating"))).first()
    found = checked.asDict() if checked else {}
    n_split = found.pop("violating", 0)
    refuse_faults(f"components by {engine.name}", found)
    refused = graph.drawn.filter("reason IS NOT NULL").withColumn("raw_component", F.lit(None).cast("bigint"))
    if not n_split:
        members = components.withColumn("part", F.col("raw_component"))
        return Solution(members, refused.transform(HELD_LINKS.shape), engine, 0)
    violating = staged(violating)
    split = staged(split_components(links, components, violating, namespaces.limits))
    members = staged(_with_parts(components, split))
    held = refused.transform(HELD_LINKS.shape).unionByName(_limited(links, split))
    _refuse_over_limit(members, violating, namespaces)
    return Solution(members, held, engine, n_split)


def graph_counts(nodes: DataFrame, drawn: DataFrame, namespaces: Namespaces) -> dict[str, int]:
    """How many nodes, rows of evidence, links and nodes of each status there are.

    Raises ContractError when two identifiers share a node id, or two links a link id.
    """
    of_nodes = nodes.agg(
        F.count(F.lit(1)).alias("nodes"),
        F.count_distinct("node_id").alias("node_ids"),
        F.coalesce(F.sum("n_records"), F.lit(0)).alias("rows"),
        F.count_if(F.col("priority") == namespaces.unknown).alias("unknown_namespace"),
        *[F.count_if(F.col("status") == s).alias(s) for s in ("active", "shared", "generic", "blocked")],
    )
    of_links = drawn.agg(
        F.count_if(F.col("reason").isNull()).alias("links"),
        F.count(F.lit(1)).alias("drawn"),
        F.count_distinct("link_id").alias("link_ids"),
    )
    row = of_nodes.crossJoin(of_links).first()
    counts: dict[str, int] = row.asDict() if row else {}
    collisions = counts["nodes"] - counts.pop("node_ids") + counts.pop("drawn") - counts.pop("link_ids")
    if collisions:
        raise ContractError(
            f"{collisions} ids of identifiers or links collide",
            fix="nothing was published; look for records made to collide, and block their values in identity.yml",
            collisions=collisions,
        )
    return counts


def _with_parts(components: DataFrame, split: DataFrame) -> DataFrame:
    parts = split.filter(~F.col("is_held")).select(F.col("id").alias("node_id"), "part")
    return components.join(parts, on="node_id", how="left").withColumn("part", F.coalesce("part", "raw_component"))


def _limited(links: DataFrame, split: DataFrame) -> DataFrame:
    held = split.filter("is_held").select(F.col("id").alias("link_id"), "raw_component")
    return links.join(held, on="link_id").withColumn("reason", F.lit("namespace_limit")).transform(HELD_LINKS.shape)


def _refuse_over_limit(members: DataFrame, violating: DataFrame, namespaces: Namespaces) -> None:
    inside = members.join(violating, on="raw_component", how="left_semi")
    counted = inside.groupBy("part", "priority").agg(F.count(F.lit(1)).alias("n"))
    over = counted.filter(F.col("n") > namespaces.limit(F.col("priority"))).count()
    refuse_faults("splitting", {"parts over a limit": over})
