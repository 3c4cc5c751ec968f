"""What a change touches: the identifiers whose rows may differ, and the graph among them.

An identifier's status hangs on the records that show it, so it can change for changed identifiers only. A link hangs
on the status of its ends, and on which identifier of its records is the best that is active; so where a status
changes, the identifiers on the same records are touched too. A component is solved anew as a whole; so with an
identifier all others of its component are touched. Nothing else can differ: a link between two active identifiers
lies within one component.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from cdp_spark.config.identity import IdentityConfig
from cdp_spark.contracts.identity import NODES
from cdp_spark.identity.decisions import NONE_MADE, Decisions, Kind, decided_links, with_partners
from cdp_spark.identity.evidence import as_nodes, evidence, recent_evidence, record_sets
from cdp_spark.identity.graph import Graph, but_unblocked, graph_among
from cdp_spark.identity.hygiene import ACTIVE, BLOCKED, GENERIC, SHARED, capped_nodes, with_shared_by_several
from cdp_spark.identity.links import drawn_links
from cdp_spark.identity.namespaces import Namespaces
from cdp_spark.identity.nodes import identity_nodes
from cdp_spark.identity.personal_facts import personal_facts
from cdp_spark.runtime.staging import counted, hinted, measured, staged, staged_keys


@dataclass(frozen=True)
class Before:
    """identity.nodes and identity.memberships before the run."""

    nodes: DataFrame
    memberships: DataFrame


@dataclass(frozen=True)
class Touched:
    """The touched identifiers (node_id) and how many there are, their rows of identity.nodes before the run, and what makes
    the graph of all their evidence.
    """

    nodes: DataFrame
    n: int
    before: DataFrame
    graph: Callable[[], Graph]

    def of_nodes(self, rows: DataFrame, column: str = "node_id") -> DataFrame:
        """The rows of touched identifiers."""
        return rows.join(self.nodes.select(F.col("node_id").alias(column)), on=column, how="left_semi")

    def of_links(self, links: DataFrame) -> DataFrame:
        """The links of touched identifiers, which lie within their components: one end says it of both."""
        return self.of_nodes(links, "src")

    def of_held(self, held: DataFrame) -> DataFrame:
        """The refused links with a touched end."""
        return _with_an_end_in(held, self.nodes)


@dataclass(frozen=True)
class _About:
    """Identifiers (node_id) that are whole components, and what is known of them."""

    nodes: DataFrame
    n: int
    stored: DataFrame
    """Their rows of identity.nodes before the run."""
    n_capped: int
    """How many of these are over a cap."""
    rows: DataFrame
    """The evidence of all records that show one of them."""
    sets: DataFrame
    facts: DataFrame | None


def touched_by(  # noqa: PLR0913  # all that an identifier's rows follow from
    changed: DataFrame,
    before: Before,
    identifiers: DataFrame,
    config: IdentityConfig,
    as_of: datetime,
    decisions: Decisions = NONE_MADE,
    customers: DataFrame | None = None,
) -> Touched:
    """What changed identifiers touch.

    In: ``changes.changed_nodes``, the tables before the run, silver.identifiers and, where records tell of whom they
    speak, silver.customers now.
    """
    namespaces, nodes, memberships = Namespaces(config), before.nodes, before.memberships
    seen, is_recent = evidence(identifiers, as_of), recent_evidence(config, as_of)

    def about(node_ids: DataFrame) -> _About:
        ids, n_ids = counted(_with_components(node_ids, memberships))
        ids = hinted(ids, n_ids)
        n_capped = F.count_if(F.col("status").isin(SHARED, GENERIC)).alias("capped")
        stored, of_stored = measured(nodes.join(ids, on="node_id", how="left_semi").transform(NODES.shape), n_capped)
        # Evidence is found by values, so that no ids need to be made of all that was ever seen.
        values = stored.select("namespace", "value").unionAll(changed.select("namespace", "value")).distinct()
        rows = staged(as_nodes(_of_records_with(hinted(values, n_ids), seen), namespaces, decisions))
        sets = staged(record_sets(rows, namespaces, is_recent, config.max_per_record))
        return _About(ids, n_ids, stored, of_stored["capped"], rows, sets, _facts(customers, rows, ids, as_of))

    touched = about(with_partners(changed, decisions))
    capped = capped_nodes(touched.sets, namespaces)
    capped = capped if touched.facts is None else with_shared_by_several(capped, touched.facts)
    capped, n_capped = counted(but_unblocked(capped, decisions).join(changed, on="node_id", how="left_semi"))
    capped = hinted(capped, n_capped)
    if n_capped or touched.n_capped:
        met = _met_where_status_changes(changed, capped, touched.stored, touched.sets)
        met, n_met = counted(met.join(touched.nodes, on="node_id", how="left_anti"))
        touched = about(touched.nodes.unionAll(met)) if n_met else touched
    all_capped = staged_keys(capped.unionByName(_still_capped(changed, nodes)))

    def graph() -> Graph:
        of_changed = identity_nodes(
            touched.rows.join(changed, on="node_id", how="left_semi"), capped, namespaces, decisions
        )
        next_nodes = of_changed.unionByName(touched.stored.join(changed, on="node_id", how="left_anti"))
        return graph_among(
            next_nodes,
            lambda: _with_an_end_in(drawn_links(touched.sets, all_capped, namespaces), touched.nodes),
            more_links,
            namespaces,
            touched.facts,
        )

    def more_links(next_nodes: DataFrame) -> list[DataFrame]:
        if not decisions.of(Kind.MUST_LINK):
            return []
        # A link that waits for a shared or blocked identifier leads out of the touched components.
        others = nodes.join(touched.nodes, on="node_id", how="left_anti")
        return [_with_an_end_in(decided_links(next_nodes.unionByName(others), decisions), touched.nodes)]

    return Touched(touched.nodes, touched.n, touched.stored, graph)


def _facts(customers: DataFrame | None, rows: DataFrame, touched: DataFrame, as_of: datetime) -> DataFrame | None:
    """``personal_facts`` of the touched identifiers; all their records are among ``rows``."""
    if customers is None:
        return None
    theirs = customers.join(rows.select("record_id").distinct(), on="record_id", how="left_semi")
    return staged(personal_facts(theirs, as_of).join(touched, on="node_id", how="left_semi"))


def _with_components(node_ids: DataFrame, memberships: DataFrame) -> DataFrame:
    """The identifiers and all others of their components."""
    current = memberships.filter("is_current").select("node_id", "raw_component")
    theirs = staged_keys(current.join(node_ids, on="node_id", how="left_semi").select("raw_component").distinct())
    members = current.join(theirs, on="raw_component", how="left_semi").select("node_id")
    return node_ids.select("node_id").unionAll(members).distinct()


def _of_records_with(values: DataFrame, seen: DataFrame) -> DataFrame:
    """All evidence of the records that show one of the values."""
    records = seen.join(values, on=["namespace", "value"], how="left_semi").select("record_id")
    return seen.join(staged_keys(records.distinct()), on="record_id", how="left_semi")


def _met_where_status_changes(changed: DataFrame, capped: DataFrame, stored: DataFrame, sets: DataFrame) -> DataFrame:
    """The identifiers on the records of those whose status is another than before."""
    before = stored.join(changed, on="node_id", how="left_semi").select("node_id", F.col("status").alias("before"))
    flipped = (
        before.filter(F.col("before") != BLOCKED)
        .join(capped.select("node_id", "status"), on="node_id", how="left")
        .filter(F.col("before") != F.coalesce("status", F.lit(ACTIVE)))
        .select("node_id")
    )
    member = sets.select("example_record_id", F.explode("members.node_id").alias("node_id"))
    theirs = member.join(flipped, on="node_id", how="left_semi").select("example_record_id").distinct()
    return member.join(theirs, on="example_record_id", how="left_semi").select("node_id").distinct()


def _still_capped(changed: DataFrame, nodes: DataFrame) -> DataFrame:
    return (
        nodes.filter(F.col("status").isin(SHARED, GENERIC))
        .select("node_id", "status", "status_reason")
        .join(changed, on="node_id", how="left_anti")
    )


def _with_an_end_in(links: DataFrame, node_ids: DataFrame) -> DataFrame:
    marked = links
    for end in ("src", "dst"):
        marked = marked.join(node_ids.select(F.col("node_id").alias(end), F.lit(True).alias(f"_{end}")), end, "left")
    return marked.filter(F.coalesce("_src", "_dst", F.lit(False))).select(*links.columns)
