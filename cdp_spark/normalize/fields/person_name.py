"""Names of people, companies, streets and towns."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from cdp_spark.normalize.fields.email import EDGE_SPACE


def normalized_name(raw: Column) -> Column:
    """The name without edge space and with single spaces; NULL when nothing is left. Its case is its own."""
    return F.nullif(F.regexp_replace(F.regexp_replace(raw, EDGE_SPACE, ""), r"\s+", " "), F.lit(""))
