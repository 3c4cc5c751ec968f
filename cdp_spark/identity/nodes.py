"""identity.nodes: one row an identifier value."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from cdp_spark.contracts.identity import NODES
from cdp_spark.identity.decisions import NONE_MADE, Decisions
from cdp_spark.identity.evidence import as_nodes
from cdp_spark.identity.hygiene import ACTIVE, BLOCKED
from cdp_spark.identity.namespaces import Namespaces


def identity_nodes(
    evidence: DataFrame, capped_nodes: DataFrame, namespaces: Namespaces, decisions: Decisions = NONE_MADE
) -> DataFrame:
    """One row an identifier value with its status, in the form of identity.nodes.

    In: ``evidence.evidence`` (a record shows a value once) and ``hygiene.capped_nodes``. Two values with one node_id
    would be two rows with one key; the caller checks.
    """
    values = evidence.groupBy("namespace", "value").agg(
        F.count(F.lit(1)).alias("n_records"),
        F.min("seen_at").alias("first_seen"),
        F.max("seen_at").alias("last_seen"),
    )
    is_blocked = F.col("block_reason").isNotNull()
    with_status = (
        as_nodes(values, namespaces, decisions)
        .join(capped_nodes, on="node_id", how="left")
        .withColumns(
            {
                "status": F.when(is_blocked, BLOCKED).otherwise(F.coalesce("status", F.lit(ACTIVE))),
                "status_reason": F.coalesce("block_reason", "status_reason"),
            }
        )
    )
    return with_status.transform(NODES.shape)
