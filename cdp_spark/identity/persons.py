"""identity.persons, identity.redirects and identity.log: what became of every id."""

from datetime import datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.contracts.identity import IDENTITY_LOG, PERSONS, REDIRECTS
from cdp_spark.identity.claims import ACTIVE
from cdp_spark.identity.ids import log_ids

MERGED, RETIRED, ERASED = "merged", "retired", "erased"


def next_persons(part_persons: DataFrame, claims: DataFrame, persons: DataFrame) -> DataFrame:
    """Every person id that ever was, as it stands after this run, in the form of identity.persons.

    In: ``claims.part_persons``, ``claims.claims``, identity.persons before the run.
    """
    before = persons.select(
        "person_id", F.col("minted_for").alias("_minted_for"), F.col("split_from").alias("_split_from")
    )
    living = part_persons.join(before, on="person_id", how="left").select(
        "person_id",
        F.lit(ACTIVE).alias("status"),
        "created_at",
        "anchor_node",
        F.coalesce("_minted_for", "anchor_node").alias("minted_for"),
        F.lit(None).cast("string").alias("merged_into"),
        F.coalesce("_split_from", "split_from").alias("split_from"),
        "n_nodes",
        "n_strong",
    )
    ended = _ended(part_persons, claims, persons)
    past = persons.filter(F.col("status") != ACTIVE)
    return living.unionByName(ended).unionByName(past).transform(PERSONS.shape)


def next_redirects(persons: DataFrame, current_members: DataFrame, redirects: DataFrame, as_of: datetime) -> DataFrame:
    """One row an id that is no longer active, in the form of identity.redirects; no target is itself redirected.

    An id leads to the person that now holds its anchor, so undoing a merge leads it back to the right part. Where the
    anchor is no longer active it follows its last target. In: identity.persons after the run, node_id and person_id of every
    active identifier, identity.redirects before the run.
    """
    gone = persons.filter(F.col("status") != ACTIVE).select("person_id", "anchor_node", "merged_into", "status")
    holders = current_members.select(F.col("node_id").alias("anchor_node"), F.col("person_id").alias("holder"))
    gone = gone.join(holders, on="anchor_node", how="left")
    last = redirects.select(
        F.col("old_person_id").alias("person_id"),
        F.col("person_id").alias("last_target"),
        F.col("since").alias("last_since"),
    )
    # What the last target leads to: itself while it is active, else the holder of its anchor, else its survivor.
    beyond = gone.select(
        F.col("person_id").alias("next"), F.coalesce("holder", "merged_into").alias("after"), F.lit(True).alias("ended")
    )
    followed = (
        gone.join(last, on="person_id", how="left")
        .withColumn("next", F.coalesce("last_target", "merged_into"))
        .join(beyond, on="next", how="left")
    )
    target = F.coalesce("holder", F.when(F.col("ended"), F.col("after")).otherwise(F.col("next")))
    return _redirect_rows(followed, F.when(F.col("status") != ERASED, target), as_of)


def chained(redirects: DataFrame) -> DataFrame:
    """The stored redirects that lead to another redirected id, or in a circle: somebody else wrote them."""
    old = redirects.select(F.col("old_person_id").alias("person_id"))
    return redirects.join(old, on="person_id", how="left_semi")


def touched_persons(
    persons: DataFrame, redirects: DataFrame, touched_nodes: DataFrame, holders: DataFrame
) -> DataFrame:
    """The persons of whom touched identifiers say something, in one reading: the columns of identity.persons and
    is_holder: holds one of them now; is_minted: was minted for one; is_ended: ended before, and the redirect may change,
    since the anchor, or whom it leads to, is touched.

    In: identity.persons, identity.redirects before the run; node_id; person_id of who holds one.
    """
    led_there = redirects.join(holders, on="person_id", how="left_semi").select(
        F.col("old_person_id").alias("person_id"), F.lit(True).alias("_led_there")
    )
    told = persons.join(holders.withColumn("_holder", F.lit(True)), on="person_id", how="left")
    told = told.join(led_there, on="person_id", how="left")
    for column in ("minted_for", "anchor_node"):
        nodes = touched_nodes.select(F.col("node_id").alias(column), F.lit(True).alias(f"_{column}"))
        told = told.join(nodes, on=column, how="left")
    is_ended = (F.col("status") != ACTIVE) & (F.col("_anchor_node").isNotNull() | F.col("_led_there").isNotNull())
    return told.select(
        *PERSONS.column_names,
        F.col("_holder").isNotNull().alias("is_holder"),
        F.col("_minted_for").isNotNull().alias("is_minted"),
        is_ended.alias("is_ended"),
    ).filter("is_holder OR is_minted OR is_ended")


def log_entries(persons: DataFrame, run_id: str, as_of: datetime) -> DataFrame:
    """Everything that happened to persons, in the form of identity.log.

    A person is split off once, and ends once; so the log is a function of identity.persons, and the entries that
    are stored already keep the run that first wrote them.
    """
    split = _operation(persons.filter(F.col("split_from").isNotNull()), F.lit("split_from"), F.col("split_from"))
    ended = _operation(persons.filter(F.col("status") != ACTIVE), F.col("status"), F.col("merged_into"))
    return (
        split.unionByName(ended)
        .withColumns(
            {
                "log_id": log_ids(F.col("operation"), F.col("person_id")),
                "run_id": F.lit(run_id),
                "at": F.lit(as_of),
            }
        )
        .transform(IDENTITY_LOG.shape)
    )


def _ended(part_persons: DataFrame, claims: DataFrame, persons: DataFrame) -> DataFrame:
    """Active persons that are no more: merged into who holds their part now, or retired without identifiers."""
    holders = part_persons.select("part", F.col("person_id").alias("_survivor"))
    survivors = claims.select("person_id", "part").join(holders, on="part").select("person_id", "_survivor")
    gone = persons.filter(F.col("status") == ACTIVE).join(part_persons, on="person_id", how="left_anti")
    return gone.join(survivors, on="person_id", how="left").withColumns(
        {
            "status": F.when(F.col("_survivor").isNotNull(), MERGED).otherwise(RETIRED),
            "merged_into": F.col("_survivor"),
            "n_nodes": F.lit(0),
            "n_strong": F.lit(0),
        }
    ).drop("_survivor")  # fmt: skip


def _redirect_rows(followed: DataFrame, target: Column, as_of: datetime) -> DataFrame:
    unchanged = F.col("last_target").eqNullSafe(target)
    return followed.select(
        F.col("person_id").alias("old_person_id"),
        target.alias("person_id"),
        F.col("status").alias("reason"),
        F.when(unchanged, F.coalesce("last_since", F.lit(as_of))).otherwise(F.lit(as_of)).alias("since"),
    ).transform(REDIRECTS.shape)


def _operation(persons: DataFrame, operation: Column, other: Column) -> DataFrame:
    return persons.select("person_id", operation.alias("operation"), other.alias("other_person_id"))
