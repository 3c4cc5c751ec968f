"""silver.customers: one version of a source's record about a person."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from cdp_spark.normalize.clock import is_ahead
from cdp_spark.normalize.mapping import MappingPlan


def customer_rows(plan: MappingPlan, bronze: DataFrame) -> DataFrame:
    """The customers of a mapping's records, judged.

    A record that does not say since when it holds, holds since its file was written.
    """
    rows = plan.rows(bronze)
    is_timed = "valid_from" in rows.columns
    given = F.col("valid_from") if is_timed else F.lit(None).cast("timestamp")
    defect = F.col("_defect_valid_from") if "_defect_valid_from" in rows.columns else F.lit(None)
    usable = F.when(~is_ahead(given), given)
    filled = rows.withColumn("_ahead", F.coalesce(is_ahead(given), F.lit(False))).withColumns(
        {
            "time_quality": F.when(usable.isNotNull(), "timed").otherwise("landed"),
            "valid_from": F.when(defect.isNull(), F.coalesce(usable, F.col("file_mtime"))),
            "is_deleted": F.coalesce(F.col("is_deleted"), F.lit(False))
            if "is_deleted" in rows.columns
            else F.lit(False),
        }
    )
    return plan.judged(filled, (F.when(F.col("_ahead"), "implausible:valid_from"),))
