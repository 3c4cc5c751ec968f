"""silver.customers: one version of a source's record about a person."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.normalize.clock import is_ahead
from cdp_spark.normalize.fields.addresses import city_key, house_number, postcode_key, street_key
from cdp_spark.normalize.mapping import Parts, defect_of, is_given, judged, rows_of


def customer_rows(parts: Parts) -> DataFrame:
    """The customers of mappings' records, judged.

    A record that does not say since when it holds, holds since its file was written.
    """
    given, defect = F.col("valid_from"), F.col(defect_of("valid_from"))
    usable = F.when(~is_ahead(given), given)
    filled = (
        rows_of(parts)
        .withColumn("_ahead", F.coalesce(is_ahead(given), F.lit(False)))
        .withColumns(
            {
                "time_quality": F.when(usable.isNotNull(), "timed").otherwise("landed"),
                "valid_from": F.when(defect.isNull(), F.coalesce(usable, F.col("file_mtime"))),
                "is_deleted": F.coalesce("is_deleted", F.lit(False)),
            }
        )
    )
    return judged(_with_keys(filled, parts), parts, [F.when(F.col("_ahead"), "implausible:valid_from")])


def _with_keys(rows: DataFrame, parts: Parts) -> DataFrame:
    """The forms by which addresses are compared, where the mapping sets none itself."""
    country = F.coalesce("country", F.lit(parts[0][0].country))
    keys: dict[str, dict[str, Column]] = {
        "street": {"street_key": street_key(F.col("street")), "house_number": house_number(F.col("street"))},
        "postcode": {"postcode_key": postcode_key(F.col("postcode"), country)},
        "city": {"city_key": city_key(F.col("city"))},
    }
    made = [own for part, own in keys.items() if is_given(part, parts)]
    return rows.withColumns({k: F.coalesce(k, c) for own in made for k, c in own.items()})
