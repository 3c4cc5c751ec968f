"""silver.quarantine: records that could not be used, whole, with every reason."""

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.contracts.reasons import Reason
from cdp_spark.contracts.silver import QUARANTINE
from cdp_spark.normalize.mapping import MappingPlan
from cdp_spark.normalize.repeats import CONFLICT

WHOLE_RECORD = "record"
_COLUMNS = ("record_id", "target", "reasons", "mapping_version")


def faulty_records(bronze: DataFrame) -> DataFrame:
    """The records that the reader could not take as one."""
    faulty = bronze.filter(F.col("fault").isNotNull())
    return _refused(faulty, WHOLE_RECORD, F.array("fault"), None)


def unmatched(record_ids: DataFrame, plan: MappingPlan) -> DataFrame:
    """The records that no mapping takes."""
    return _refused(record_ids, WHOLE_RECORD, F.array(F.lit(Reason.NO_MAPPING)), plan.version)


def refused_rows(rows: DataFrame, target: str, versions: dict[tuple[str, str], str]) -> DataFrame:
    """The rows of a target that have reasons, or are in conflict with another of the same name."""
    reasons = F.col("_reasons")
    if "_outcome" in rows.columns:
        reasons = F.when(F.col("_outcome") == CONFLICT, F.array(F.lit(Reason.DUP_CONFLICT))).otherwise(reasons)
    named = rows.withColumn("_why", reasons).filter(F.col("_why").isNotNull())
    return named.select("record_id", F.lit(target).alias("target"), F.col("_why").alias("reasons"), _version(versions))


def quarantine_rows(refused: list[DataFrame], bronze: dict[str, DataFrame]) -> DataFrame:
    """silver.quarantine rows of what was refused, one a record and target."""
    everything = reduce(DataFrame.unionByName, refused)
    by_record = everything.groupBy("record_id", "target").agg(
        F.array_sort(F.array_distinct(F.flatten(F.collect_list("reasons")))).alias("reasons"),
        F.max("mapping_version").alias("mapping_version"),
    )
    records = [
        frame.select(
            "record_id",
            F.lit(source).alias("source"),
            "stream",
            "raw",
            "file_path",
            "row_pos",
            F.col("landed_at").alias("first_seen"),
            "landing_id",
            F.lit(1).alias("attempts"),
            F.col("landed_at").alias("last_tried_at"),
        )
        for source, frame in bronze.items()
    ]
    # A record id is unique over all sources: it is made from the source's name, too.
    return QUARANTINE.shape(by_record.join(reduce(DataFrame.unionByName, records), on="record_id", how="inner"))


def _refused(rows: DataFrame, target: str, reasons: Column, version: str | None) -> DataFrame:
    values = {"target": F.lit(target), "reasons": reasons, "mapping_version": F.lit(version).cast("string")}
    return rows.withColumns(values).select(*_COLUMNS)


def _version(versions: dict[tuple[str, str], str]) -> Column:
    """The version of the stream's mapping, by source and stream."""
    found = F.lit(None).cast("string")
    for (source, stream), version in versions.items():
        found = F.when((F.col("source") == source) & (F.col("stream") == stream), version).otherwise(found)
    return found.alias("mapping_version")
