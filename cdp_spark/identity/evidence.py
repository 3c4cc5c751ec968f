"""Evidence: identifiers seen up to as_of, and the distinct sets of them that records show."""

from collections.abc import Callable
from datetime import datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.config.identity import IdentityConfig
from cdp_spark.identity.decisions import BY_DECISION, NONE_MADE, Decisions, Kind, verdict_frame
from cdp_spark.identity.ids import node_ids
from cdp_spark.identity.namespaces import Namespaces
from cdp_spark.runtime.grouping import sorted_groups


def evidence(identifiers: DataFrame, as_of: datetime) -> DataFrame:
    """The identifiers seen at or before ``as_of``: record_id, source, seen_at, namespace, value. In: silver.identifiers."""
    seen = identifiers.filter(F.col("seen_at") <= F.lit(as_of))
    return seen.select("record_id", "source", "seen_at", "namespace", "value")


def as_nodes(identifiers: DataFrame, namespaces: Namespaces, decisions: Decisions = NONE_MADE) -> DataFrame:
    """Adds node_id, priority and block_reason to rows with namespace and value."""
    nodes = identifiers.withColumns(
        {
            "node_id": node_ids(F.col("namespace"), F.col("value")),
            "priority": namespaces.priority(F.col("namespace")),
        }
    ).withColumn("block_reason", namespaces.block_reason(F.col("priority"), F.col("value")))
    if not decisions.of(Kind.BLOCK_VALUE, Kind.UNBLOCK_VALUE):
        return nodes
    return _with_verdicts(nodes, verdict_frame(identifiers.sparkSession, decisions))


def record_sets(
    evidence: DataFrame, namespaces: Namespaces, is_recent: Column | None = None, max_per_record: int = 50
) -> DataFrame:
    """The distinct sets of two and more identifiers that records show in evidence, ``as_nodes``, which ``is_recent``.

    Thousands of page views with one cookie and one login are one row here. Out: members (sorted array of priority,
    node_id, is_blocked), n_obs (records), first_seen, last_seen, sources, example_record_id (unique), is_crowded:
    a record with more than ``max_per_record`` identifiers of one kind, devices left out, is no evidence about anyone.
    """
    recent = evidence if is_recent is None else evidence.filter(is_recent)
    member = F.struct("priority", "node_id", F.col("block_reason").isNotNull().alias("is_blocked"))
    shown = recent.select("record_id", member.alias("member"), "seen_at", "source")
    records = (
        sorted_groups(shown, "record_id")
        .agg(
            F.sort_array(F.collect_set("member")).alias("members"),
            F.max("seen_at").alias("seen_at"),
            F.min("source").alias("source"),
        )
        .filter(F.size("members") > 1)
        .withColumn("hash", F.xxhash64("members"))
    )
    return (
        sorted_groups(records, "hash", "members")
        .agg(
            F.count(F.lit(1)).alias("n_obs"),
            F.min("seen_at").alias("first_seen"),
            F.max("seen_at").alias("last_seen"),
            F.sort_array(F.collect_set("source")).alias("sources"),
            F.min("record_id").alias("example_record_id"),
        )
        .drop("hash")
        .withColumn("is_crowded", _is_crowded(F.col("members"), namespaces, max_per_record))
    )


def recent_evidence(config: IdentityConfig, as_of: datetime) -> Column | None:
    """Whether evidence (namespace, seen_at) is young enough to link; None where it links for ever.

    The end of a window does not belong to it.
    """
    windows = {name: rule.window for name, rule in config.namespaces.items() if rule.window is not None}
    if config.window is None and not windows:
        return None
    recent = F.lit(True) if config.window is None else F.col("seen_at") > F.lit(as_of - config.window)
    for name, window in windows.items():
        recent = recent & ((F.col("namespace") != name) | (F.col("seen_at") > F.lit(as_of - window)))
    return recent


def _with_verdicts(seen: DataFrame, verdicts: DataFrame) -> DataFrame:
    is_blocked = F.col("verdict") == Kind.BLOCK_VALUE.value
    return (
        seen.join(F.broadcast(verdicts), on="node_id", how="left")
        .withColumn(
            "block_reason", F.when(is_blocked, BY_DECISION).when(F.col("verdict").isNull(), F.col("block_reason"))
        )
        .drop("verdict")
    )


def _is_crowded(members: Column, namespaces: Namespaces, at_most: int) -> Column:
    crowded = F.lit(False)
    for priority in namespaces.counted:
        crowded = crowded | (F.size(F.filter(members, _is_of(priority))) > at_most)
    return F.when(F.size(members) > at_most, crowded).otherwise(F.lit(False))


def _is_of(priority: int) -> Callable[[Column], Column]:
    return lambda member: member["priority"] == priority
