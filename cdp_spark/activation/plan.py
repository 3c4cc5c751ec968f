"""Differences between what a destination should hold and what it holds, as operations."""

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

ADD, UPDATE, REMOVE = "add", "update", "remove"


def planned_operations(desired: DataFrame, acknowledged: DataFrame, candidates: DataFrame) -> DataFrame:
    """One row an operation: sync_id, person_id, op, reason, payload, removed_payload, consent_event_ids, op_id.

    ``desired`` and ``acknowledged`` have sync_id, person_id, payload; ``candidates`` also is_suppressed. What is
    removed is what was sent, never what today's profile says. The same inputs give the same op_ids.
    """
    d = desired.select("sync_id", "person_id", "consent_event_ids", F.col("payload").alias("wanted"))
    a = acknowledged.select("sync_id", "person_id", F.col("payload").alias("held"))
    same = _entries("wanted").eqNullSafe(_entries("held"))
    op = F.when(F.col("held").isNull(), ADD).when(F.col("wanted").isNull(), REMOVE).when(~same, UPDATE)
    joined = d.join(a, ["sync_id", "person_id"], "full_outer").withColumn("op", op).filter(F.col("op").isNotNull())
    return (
        joined.join(candidates.select("sync_id", "person_id", "is_suppressed"), ["sync_id", "person_id"], "left")
        .withColumns(
            {
                "reason": F.when(F.col("op") == REMOVE, _removal_reason()),
                "payload": F.col("wanted"),
                "removed_payload": F.when(F.col("op") != ADD, F.col("held")),
                "op_id": F.sha2(
                    F.concat_ws(
                        "|", "sync_id", "person_id", "op", F.to_json(_entries("wanted")), F.to_json(_entries("held"))
                    ),
                    256,
                ),
            }
        )
        .select("sync_id", "person_id", "op", "reason", "payload", "removed_payload", "consent_event_ids", "op_id")
    )


def released_values(
    operations: DataFrame, desired: DataFrame, identifier_fields: Mapping[str, tuple[str, ...]]
) -> DataFrame:
    """Operations with removed_payload cut to identifiers that nobody in the sync still needs.

    When two persons become one, the address of the one that goes is still wanted for the one that stays.
    ``identifier_fields`` maps a sync to its fields that identify; other fields never travel with a removal.
    """
    if not identifier_fields:
        return operations
    pairs = [
        F.struct(F.lit(s).alias("sync_id"), F.lit(f).alias("field")) for s, fs in identifier_fields.items() for f in fs
    ]
    known = operations.sparkSession.range(1).select(F.inline(F.array(*pairs)))
    wanted = desired.select("sync_id", F.explode("payload").alias("field", "vs")).select(
        "sync_id", "field", F.explode("vs").alias("v")
    )
    released = (
        operations.filter(F.col("op") != ADD)
        .select("sync_id", "op_id", F.explode("removed_payload").alias("field", "vs"))
        .join(F.broadcast(known), ["sync_id", "field"])
        .select("sync_id", "op_id", "field", F.explode("vs").alias("v"))
        .join(wanted.distinct(), ["sync_id", "field", "v"], "left_anti")
        .groupBy("op_id", "field")
        .agg(F.array_sort(F.collect_set("v")).alias("vs"))
        .groupBy("op_id")
        .agg(F.map_from_entries(F.array_sort(F.collect_list(F.struct("field", "vs")))).alias("released"))
    )
    return (
        operations.drop("removed_payload")
        .join(released, "op_id", "left")
        .withColumnRenamed("released", "removed_payload")
    )


def _removal_reason() -> Column:
    return (
        F.when(F.col("is_suppressed").isNull(), "left_audience")
        .when(F.col("is_suppressed"), "suppressed")
        .otherwise("no_consent")
    )


def _entries(column: str) -> Column:
    return F.array_sort(F.map_entries(column))
