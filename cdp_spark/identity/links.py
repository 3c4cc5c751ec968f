"""Links: two identifiers seen on one record, or why they are not linked.

Each distinct set of identifiers becomes a star: its best identifier is linked to every other, so k identifiers
give k - 1 links. The best is chosen among the active ones only; a shared device neither links the
identifiers of a record nor keeps them apart.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.contracts.identity import LINKS
from cdp_spark.identity.hygiene import BLOCKED
from cdp_spark.identity.ids import link_ids
from cdp_spark.identity.namespaces import Namespaces

SAME_RECORD = "same_record"
AUTHENTICATED, DETERMINISTIC, DEVICE, PROBABLE = 1, 2, 3, 4
_SET = ("example_record_id", "n_obs", "first_seen", "last_seen", "sources", "is_crowded")


def drawn_links(record_sets: DataFrame, capped_nodes: DataFrame, namespaces: Namespaces) -> DataFrame:
    """Every link that records suggest: the columns of identity.links and reason.

    ``reason`` is NULL for an eligible link; its figures then count eligible records only. A link is refused with
    ``crowded_record`` or with the status of its inactive end.
    In: ``evidence.record_sets``, ``hygiene.capped_nodes``. Key: link_id.
    """
    return (
        _stars(record_sets, capped_nodes)
        .select(*_SET, "hub", F.explode("others").alias("other"))
        .transform(lambda pairs: _candidates(pairs, namespaces))
        .transform(_one_row_a_link)
    )


def _stars(record_sets: DataFrame, capped_nodes: DataFrame) -> DataFrame:
    """Each set with its hub and the others: structs of is_inactive, priority, node_id, status."""
    members = record_sets.select(*_SET, F.explode("members").alias("m")).select(
        *_SET, "m.priority", "m.node_id", F.when(F.col("m.is_blocked"), BLOCKED).alias("blocked")
    )
    with_status = members.join(
        capped_nodes.select("node_id", F.col("status").alias("capped")), on="node_id", how="left"
    )
    status = F.coalesce("blocked", "capped")
    member = F.struct(status.isNotNull().alias("is_inactive"), "priority", "node_id", status.alias("status"))
    in_order = F.array_sort(F.collect_list(member))
    return with_status.groupBy(*_SET).agg(in_order.alias("members")).select(
        *_SET,
        F.element_at("members", 1).alias("hub"),
        F.slice("members", F.lit(2), F.size("members")).alias("others"),
    )  # fmt: skip


def _candidates(pairs: DataFrame, namespaces: Namespaces) -> DataFrame:
    inactive = F.coalesce(F.col("other.status"), F.col("hub.status"))
    return pairs.select(
        *_SET,
        F.least("hub.node_id", "other.node_id").alias("src"),
        F.greatest("hub.node_id", "other.node_id").alias("dst"),
        _tier(F.col("hub.priority"), F.col("other.priority"), namespaces).alias("tier"),
        F.when(F.col("is_crowded"), "crowded_record")
        .otherwise(F.concat(inactive, F.lit("_identifier")))
        .alias("reason"),
    )


def _one_row_a_link(candidates: DataFrame) -> DataFrame:
    eligible = F.col("reason").isNull()
    n_obs = F.sum(F.when(eligible, F.col("n_obs")))
    sources = F.flatten(F.collect_set(F.when(eligible, F.col("sources"))))
    grouped = candidates.groupBy("src", "dst", "tier").agg(
        n_obs.alias("n_obs"),
        F.min(F.when(eligible, F.col("first_seen"))).alias("first_seen"),
        F.max(F.when(eligible, F.col("last_seen"))).alias("last_seen"),
        F.array_sort(F.array_distinct(sources)).alias("sources"),
        F.min(F.when(eligible, F.col("example_record_id"))).alias("example_record_id"),
        F.min("reason").alias("refusal"),
    )
    rule = F.lit(SAME_RECORD)
    return grouped.withColumns(
        {
            "rule": rule,
            "link_id": link_ids(F.col("src"), F.col("dst"), rule),
            "weight": F.log2(F.lit(1.0) + F.col("n_obs")),
            "reason": F.when(F.col("n_obs").isNull(), F.col("refusal")),
        }
    ).select(*LINKS.column_names, "reason")


def _tier(one: Column, other: Column, namespaces: Namespaces) -> Column:
    device = namespaces.is_device(one) | namespaces.is_device(other)
    both_strong = namespaces.is_strong(one) & namespaces.is_strong(other)
    forwardable = namespaces.is_forwardable(one) | namespaces.is_forwardable(other)
    # Last, so that whoever is known on a device by anything else is known before a followed link says who it may be.
    return (
        F.when(device & forwardable, PROBABLE)
        .when(device, DEVICE)
        .when(both_strong, AUTHENTICATED)
        .otherwise(DETERMINISTIC)
    )
