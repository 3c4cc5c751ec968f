"""The graph of a run: nodes and drawn links from the evidence, and the person parts it falls into."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from cdp_spark.config.identity import IdentityConfig
from cdp_spark.contracts.identity import HELD_LINKS, LINKS
from cdp_spark.errors import ContractError
from cdp_spark.identity.components import Engine, chosen_engine
from cdp_spark.identity.decisions import MANUAL, NONE_MADE, Decisions, Kind, decided_links, verdict_frame
from cdp_spark.identity.evidence import as_nodes, evidence, recent_evidence, record_sets
from cdp_spark.identity.faults import refuse_faults
from cdp_spark.identity.hygiene import ACTIVE, capped_nodes, with_shared_by_several
from cdp_spark.identity.links import drawn_links
from cdp_spark.identity.matching.linked import matched_links
from cdp_spark.identity.namespaces import Namespaces
from cdp_spark.identity.nodes import identity_nodes
from cdp_spark.identity.personal_facts import personal_facts
from cdp_spark.identity.raw_components import (
    component_faults,
    component_summary,
    raw_components,
    suspect_components,
    torn_links,
)
from cdp_spark.identity.split import Rules, split_components
from cdp_spark.runtime.rows import frame_of_rows
from cdp_spark.runtime.side_by_side import pair
from cdp_spark.runtime.staging import measured, staged, staged_keys


@dataclass(frozen=True)
class Graph:
    """Nodes in the form of identity.nodes, links as ``links.drawn_links`` gives them, how many there are, and
    ``personal_facts``.
    """

    nodes: DataFrame
    drawn: DataFrame
    counts: dict[str, int]
    facts: DataFrame | None = None

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


def graph_of(
    identifiers: DataFrame,
    config: IdentityConfig,
    as_of: datetime,
    decisions: Decisions = NONE_MADE,
    customers: DataFrame | None = None,
    matched_records: DataFrame | None = None,
) -> Graph:
    """Nodes and links of all evidence up to ``as_of`` and of all decisions.

    In: silver.identifiers, silver.customers where records tell of whom they speak, and ``linked.matched_records`` where
    matching is on.
    """
    namespaces = Namespaces(config)
    seen = evidence(identifiers, as_of)
    shown = as_nodes(seen, namespaces, decisions)
    sets = staged(record_sets(shown, namespaces, recent_evidence(config, as_of), config.max_per_record))
    facts = None if customers is None else staged(personal_facts(customers, as_of))
    capped = capped_nodes(sets, namespaces)
    if facts is not None:
        capped = with_shared_by_several(capped, facts)
    capped = staged_keys(but_unblocked(capped, decisions))

    def more_links(nodes: DataFrame) -> list[DataFrame]:
        by_people = [decided_links(nodes, decisions)] if decisions.of(Kind.MUST_LINK) else []
        return by_people if matched_records is None else [*by_people, matched_links(nodes, matched_records)]

    nodes = identity_nodes(seen, capped, namespaces, decisions)
    return graph_among(nodes, lambda: drawn_links(sets, capped, namespaces), more_links, namespaces, facts)


def graph_among(
    nodes: DataFrame,
    by_records: Callable[[], DataFrame],
    more_links: Callable[[DataFrame], list[DataFrame]],
    namespaces: Namespaces,
    facts: DataFrame | None,
) -> Graph:
    """The graph of rows of identity.nodes and of what gives ``links.drawn_links``, both computed here and counted, with
    the links that ``more_links`` makes of the nodes.
    """
    of_nodes = (
        F.count(F.lit(1)).alias("nodes"),
        F.coalesce(F.sum("n_records"), F.lit(0)).alias("rows"),
        F.count_if(F.col("priority") == namespaces.unknown).alias("unknown_namespace"),
        *[F.count_if(F.col("status") == s).alias(s) for s in ("active", "shared", "generic", "blocked")],
    )
    of_links = (F.count_if(F.col("reason").isNull()).alias("links"), F.count(F.lit(1)).alias("drawn"))
    (nodes, counts), (drawn, n_links) = pair(
        nodes.sparkSession, lambda: measured(nodes, *of_nodes), lambda: measured(by_records(), *of_links)
    )
    for links in more_links(nodes):
        further, n_further = measured(links, *of_links)
        drawn, n_links = drawn.unionByName(further), {name: n + n_further[name] for name, n in n_links.items()}
    return Graph(nodes, drawn, {**counts, **n_links}, facts)


def solution_of(graph: Graph, config: IdentityConfig, decisions: Decisions = NONE_MADE) -> Solution:
    """The components and parts of a graph.

    Raises ContractError when two identifiers share a node id or two links a link id, an identifier is lost or double, a
    label foreign to its component, an edge torn, a part over a limit or around a forbidden pair.
    """
    namespaces = Namespaces(config)
    links = graph.links
    engine = chosen_engine(config.components, graph.counts["links"], links.sparkSession)
    _, components = pair(
        links.sparkSession,
        lambda: refuse_collisions(graph),
        lambda: staged(raw_components(graph.active_nodes, links, engine, graph.facts)),
    )
    summary = component_summary(components, namespaces, config.bridges_above)
    checked = component_faults(graph.counts["active"], summary).crossJoin(torn_links(links, components, engine)).first()
    found = checked.asDict() if checked else {}
    n_suspects = found.pop("suspects", 0)
    refuse_faults(f"components by {engine.name}", found)
    refused = graph.drawn.filter("reason IS NOT NULL").withColumn("raw_component", F.lit(None).cast("bigint"))
    pairs = _forbidden(links, decisions)
    suspects = staged(suspect_components(summary, components, pairs)) if n_suspects or pairs is not None else None
    if suspects is None or suspects.isEmpty():
        members = components.withColumn("part", F.col("raw_component"))
        return Solution(members, refused.transform(HELD_LINKS.shape), engine, 0)
    rules = Rules(
        limits=namespaces.limits,
        forbidden=decisions.forbidden,
        strong=namespaces.strong,
        bridges_above=config.bridges_above,
        shareable=namespaces.shareable,
        forwardable=namespaces.forwardable,
    )
    split = split_components(links, components, suspects, rules)
    members = staged(_with_parts(components, split))
    held = refused.transform(HELD_LINKS.shape).unionByName(_marked(links, split))
    n_split = _refuse_wrong_parts(members, suspects, namespaces, links, decisions)
    return Solution(members, held, engine, n_split)


def refuse_collisions(graph: Graph) -> None:
    """Raises ContractError when two identifiers share a node id, or two links a link id."""
    of_nodes = graph.nodes.agg(F.count_distinct("node_id").alias("node_ids"))
    of_links = graph.drawn.agg(F.count_distinct("link_id").alias("link_ids"))
    row = of_nodes.crossJoin(of_links).first()
    collisions = graph.counts["nodes"] + graph.counts["drawn"] - (row["node_ids"] + row["link_ids"] if row else 0)
    if collisions:
        raise ContractError(
            f"{collisions} ids of identifiers or links collide",
            fix="nothing was published; look for records made to collide, and block their values in identity.yml",
            collisions=collisions,
        )


def but_unblocked(capped: DataFrame, decisions: Decisions) -> DataFrame:
    """The capped identifiers but those that people unblocked."""
    if not decisions.of(Kind.UNBLOCK_VALUE):
        return capped
    verdicts = verdict_frame(capped.sparkSession, decisions).filter(F.col("verdict") == Kind.UNBLOCK_VALUE.value)
    return capped.join(F.broadcast(verdicts), on="node_id", how="left_anti")


def _forbidden(links: DataFrame, decisions: Decisions) -> DataFrame | None:
    if not decisions.forbidden:
        return None
    return frame_of_rows(links.sparkSession, "src BIGINT, dst BIGINT", decisions.forbidden)


def _with_parts(components: DataFrame, split: DataFrame) -> DataFrame:
    parts = split.filter(F.col("reason").isNull()).select(F.col("id").alias("node_id"), "part")
    return components.join(parts, on="node_id", how="left").withColumn("part", F.coalesce("part", "raw_component"))


def _marked(links: DataFrame, split: DataFrame) -> DataFrame:
    marked = split.filter(F.col("reason").isNotNull()).select(F.col("id").alias("link_id"), "raw_component", "reason")
    return links.join(marked, on="link_id").transform(HELD_LINKS.shape)


def _refuse_wrong_parts(
    members: DataFrame, suspects: DataFrame, namespaces: Namespaces, links: DataFrame, decisions: Decisions
) -> int:
    """How many of the suspect components fell into parts.

    Raises ContractError for parts over a limit (those apart that people joined) or around a forbidden pair.
    """
    inside = members.join(suspects, on="raw_component", how="left_semi")
    counted = inside.groupBy("raw_component", "part", "priority").agg(F.count(F.lit(1)).alias("n"))
    over = F.col("n") > namespaces.limit(F.col("priority"))
    if decisions.of(Kind.MUST_LINK):
        decided = links.filter(F.col("tier") == MANUAL).select(F.col("src").alias("node_id"))
        joined = inside.join(decided, on="node_id", how="left_semi").select("part", F.lit(True).alias("by_hand"))
        counted = counted.join(joined.distinct(), on="part", how="left")
        over = over & F.col("by_hand").isNull()
    by_component = counted.groupBy("raw_component").agg(
        F.count_if(over).alias("over"), (F.count_distinct("part") > 1).alias("is_split")
    )
    row = by_component.agg(
        F.coalesce(F.sum("over"), F.lit(0)).alias("over"), F.count_if("is_split").alias("split")
    ).first()
    faults = {"parts over a limit": row["over"] if row else 0}
    if (pairs := _forbidden(links, decisions)) is not None:
        faults["parts around a forbidden pair"] = _inside_one_part(pairs, inside)
    refuse_faults("splitting", faults)
    return int(row["split"]) if row else 0


def _inside_one_part(pairs: DataFrame, members: DataFrame) -> int:
    src = members.select(F.col("node_id").alias("src"), "part")
    dst = members.select(F.col("node_id").alias("dst"), "part")
    return pairs.join(src, on="src").join(dst, on=["dst", "part"]).count()
