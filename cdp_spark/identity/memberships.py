"""Which person or household an identifier belonged to, from when to when."""

from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.contracts import TableContract
from cdp_spark.contracts.identity import HOUSEHOLD_MEMBERSHIPS, MEMBERSHIPS


@dataclass(frozen=True)
class History:
    """A history by identifier: who holds it, and what is said of that without being a reason for a new row."""

    contract: TableContract
    holder: str
    detail: str


OF_PERSONS = History(MEMBERSHIPS, "person_id", "raw_component")
OF_HOUSEHOLDS = History(HOUSEHOLD_MEMBERSHIPS, "household_id", "basis")


def next_memberships(
    members: DataFrame, memberships: DataFrame, as_of: datetime, of: History = OF_PERSONS
) -> DataFrame:
    """The history after a run, in the form of its table: half-open, without overlaps or empty spans.

    A run rewrites what holds from ``as_of`` on: rows that an earlier run wrote at or after ``as_of`` give way, and
    rows it closed then are open again. A new raw component, or basis, alone makes no new row. In: node_id, holder and
    detail of every identifier that has a holder now; the table before the run.
    """
    now = F.lit(as_of)
    earlier = memberships.filter(F.col("valid_from") < now).withColumn(
        "valid_to", F.when(F.col("valid_to") < now, F.col("valid_to"))
    )
    closed = earlier.filter(F.col("valid_to").isNotNull())
    open_rows = earlier.filter(F.col("valid_to").isNull()).select(
        "node_id", F.struct(of.holder, of.detail, "valid_from").alias("old")
    )
    new_rows = members.select("node_id", F.struct(of.holder, of.detail).alias("new"))
    changed = open_rows.join(new_rows, on="node_id", how="full_outer").select(
        "node_id", F.explode(_spans(now, of)).alias("row")
    )
    current = changed.filter(F.col("row").isNotNull()).select("node_id", "row.*")
    history = closed.select("node_id", of.holder, of.detail, "valid_from", "valid_to").unionByName(current)
    return history.withColumn("is_current", F.col("valid_to").isNull()).transform(of.contract.shape)


def _spans(now: Column, of: History) -> Column:
    """The open row as it continues or ends now, and the row that begins now; NULL where there is none."""

    def span(holder: Column, detail: Column, valid_from: Column, valid_to: Column) -> Column:
        return F.struct(
            holder.alias(of.holder),
            detail.alias(of.detail),
            valid_from.alias("valid_from"),
            valid_to.cast("timestamp").alias("valid_to"),
        )

    old, new = F.col("old"), F.col("new")
    stays = F.coalesce(old[of.holder] == new[of.holder], F.lit(False))
    detail = F.when(stays, new[of.detail]).otherwise(old[of.detail])
    before = span(old[of.holder], detail, old["valid_from"], F.when(~stays, now))
    begins = span(new[of.holder], new[of.detail], now, F.lit(None))
    return F.array(F.when(old.isNotNull(), before), F.when(new.isNotNull() & ~stays, begins))
