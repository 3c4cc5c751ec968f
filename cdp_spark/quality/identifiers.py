"""What new identifiers are counted for: values, each once a landing, not records."""

from collections.abc import Collection

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.quality.marks import VALUES, Places, exploded, mark

_PART = "identifiers"


def identifier_marks(  # what values are compared with
    identifiers: DataFrame,
    nodes: DataFrame,
    disposable_domains: DataFrame,
    places: Places,
    devices: Collection[str],
    role_accounts: Collection[str],
) -> DataFrame:
    """Marks of new rows of silver.identifiers.

    ``nodes`` are those of identity.nodes, whose hygiene says what is shared or met too many others;
    ``disposable_domains`` has the column ``domain``; ``devices`` names the namespaces of browsers and installations.
    """
    values = identifiers.groupBy("source", "stream", "landing_id", "namespace", "value").agg(
        F.max("seen_at").alias("at")
    )
    capped = nodes.filter(F.col("status").isin("shared", "generic")).select("namespace", "value", "node_id", "status")
    at = F.when(F.col("namespace") == "email", F.substring_index("value", "@", -1))
    parts = values.withColumns({
        "place": places.number(), "domain": at, "parent": F.substring_index(at, ".", -2),
        "account": F.when(at.isNotNull(), F.substring_index("value", "@", 1)),
    })  # fmt: skip
    domains = F.broadcast(disposable_domains)
    named = (
        parts.join(F.broadcast(capped), on=["namespace", "value"], how="left")
        .join(domains.withColumn("is_listed", F.lit(True)), on="domain", how="left")
        .join(domains.select(F.col("domain").alias("parent"), F.lit(True).alias("is_parent_listed")), "parent", "left")
    )
    return exploded(named.withColumn("hash", F.xxhash64("namespace", "value")), _marks(devices, role_accounts))


def _marks(devices: Collection[str], role_accounts: Collection[str]) -> list[Column]:
    is_device = F.col("namespace").isin(*devices)
    is_capped = F.col("status").isNotNull()
    node = F.concat(F.lit("node "), F.col("node_id").cast("string"))
    # Only what is in a public list, or names a desk, is shown in clear.
    return [
        mark(VALUES, part=_PART, subject=F.col("namespace")),
        F.when(is_capped & is_device, _of_value("shared_anonymous_id", node)),
        F.when(is_capped & ~is_device, _of_value("unfit_identifier", node)),
        F.when(
            F.coalesce("is_listed", "is_parent_listed"),
            _of_value("disposable_email", F.concat(F.lit("…@"), F.coalesce(_listed("domain"), "parent"))),
        ),
        F.when(F.col("account").isin(*role_accounts), _of_value("role_email", F.concat(F.col("account"), F.lit("@…")))),
    ]


def _listed(column: str) -> Column:
    return F.when(F.col("is_listed"), F.col(column))


def _of_value(measure: str, example: Column) -> Column:
    return mark(measure, part=_PART, subject=F.col("namespace"), key=F.col("hash"), record=example)
