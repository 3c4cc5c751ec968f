"""Which contact points may be used for which purposes, at the moment of sending."""

from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from cdp_spark.runtime.decisions import decisions

_CONTACT_NAMESPACES = ("email", "phone")
_REFUSED = ("denied", "withdrawn")


def granted_contact_points(
    contact_points: DataFrame,
    consent_state: DataFrame,
    nodes: DataFrame,
    memberships: DataFrame,
    as_of: datetime,
    granted_unasked: tuple[str, ...] = (),
) -> DataFrame:
    """One row a contact point and purpose that is granted: person_id, namespace, value, purpose, consent_event_id.

    A grant counts on the very contact point it was given for. A refusal recorded on a device or login of the
    person refuses the purpose for the whole person. No record means no, but for the purposes ``granted_unasked``,
    whose consent_event_id is then NULL.
    """
    said = decisions(consent_state, as_of)
    points = contact_points.select("person_id", "namespace", "value")
    grants = said.filter(F.col("status") == "granted").select(
        "namespace", "value", "purpose", F.col("decided_by").alias("consent_event_id")
    )
    granted = points.join(grants, ["namespace", "value"])
    if granted_unasked:
        purposes = F.explode(F.array(*[F.lit(p) for p in granted_unasked])).alias("purpose")
        silent = points.select("*", purposes).join(said, ["namespace", "value", "purpose"], "left_anti")
        granted = granted.unionByName(silent.withColumn("consent_event_id", F.lit(None).cast("string")))
    return granted.join(_refusing_persons(said, nodes, memberships), ["person_id", "purpose"], "left_anti").select(
        "person_id", "namespace", "value", "purpose", "consent_event_id"
    )


def usable_contact_points(granted: DataFrame, purposes: tuple[str, ...]) -> DataFrame:
    """Contact points on which every purpose is granted: person_id, namespace, value, consent_event_ids (sorted)."""
    return (
        granted.filter(F.col("purpose").isin(*purposes))
        .groupBy("person_id", "namespace", "value")
        .agg(
            F.count_distinct("purpose").alias("n_purposes"),
            F.array_sort(F.collect_set("consent_event_id")).alias("consent_event_ids"),
        )
        .filter(F.col("n_purposes") == len(set(purposes)))
        .drop("n_purposes")
    )


def _refusing_persons(said: DataFrame, nodes: DataFrame, memberships: DataFrame) -> DataFrame:
    refusals = said.filter(F.col("status").isin(*_REFUSED) & ~F.col("namespace").isin(*_CONTACT_NAMESPACES)).select(
        "namespace", "value", "purpose"
    )
    members = memberships.filter("is_current").select("node_id", "person_id")
    return (
        refusals.join(nodes.select("node_id", "namespace", "value"), ["namespace", "value"])
        .join(members, "node_id")
        .select("person_id", "purpose")
        .distinct()
    )
