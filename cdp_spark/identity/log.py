"""identity.log for people to read."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from cdp_spark.contracts.identity import IDENTITY_LOG
from cdp_spark.runtime.published import Published


def log_of_person(published: Published, person_id: str | None) -> DataFrame:
    """identity.log rows, newest first; only those that name the person where one is given."""
    rows = published.read(IDENTITY_LOG)
    if person_id is not None:
        rows = rows.filter((F.col("person_id") == person_id) | (F.col("other_person_id") == person_id))
    columns = ("at", "operation", "person_id", "other_person_id", "run_id")
    return rows.select(*columns).orderBy(F.col("at").desc(), "operation", "person_id")
