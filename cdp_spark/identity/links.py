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
from cdp_spark.runtime.grouping import sorted_groups
from cdp_spark.runtime.staging import staged_keys

SAME_RECORD = "same_record"
AUTHENTICATED, DETERMINISTIC, DEVICE, PROBABLE = 1, 2, 3, 4
_SET = ("example_record_id", "n_obs", "first_seen", "last_seen", "sources", "is_crowded")


def drawn_links(record_sets: DataFrame, capped_nodes: DataFrame, namespaces: Namespaces) -> DataFrame:
    """Every link that records suggest: the columns of identity.links and reason.

    ``reason`` is NULL for an eligible link; its figures then count eligible records only. A link is refused with
    ``crowded_record`` or with the status of its inactive end.
    In: ``evidence.record_sets``, ``hygiene.capped_nodes``. Key: link_id.
    """
    return _pairs(record_sets, capped_nodes).transform(_candidates, namespaces).transform(_one_row_a_link)


def _pairs(record_sets: DataFrame, capped_nodes: DataFrame) -> DataFrame:
    """The hub of each set with each of the others: structs of priority, node_id, status (NULL for active ones)."""
    shown = record_sets.select("example_record_id", F.explode("members").alias("m"))
    blocked = shown.filter("m.is_blocked").select("example_record_id")
    of_capped = shown.join(capped_nodes.select("node_id"), F.col("m.node_id") == F.col("node_id"), "left_semi")
    impaired = staged_keys(blocked.unionAll(of_capped.select("example_record_id")).distinct())
    whole = record_sets.join(impaired, on="example_record_id", how="left_anti")
    rest = record_sets.join(impaired, on="example_record_id", how="left_semi")
    return _all_active(whole).unionByName(_active_first(rest, capped_nodes))


def _all_active(record_sets: DataFrame) -> DataFrame:
    """Pairs of sets of active identifiers: their members are in order already."""
    active = F.lit(None).cast("string")
    return _hub_and_others(record_sets).select(*_SET, *[_member(F.col(c), active).alias(c) for c in ("hub", "other")])


def _active_first(record_sets: DataFrame, capped_nodes: DataFrame) -> DataFrame:
    """Pairs of sets with others among them."""
    members = record_sets.select(*_SET, F.explode("members").alias("m"))
    with_status = members.join(
        capped_nodes.select(F.col("node_id").alias("capped_id"), F.col("status").alias("capped")),
        F.col("m.node_id") == F.col("capped_id"),
        "left",
    )
    status = F.coalesce(F.when(F.col("m.is_blocked"), BLOCKED), "capped")
    ranked = F.struct(status.isNotNull().alias("is_inactive"), *_member_columns(F.col("m"), status))
    by_set = with_status.groupBy(*_SET).agg(F.sort_array(F.collect_list(ranked)).alias("members"))
    return _hub_and_others(by_set).select(
        *_SET, *[_member(F.col(c), F.col(c)["status"]).alias(c) for c in ("hub", "other")]
    )


def _hub_and_others(sets: DataFrame) -> DataFrame:
    return sets.select(
        *_SET,
        F.element_at("members", 1).alias("hub"),
        F.explode(F.slice("members", F.lit(2), F.size("members"))).alias("other"),
    )


def _member(member: Column, status: Column) -> Column:
    return F.struct(*_member_columns(member, status))


def _member_columns(member: Column, status: Column) -> tuple[Column, ...]:
    return member["priority"].alias("priority"), member["node_id"].alias("node_id"), status.alias("status")


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
    grouped = sorted_groups(candidates, "src", "dst", "tier").agg(
        n_obs.alias("n_obs"),
        F.min(F.when(eligible, F.col("first_seen"))).alias("first_seen"),
        F.max(F.when(eligible, F.col("last_seen"))).alias("last_seen"),
        F.sort_array(F.array_distinct(sources)).alias("sources"),
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
