"""Customer records as matching takes them, and the models that identity.models holds."""

from collections.abc import Mapping
from datetime import datetime

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from cdp_spark.config.matching import Kind
from cdp_spark.contracts.identity import MODELS
from cdp_spark.errors import NotPublished
from cdp_spark.identity.matching.card import model_card
from cdp_spark.identity.matching.model import MatchingModel, model_from_json


def current_customers(customers: DataFrame, kinds: Mapping[str, Kind], as_of: datetime | None = None) -> DataFrame:
    """The newest version of every customer that is not deleted: record_id, arrival_id, source, identifiers,
    valid_from, the columns of ``kinds``.

    In: silver.customers. ``record_id`` is a hash of source and source_key, so it stays over versions.
    """
    known = customers if as_of is None else customers.filter(F.col("valid_from") <= F.lit(as_of))
    newest = Window.partitionBy("source", "source_key").orderBy(F.desc("valid_from"), F.desc("record_id"))
    key = F.sha2(F.to_json(F.array("source", "source_key")), 256)
    wanted = [c for c in kinds if c in customers.columns]
    return (
        known.withColumn("newest", F.row_number().over(newest))
        .filter((F.col("newest") == 1) & ~F.coalesce("is_deleted", F.lit(False)))
        .select(
            key.alias("record_id"),
            F.col("record_id").alias("arrival_id"),
            "source",
            "identifiers",
            "valid_from",
            *wanted,
        )
    )


def model_row(spark: SparkSession, model: MatchingModel, trained_at: datetime) -> DataFrame:
    """The model as a row of identity.models."""
    kinds = {c: str(k) for c, k in model.kinds.items()}
    row = (model.version, trained_at, model.n_records, model.matches, kinds, model.to_json(), model_card(model))
    return spark.createDataFrame([row], MODELS.schema)


def stored_model(models: DataFrame, version: str | None) -> MatchingModel:
    """The model of that version, or the newest. Raises NotPublished where there is none."""
    wanted = models.filter(F.col("model_version") == version) if version else models
    row = wanted.orderBy(F.desc("trained_at"), "model_version").select("model", "model_version").first()
    if row is None:
        raise NotPublished(
            f"there is no matching model {version or ''}".rstrip(), fix="train one with `cdp identity train`"
        )
    return model_from_json(row["model"], f"model {row['model_version']}")
