"""identity.memberships: which person an identifier belonged to, from when to when."""

from datetime import datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.contracts.identity import MEMBERSHIPS


def next_memberships(members: DataFrame, memberships: DataFrame, as_of: datetime) -> DataFrame:
    """The history after a run, in the form of identity.memberships: half-open, without overlaps or empty spans.

    A run rewrites what holds from ``as_of`` on: rows that an earlier run wrote at or after ``as_of`` give way, and
    rows it closed then are open again. A new raw component alone makes no new row. In: node_id, person_id and
    raw_component of every active identifier; identity.memberships before the run.
    """
    now = F.lit(as_of)
    earlier = memberships.filter(F.col("valid_from") < now).withColumn(
        "valid_to", F.when(F.col("valid_to") < now, F.col("valid_to"))
    )
    closed = earlier.filter(F.col("valid_to").isNotNull())
    open_rows = earlier.filter(F.col("valid_to").isNull()).select(
        "node_id", F.struct("person_id", "raw_component", "valid_from").alias("old")
    )
    new_rows = members.select("node_id", F.struct("person_id", "raw_component").alias("new"))
    changed = open_rows.join(new_rows, on="node_id", how="full_outer").select(
        "node_id", F.explode(_spans(now)).alias("row")
    )
    current = changed.filter(F.col("row").isNotNull()).select("node_id", "row.*")
    history = closed.select("node_id", "person_id", "raw_component", "valid_from", "valid_to").unionByName(current)
    return history.withColumn("is_current", F.col("valid_to").isNull()).transform(MEMBERSHIPS.shape)


def _spans(now: Column) -> Column:
    """The open row as it continues or ends now, and the row that begins now; NULL where there is none."""
    stays = F.col("old.person_id") == F.col("new.person_id")
    old = F.when(
        F.col("old").isNotNull(),
        _span(
            F.col("old.person_id"),
            F.when(stays, F.col("new.raw_component")).otherwise(F.col("old.raw_component")),
            F.col("old.valid_from"),
            F.when(~F.coalesce(stays, F.lit(False)), now),
        ),
    )
    new = F.when(
        F.col("new").isNotNull() & ~F.coalesce(stays, F.lit(False)),
        _span(F.col("new.person_id"), F.col("new.raw_component"), now, F.lit(None)),
    )
    return F.array(old, new)


def _span(person_id: Column, raw_component: Column, valid_from: Column, valid_to: Column) -> Column:
    return F.struct(
        person_id.alias("person_id"),
        raw_component.alias("raw_component"),
        valid_from.alias("valid_from"),
        valid_to.cast("timestamp").alias("valid_to"),
    )
