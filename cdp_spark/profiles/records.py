"""Customer records as they are now, and whose they are."""

from datetime import datetime

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from cdp_spark.config.profiles import FIELD_TYPES
from cdp_spark.runtime.people import people_of_records

_ORIGIN = ("source", "source_key", "record_id")


def current_records(customers: DataFrame, as_of: datetime) -> DataFrame:
    """The newest version at ``as_of`` of each (source, source_key), as rows of silver.customers.

    A newer version replaces the older one with all its values; a record whose newest version says deleted is gone.
    """
    newest_first = Window.partitionBy("source", "source_key").orderBy(F.col("valid_from").desc())
    return (
        customers.filter(F.col("valid_from") <= F.lit(as_of))
        .withColumn("_age", F.row_number().over(newest_first))
        .filter((F.col("_age") == 1) & ~F.coalesce("is_deleted", F.lit(False)))
        .drop("_age")
    )


def people_of_customers(customers: DataFrame, nodes: DataFrame, memberships: DataFrame) -> DataFrame:
    """Whose each record is, by the identifiers it shows: record_id, person_id."""
    return people_of_records(customers.select("record_id", F.inline("identifiers")), nodes, memberships)


def records_of_persons(current_records: DataFrame, people_of_customers: DataFrame) -> DataFrame:
    """One row a person with customer records: person_id, records.

    ``records`` is an array, in no order, of structs with source, source_key, record_id, observed_at, is_timed,
    email_verified and every field that survives.
    """
    record = F.struct(
        *_ORIGIN,
        F.col("valid_from").alias("observed_at"),
        F.col("time_quality").eqNullSafe("timed").alias("is_timed"),
        F.coalesce("email_verified", F.lit(False)).alias("email_verified"),
        *FIELD_TYPES,
    )
    return (
        current_records.join(people_of_customers, on="record_id")  # one person a record
        .groupBy("person_id")
        .agg(F.collect_list(record).alias("records"))
    )
