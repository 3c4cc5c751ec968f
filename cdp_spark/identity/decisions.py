"""Decisions: what people said about who is who. They outrank every rule in every run until they are revoked.

A decision names identifiers by their node, never persons: persons come and go with the evidence, an identifier's
node id is the same after any rebuild. ``created_at`` is kept for the record only; a decision holds whatever the
run's ``as_of`` is, since it says what is true and not when somebody noticed.
"""

import hashlib
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from cdp_spark.contracts.identity import DECISIONS, LINKS
from cdp_spark.errors import UsageError
from cdp_spark.identity.hygiene import ACTIVE
from cdp_spark.identity.ids import link_ids
from cdp_spark.runtime.rows import frame_of_rows, time_of_micros
from cdp_spark.runtime.tables import Tables

MANUAL = 0
BY_DECISION = "decision"


class Kind(StrEnum):
    """What a decision says of one identifier or of two."""

    MUST_LINK = "must_link"
    MUST_NOT_LINK = "must_not_link"
    BLOCK_VALUE = "block_value"
    UNBLOCK_VALUE = "unblock_value"


OPPOSITE = {
    Kind.MUST_LINK: Kind.MUST_NOT_LINK,
    Kind.MUST_NOT_LINK: Kind.MUST_LINK,
    Kind.BLOCK_VALUE: Kind.UNBLOCK_VALUE,
    Kind.UNBLOCK_VALUE: Kind.BLOCK_VALUE,
}


@dataclass(frozen=True)
class Decision:
    """A decision that is not revoked. ``a_node`` < ``b_node`` for pairs; ``b_node`` is None for one value."""

    decision_id: str
    kind: Kind
    a_node: int
    b_node: int | None
    created_at: datetime

    @property
    def subject(self) -> tuple[int, int | None]:
        """What it speaks of."""
        return self.a_node, self.b_node


@dataclass(frozen=True)
class Decisions:
    """All decisions in force."""

    all: tuple[Decision, ...] = ()

    def of(self, *kinds: Kind) -> tuple[Decision, ...]:
        """Those of the kinds."""
        return tuple(d for d in self.all if d.kind in kinds)

    @property
    def forbidden(self) -> tuple[tuple[int, int], ...]:
        """The pairs that must not be one person."""
        return tuple((d.a_node, d.b_node) for d in self.of(Kind.MUST_NOT_LINK) if d.b_node is not None)


NONE_MADE = Decisions()


def decision_id(kind: Kind, a_node: int, b_node: int | None, created_at: datetime) -> str:
    """The id of a decision made at a moment."""
    text = f"cdp-spark:decision:{kind}:{a_node}:{b_node}:{created_at.isoformat()}"
    return "d_" + hashlib.sha256(text.encode()).hexdigest()[:16]


def decisions_in_force(tables: Tables) -> Decisions:
    """The decisions of identity.decisions that nobody revoked; no Spark job where none was ever made."""
    if tables.version(DECISIONS) is None:
        return NONE_MADE
    standing = tables.read(DECISIONS).filter(F.col("revoked_at").isNull())
    rows = standing.withColumn("created_at", F.unix_micros("created_at")).collect()
    found = [
        Decision(r["decision_id"], Kind(r["kind"]), r["a_node"], r["b_node"], time_of_micros(r["created_at"]))
        for r in rows
    ]
    return Decisions(tuple(sorted(found, key=lambda d: d.decision_id)))


def refuse_contradiction(standing: Decisions, kind: Kind, a_node: int, b_node: int | None) -> None:
    """Raises UsageError naming the decisions that a new one would contradict, also by what follows from several.

    With a = b and b = c in force, a ≠ c is a contradiction; with a = b and b ≠ c, so is a = c.
    """
    if b_node is None:
        against = [d.decision_id for d in standing.of(OPPOSITE[kind]) if d.subject == (a_node, None)]
    else:
        against = _contradicted(standing, kind, a_node, b_node)
    if against:
        raise UsageError(
            f"this contradicts what was decided: {', '.join(against)}",
            fix="revoke one of these first (`cdp identity revoke <id>`), or leave it",
            decisions=against,
        )


def verdict_frame(spark: SparkSession, decisions: Decisions) -> DataFrame:
    """One row a blocked or unblocked value: node_id, verdict."""
    rows = [(d.a_node, d.kind.value) for d in decisions.of(Kind.BLOCK_VALUE, Kind.UNBLOCK_VALUE)]
    return frame_of_rows(spark, "node_id BIGINT, verdict STRING", rows)


def decided_links(nodes: DataFrame, decisions: Decisions) -> DataFrame:
    """The links of must_link decisions between identifiers that were seen, in the form of ``links.drawn_links``.

    One whose end is shared, generic or blocked is held for that reason: unblock the value to make it count.
    In: identity.nodes rows.
    """
    rows = [(d.a_node, d.b_node, d.decision_id, d.created_at) for d in decisions.of(Kind.MUST_LINK)]
    pairs = frame_of_rows(nodes.sparkSession, "src BIGINT, dst BIGINT, decision_id STRING, at TIMESTAMP", rows)
    src = nodes.select(F.col("node_id").alias("src"), F.col("status").alias("src_status"))
    dst = nodes.select(F.col("node_id").alias("dst"), F.col("status").alias("dst_status"))
    inactive = F.coalesce(*[F.when(F.col(s) != ACTIVE, F.col(s)) for s in ("src_status", "dst_status")])
    rule = F.lit(Kind.MUST_LINK.value)
    one_a_pair = pairs.groupBy("src", "dst").agg(F.min(F.struct("at", "decision_id")).alias("first"))
    return (
        one_a_pair.join(src, on="src")
        .join(dst, on="dst")
        .withColumns(
            {
                "rule": rule,
                "link_id": link_ids(F.col("src"), F.col("dst"), rule),
                "tier": F.lit(MANUAL),
                "weight": F.lit(1.0),
                "n_obs": F.lit(0).cast("bigint"),
                "first_seen": F.col("first.at"),
                "last_seen": F.col("first.at"),
                "sources": F.array(F.lit(BY_DECISION)),
                "example_record_id": F.col("first.decision_id"),
                "reason": F.concat(inactive, F.lit("_identifier")),
            }
        )
        .select(*LINKS.column_names, "reason")
    )


def with_partners(node_ids: DataFrame, decisions: Decisions) -> DataFrame:
    """The identifiers and those that people linked to them: node_id."""
    joined = decisions.of(Kind.MUST_LINK)
    if not joined:
        return node_ids
    both_ways = [(x, y) for d in joined if d.b_node for x, y in ((d.a_node, d.b_node), (d.b_node, d.a_node))]
    pairs = frame_of_rows(node_ids.sparkSession, "node_id BIGINT, partner BIGINT", both_ways)
    partners = pairs.join(node_ids, on="node_id", how="left_semi").select(F.col("partner").alias("node_id"))
    return node_ids.select("node_id").unionAll(partners).distinct()


def _contradicted(standing: Decisions, kind: Kind, a_node: int, b_node: int) -> list[str]:
    """The decisions whose closure says the opposite of the pair's."""
    joins = standing.of(Kind.MUST_LINK)
    if kind is Kind.MUST_NOT_LINK:
        return sorted(d.decision_id for d in _chain(joins, a_node, b_node))
    mine, theirs = _reached(joins, a_node), _reached(joins, b_node)
    for d in standing.of(Kind.MUST_NOT_LINK):
        one, other = d.subject
        for near, far in ((one, other), (other, one)):
            if near in mine and far in theirs and near is not None and far is not None:
                chain = [*_chain(joins, a_node, near), *_chain(joins, b_node, far)]
                return [d.decision_id, *sorted(c.decision_id for c in chain)]
    return []


def _reached(joins: Iterable[Decision], start: int) -> dict[int, Decision | None]:
    """Every node the decisions join to ``start``, with the decision that reached it first."""
    neighbours: dict[int, list[tuple[int, Decision]]] = {}
    for d in joins:
        if d.b_node is not None:
            neighbours.setdefault(d.a_node, []).append((d.b_node, d))
            neighbours.setdefault(d.b_node, []).append((d.a_node, d))
    reached: dict[int, Decision | None] = {start: None}
    queue = deque([start])
    while queue:
        node = queue.popleft()
        for other, d in neighbours.get(node, ()):
            if other not in reached:
                reached[other] = d
                queue.append(other)
    return reached


def _chain(joins: Iterable[Decision], start: int, end: int) -> list[Decision]:
    """The decisions on a shortest way between two nodes; empty where none leads, or they are one."""
    reached = _reached(joins, start)
    chain = []
    node = end
    while node in reached and (d := reached[node]) is not None:
        chain.append(d)
        node = d.a_node if d.b_node == node else d.b_node or d.a_node
    return chain
