"""Links of tier 4: the records of one cluster, by an identifier of each.

A cluster becomes a star around its best identifier, so a link never leads out of its cluster and matching cannot chain. A
record without an active identifier links nobody.
"""

from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from cdp_spark.config.matching import MatchingConfig
from cdp_spark.contracts.identity import LINKS, MODELS
from cdp_spark.contracts.silver import CUSTOMERS
from cdp_spark.identity.hygiene import ACTIVE
from cdp_spark.identity.ids import link_ids, node_ids
from cdp_spark.identity.matching.customers import current_customers, stored_model
from cdp_spark.identity.matching.matched import Source, matched_clusters
from cdp_spark.runtime.run import Run, Since

MATCHING = "matching"
PROBABILISTIC = 4
_SHOWN = ("valid_from", "source", "arrival_id")


def matched_records(customers: DataFrame, models: DataFrame, matching: MatchingConfig, as_of: datetime) -> DataFrame:
    """The current customers that matching puts together with others: cluster_id, weight, identifiers, valid_from, source,
    arrival_id.

    In: silver.customers, identity.models. Raises NotPublished where no model was trained, ConfigError where the model is of
    other columns.
    """
    current = current_customers(customers, matching.kinds, as_of)
    model = stored_model(models, matching.model)
    source = Source(one_record_a_person=matching.one_record_a_person)
    clusters = matched_clusters(current, matching.kinds, model, source, matching.max_comparisons)
    together = clusters.filter(F.col("weight").isNotNull()).select("record_id", "cluster_id", "weight")
    return together.join(current.select("record_id", "identifiers", *_SHOWN), on="record_id")


def is_matched_as_before(run: Run, since: Since | None) -> bool:
    """Whether matching is off, or customers and models are those of the last success."""
    read = {c.name: run.tables.version(c) for c in (CUSTOMERS, MODELS)}
    return not run.config.identity.matching.enabled or (
        since is not None and all(since.inputs.get(name) == version for name, version in read.items())
    )


def matched_links(nodes: DataFrame, matched_records: DataFrame) -> DataFrame:
    """The columns of identity.links and reason, which is NULL.

    In: identity.nodes, and ``matched_records``. ``weight`` is in bits: the match probability is 1 / (1 + 2^-weight).
    """
    active = nodes.filter(F.col("status") == ACTIVE).select("node_id", "priority")
    shown = matched_records.select("record_id", "cluster_id", "weight", *_SHOWN, F.explode("identifiers").alias("i"))
    best = F.min(F.struct("priority", "node_id")).alias("best")
    of_record = (
        shown.withColumn("node_id", node_ids(F.col("i.namespace"), F.col("i.value")))
        .join(active, on="node_id")
        .groupBy("record_id", "cluster_id", "weight", *_SHOWN)
        .agg(best)
    )
    hubs = of_record.groupBy("cluster_id").agg(F.min("best")["node_id"].alias("hub"))
    spokes = of_record.join(hubs, on="cluster_id").filter(F.col("best.node_id") != F.col("hub"))
    src, dst = F.least("hub", "best.node_id").alias("src"), F.greatest("hub", "best.node_id").alias("dst")
    links = spokes.groupBy(src, dst).agg(
        F.max("weight").alias("weight"),
        F.count(F.lit(1)).alias("n_obs"),
        F.min("valid_from").alias("first_seen"),
        F.max("valid_from").alias("last_seen"),
        F.array_sort(F.collect_set("source")).alias("sources"),
        F.min("arrival_id").alias("example_record_id"),
    )
    rule = F.lit(MATCHING)
    return links.withColumns(
        {
            "rule": rule,
            "link_id": link_ids(F.col("src"), F.col("dst"), rule),
            "tier": F.lit(PROBABILISTIC),
            "reason": F.lit(None).cast("string"),
        }
    ).select(*LINKS.column_names, "reason")
