"""Claims: which person id a part keeps, and which parts need a new one.

A part is a set of identifiers that belong to one person now. An active person claims the part that holds its
anchor; where the anchor is no longer active, the part with most of its former identifiers. Of several claimants
the one with a strong identifier stays, then the oldest, then the smaller id; the others are merged into it.
"""

from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from cdp_spark.identity.ids import person_ids
from cdp_spark.identity.namespaces import Namespaces
from cdp_spark.runtime.grouping import sorted_groups

ACTIVE = "active"


def parts_of(members: DataFrame, namespaces: Namespaces) -> DataFrame:
    """One row a part: part, anchor_node (best by priority, then id), n_nodes, n_strong. In: node_id, priority, part."""
    return sorted_groups(members, "part").agg(
        F.min(F.struct("priority", "node_id"))["node_id"].alias("anchor_node"),
        F.count(F.lit(1)).alias("n_nodes"),
        F.count_if(namespaces.is_strong(F.col("priority"))).alias("n_strong"),
    )


def claims(members: DataFrame, persons: DataFrame, memberships: DataFrame) -> DataFrame:
    """One row an active person that still has identifiers: person_id, part, created_at, had_strong.

    In: node_id and part of every active identifier; identity.persons and identity.memberships as they stand.
    """
    active = persons.filter(F.col("status") == ACTIVE).select(
        "person_id", "anchor_node", "created_at", (F.col("n_strong") > 0).alias("had_strong")
    )
    anchors = members.select(F.col("node_id").alias("anchor_node"), "part")
    by_anchor = active.join(anchors, on="anchor_node")
    adrift = active.join(anchors, on="anchor_node", how="left_anti")
    by_members = adrift.join(_part_of_most_members(adrift, members, memberships), on="person_id")
    columns = ("person_id", "part", "created_at", "had_strong")
    return by_anchor.select(*columns).unionByName(by_members.select(*columns))


def part_persons(
    parts: DataFrame, claims: DataFrame, origins: DataFrame, persons: DataFrame, as_of: datetime
) -> DataFrame:
    """One row a part with its person: the columns of ``parts`` and person_id, created_at, is_new, split_from.

    A part that nobody claims gets an id minted for its anchor; the generation counts the ids ever minted for
    that anchor, so no id is given twice and a rebuild from nothing gives the same ones.
    """
    first = F.min(F.struct(~F.col("had_strong"), "created_at", "person_id"))
    holders = claims.groupBy("part").agg(first.alias("holder"))
    minted = persons.groupBy(F.col("minted_for").alias("anchor_node")).agg(F.count(F.lit(1)).alias("generation"))
    generation = F.coalesce("generation", F.lit(0))
    return (
        parts.join(holders, on="part", how="left")
        .join(minted, on="anchor_node", how="left")
        .join(origins, on="part", how="left")
        .select(
            *parts.columns,
            F.coalesce("holder.person_id", person_ids(F.col("anchor_node"), generation)).alias("person_id"),
            F.coalesce("holder.created_at", F.lit(as_of)).alias("created_at"),
            F.col("holder").isNull().alias("is_new"),
            F.when(F.col("holder").isNull(), F.col("origin")).alias("split_from"),
        )
    )


def origins(members: DataFrame, claims: DataFrame, persons: DataFrame, memberships: DataFrame) -> DataFrame:
    """For each part that nobody claims, the person most of its identifiers belonged to: part, origin."""
    unclaimed = members.join(claims, on="part", how="left_anti")
    former = _current(memberships).join(persons.select("person_id"), on="person_id", how="left_semi")
    counted = unclaimed.join(former, on="node_id").groupBy("part", "person_id").agg(F.count(F.lit(1)).alias("n"))
    return counted.groupBy("part").agg(F.min(F.struct(-F.col("n"), "person_id"))["person_id"].alias("origin"))


def _part_of_most_members(adrift: DataFrame, members: DataFrame, memberships: DataFrame) -> DataFrame:
    theirs = _current(memberships).join(adrift.select("person_id"), on="person_id", how="left_semi")
    counted = (
        theirs.join(members.select("node_id", "part"), on="node_id")
        .groupBy("person_id", "part")
        .agg(F.count(F.lit(1)).alias("n"), F.min("node_id").alias("least"))
    )
    most = F.min(F.struct(-F.col("n"), "least", "part"))
    return counted.groupBy("person_id").agg(most["part"].alias("part"))


def _current(memberships: DataFrame) -> DataFrame:
    return memberships.filter("is_current").select("node_id", "person_id")
