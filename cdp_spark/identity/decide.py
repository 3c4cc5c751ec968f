"""Taking down and revoking decisions, and showing them. What they do to persons comes with the next run."""

from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from cdp_spark.contracts.identity import DECISIONS, NODES
from cdp_spark.errors import UsageError
from cdp_spark.identity.decisions import Kind, decision_id, decisions_in_force, refuse_contradiction
from cdp_spark.identity.hygiene import ACTIVE
from cdp_spark.identity.references import Reference, node_of_value, reference
from cdp_spark.runtime.published import Published
from cdp_spark.runtime.rows import frame_of_rows
from cdp_spark.runtime.tables import Tables

_LONGEST_REASON = 500


@dataclass(frozen=True)
class Taken:
    """A decision that holds now; ``is_new`` unless it was in force already."""

    decision_id: str
    is_new: bool


@dataclass(frozen=True)
class Desk:
    """What deciding needs: the published state to understand references by, and the tables to write."""

    spark: SparkSession
    tables: Tables
    published: Published
    namespaces: tuple[str, ...]
    actor: str
    at: datetime

    def pair(self, kind: Kind, one: str, other: str, reason: str) -> Taken:
        """Decides that two identifiers, or the anchors of two persons, are or are not one person.

        Raises UsageError when they are the same, not usable, or the decision contradicts others.
        """
        a, b = reference(self.published, one), reference(self.published, other)
        if a.node_id == b.node_id:  # the survivor of a merge may have taken the other's anchor
            a, b = (reference(self.published, text, person_by="minted_for") for text in (one, other))
        if a.node_id == b.node_id:
            raise UsageError("both stand for the same identifier", fix="name two different ones")
        if kind is Kind.MUST_LINK:
            _refuse_inactive(a, b)
        low, high = sorted((a.node_id, b.node_id))
        return self._take(kind, low, high, reason)

    def value(self, kind: Kind, text: str, reason: str) -> Taken:
        """Decides that a value, written namespace:value, never identifies anybody, or does after all."""
        return self._take(kind, node_of_value(self.published, text, self.namespaces), None, reason)

    def revoke(self, decision: str) -> None:
        """Ends a decision. Raises UsageError when there is none of that id in force."""
        standing = self.tables.read(DECISIONS).filter((F.col("decision_id") == decision) & F.col("revoked_at").isNull())
        if standing.isEmpty():
            raise UsageError("no decision of that id is in force", fix="`cdp identity decisions` lists them")
        revoked = standing.withColumns({"revoked_at": F.lit(self.at), "revoked_by": F.lit(self.actor)})
        self.tables.merge(DECISIONS, revoked)

    def _take(self, kind: Kind, a_node: int, b_node: int | None, reason: str) -> Taken:
        said = reason.strip()
        if not said or len(said) > _LONGEST_REASON:
            raise UsageError("a decision needs a reason", fix=f"give --reason with at most {_LONGEST_REASON} letters")
        standing = decisions_in_force(self.tables)
        for d in standing.of(kind):
            if d.subject == (a_node, b_node):
                return Taken(d.decision_id, is_new=False)
        refuse_contradiction(standing, kind, a_node, b_node)
        new = decision_id(kind, a_node, b_node, self.at)
        row = (new, kind.value, a_node, b_node, self.actor, said, self.at, None, None)
        self.tables.append(DECISIONS, frame_of_rows(self.spark, DECISIONS.schema, [row]).coalesce(1), few=True)
        return Taken(new, is_new=True)


def decisions_listed(tables: Tables, published: Published) -> list[Row]:
    """All decisions, newest first, with the identifiers they name (NULL where a value was never seen).

    Out: identity.decisions columns, a_namespace, a_value, b_namespace, b_value.
    """
    nodes = published.read(NODES)
    return (
        tables.read(DECISIONS)
        .join(_end(nodes, "a"), "a_node", "left")
        .join(_end(nodes, "b"), "b_node", "left")
        .orderBy(F.col("created_at").desc(), "decision_id")
        .collect()
    )


def _end(nodes: DataFrame, end: str) -> DataFrame:
    return nodes.select(
        F.col("node_id").alias(f"{end}_node"),
        F.col("namespace").alias(f"{end}_namespace"),
        F.col("value").alias(f"{end}_value"),
    )


def _refuse_inactive(*references: Reference) -> None:
    inactive = sorted({r.status for r in references if r.status != ACTIVE})
    if inactive:
        raise UsageError(
            f"a {' and a '.join(inactive)} identifier belongs to nobody and cannot be linked",
            fix="name another identifier of that person, or unblock the value first",
        )
