"""Hygiene: identifiers that met too many others to say who somebody is."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.identity.namespaces import Namespaces
from cdp_spark.identity.personal_facts import DIFFERENT_PEOPLE
from cdp_spark.runtime.staging import staged_keys

ACTIVE, SHARED, GENERIC, BLOCKED = "active", "shared", "generic", "blocked"


def capped_nodes(record_sets: DataFrame, namespaces: Namespaces) -> DataFrame:
    """The identifiers that link nobody: blocked values, and those over a degree cap.

    For each identifier the distinct identifiers of each other kind that it met on records are counted, devices and
    blocked values left out; for its own kind it counts itself. Met more of one kind than its ``generic_above``, it
    is generic: a kiosk, an address like info@. The fewest persons that explain what it met (values of a kind
    divided by how many one person may have) being more than its ``shared_above``, it is shared: a family's tablet.

    In: ``evidence.record_sets``. Out: node_id, status, status_reason; active identifiers are left out.
    """
    met = _met(record_sets, namespaces)
    persons = F.ceil(F.col("n") / namespaces.values_a_person(F.col("kind")))
    by_node = met.groupBy("node_id", "priority").agg(
        F.max(F.struct("n", (-F.col("kind")).alias("rank"))).alias("most"),
        F.max(F.struct(F.coalesce(persons, F.lit(0)).alias("n"), (-F.col("kind")).alias("rank"))).alias("crowd"),
    )
    is_generic = F.col("most.n") > namespaces.generic_above(F.col("priority"))
    is_shared = F.col("crowd.n") > namespaces.shared_above(F.col("priority"))
    return by_node.select(
        "node_id",
        F.when(is_generic, GENERIC).when(is_shared, SHARED).alias("status"),
        namespaces.name(-F.when(is_generic, F.col("most.rank")).otherwise(F.col("crowd.rank"))).alias("status_reason"),
    ).filter(F.col("status").isNotNull())


def with_shared_by_several(capped: DataFrame, personal_facts: DataFrame) -> DataFrame:
    """The capped identifiers and those that records give to different people: a family's number, a recycled one."""
    several = personal_facts.filter("is_of_several").select(
        "node_id", F.lit(SHARED).alias("status"), F.lit(DIFFERENT_PEOPLE).alias("status_reason")
    )
    return capped.unionByName(several.join(capped.select("node_id"), on="node_id", how="left_anti"))


def _met(record_sets: DataFrame, namespaces: Namespaces) -> DataFrame:
    """How many distinct identifiers of a kind each identifier met: node_id, priority, kind, n (two or more).

    Identifiers that cannot be over a cap, the most by far, are left out: they met too few even with repeats counted.
    """
    counted = F.filter("members", lambda m: m["priority"].isin(*namespaces.counted) & ~m["is_blocked"])
    sets = record_sets.filter(~F.col("is_crowded")).select("members", counted.alias("others"))
    shown = sets.select(
        F.explode("members").alias("a"), "others", _most_persons(F.col("others"), namespaces).alias("persons")
    ).filter(~F.col("a.is_blocked"))
    many = staged_keys(
        shown.groupBy("a.node_id", "a.priority")
        .agg(F.sum(F.size("others")).alias("n"), F.sum("persons").alias("persons"))
        .filter(
            (F.col("n") > namespaces.generic_above(F.col("priority")))
            | (F.col("persons") > namespaces.shared_above(F.col("priority")))
        )
        .select("node_id")
    )
    shown = shown.select("a.node_id", "a.priority", "others")
    pairs = shown.join(many, on="node_id", how="left_semi").withColumn("b", F.explode("others"))
    return (
        pairs.select("node_id", "priority", F.col("b.priority").alias("kind"), F.col("b.node_id").alias("other"))
        .distinct()
        .groupBy("node_id", "priority", "kind")
        .agg(F.count(F.lit(1)).alias("n"))
        .filter(F.col("n") > 1)
    )


def _most_persons(members: Column, namespaces: Namespaces) -> Column:
    """At least as many persons as any one kind among the members explains."""
    return F.aggregate(
        members,
        F.lit(0.0),
        lambda sum_, m: sum_ + F.coalesce(1 / namespaces.values_a_person(m["priority"]), F.lit(0.0)),
    )
