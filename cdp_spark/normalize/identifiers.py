"""silver.identifiers: the identifiers on the rows that a batch added."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from cdp_spark.contracts.silver import IDENTIFIERS

_SEEN_AT = {"events": "event_ts", "customers": "valid_from", "orders": "ordered_at"}


def identifiers_of(rows: DataFrame, kind: str) -> DataFrame:
    """One row a record and identifier, from rows of a table with ``identifiers``."""
    return rows.select(
        "record_id",
        F.explode("identifiers").alias("_identifier"),
        "source",
        "stream",
        F.lit(kind).alias("record_kind"),
        F.col(_SEEN_AT[kind]).alias("seen_at"),
        "landing_id",
    ).select(
        "record_id",
        F.col("_identifier.namespace").alias("namespace"),
        F.col("_identifier.value").alias("value"),
        *IDENTIFIERS.column_names[3:],
    )


def contact_points_of(consent_events: DataFrame) -> DataFrame:
    """One row a record and contact point of consent events."""
    named = consent_events.withColumns({"record_kind": F.lit("consent_events"), "seen_at": F.col("captured_at")})
    return IDENTIFIERS.shape(named)


def without_repeats(of_events: DataFrame | None, of_others: DataFrame | None) -> DataFrame | None:
    """Identifiers of one record that several tables name, once; one that is no event's keeps its kind.

    Events are many and others few, so the others are what is made unique and what events are compared with.
    """
    if of_others is None:
        return of_events
    key = list(IDENTIFIERS.key)
    order = ("record_kind", "seen_at")
    first = F.min_by(F.struct(*[c for c in IDENTIFIERS.column_names if c not in key]), F.struct(*order))
    once = of_others.groupBy(*key).agg(first.alias("_first")).select(*key, "_first.*").select(*IDENTIFIERS.column_names)
    if of_events is None:
        return once
    return (
        of_events.join(once.select(*key), on=key, how="left_anti").select(*IDENTIFIERS.column_names).unionByName(once)
    )
