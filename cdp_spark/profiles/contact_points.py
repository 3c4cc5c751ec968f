"""Contact points: every address, number and device by which a person can be reached, with its own consent."""

from collections.abc import Collection

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from cdp_spark.contracts.gold import CONTACT_POINTS

_SHOWN = ("email", "phone")


def contact_points(
    person_identifiers: DataFrame, decisions: DataFrame, profiles: DataFrame, namespaces: Collection[str]
) -> DataFrame:
    """One row a contact point of a person, as rows of gold.contact_points.

    ``decisions`` has one row a namespace, value and purpose, ``profiles`` the e-mail and phone that are shown.
    Consent is that of the very contact point; a purpose about which nothing was said is absent.
    """
    shown = profiles.select("person_id", *_SHOWN)
    is_shown = F.lit(False)
    for field in _SHOWN:
        is_shown = is_shown | ((F.col("namespace") == field) & F.col("value").eqNullSafe(F.col(field)))
    return (
        person_identifiers.filter(F.col("namespace").isin(*namespaces))
        .join(_consents(decisions), on=["namespace", "value"], how="left")  # one row a contact point
        .join(shown, on="person_id", how="left")  # one row a person
        .withColumn("is_preferred", is_shown)
        .withColumn("consent", F.coalesce("consent", F.create_map().cast("MAP<STRING, STRING>")))
        .transform(CONTACT_POINTS.shape)
    )


def _consents(decisions: DataFrame) -> DataFrame:
    entries = F.array_sort(F.collect_list(F.struct("purpose", "status")))
    return decisions.groupBy("namespace", "value").agg(F.map_from_entries(entries).alias("consent"))
