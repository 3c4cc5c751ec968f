"""silver.customers: one version of a source's record about a person."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.normalize.clock import is_ahead
from cdp_spark.normalize.fields.addresses import city_key, house_number, postcode_key, street_key
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
    return plan.judged(_with_keys(filled, plan.country), (F.when(F.col("_ahead"), "implausible:valid_from"),))


def _with_keys(rows: DataFrame, home: str) -> DataFrame:
    """The forms by which addresses are compared, of the parts that the mapping sets."""
    country = F.coalesce("country", F.lit(home)) if "country" in rows.columns else F.lit(home)
    keys: dict[str, dict[str, Column]] = {
        "street": {"street_key": street_key(F.col("street")), "house_number": house_number(F.col("street"))},
        "postcode": {"postcode_key": postcode_key(F.col("postcode"), country)},
        "city": {"city_key": city_key(F.col("city"))},
    }
    # A mapping may set a key itself.
    made = {k: c for part, own in keys.items() if part in rows.columns for k, c in own.items() if k not in rows.columns}
    return rows.withColumns(made)
