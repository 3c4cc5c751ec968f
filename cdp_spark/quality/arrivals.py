"""What new raw records, new quarantine and contact points are counted for."""

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.quality.marks import CONTACTS, LANDED, QUARANTINED, SHAPE, Places, exploded, mark, refused

_NUMBERS = r"DECIMAL\(\d+,\d+\)|BIGINT|DOUBLE|FLOAT"


def record_marks(bronze: dict[str, DataFrame], places: Places, examined: int) -> DataFrame:
    """Marks of new rows of the bronze tables, by source: one a record, and its shape.

    Of each file (each split of a large one) the first ``examined`` records are looked into. Records of the same shape,
    with the same fields of the same types, are counted together, so that every field is counted without a row a field.
    """
    columns = ("stream", "raw", "fault", "row_pos", "landing_id", "landed_at")
    parts = [frame.select(F.lit(source).alias("source"), *columns) for source, frame in bronze.items()]
    is_examined = F.col("fault").isNull() & (F.col("row_pos") < examined)
    rows = reduce(DataFrame.unionAll, parts).select(
        places.number().alias("place"),
        "landing_id",
        F.col("landed_at").alias("at"),
        F.when(is_examined, _shape(F.col("raw"))).alias("shape"),
    )
    shaped = F.when(F.col("shape").isNotNull(), mark(SHAPE, part="bronze", subject=F.col("shape")))
    return exploded(rows, [mark(LANDED, part="bronze"), shaped])


def quarantine_marks(quarantine: DataFrame, places: Places) -> DataFrame:
    """Marks of new rows of silver.quarantine: how many came."""
    rows = quarantine.select(places.number().alias("place"), "landing_id", F.col("first_seen").alias("at"))
    return exploded(rows, [mark(QUARANTINED, part="quarantine")])


def waiting_marks(quarantine: DataFrame, places: Places, landing_id: int) -> DataFrame:
    """Marks of what waits in silver.quarantine: for which reasons."""
    rows = quarantine.select(
        places.number().alias("place"),
        F.lit(landing_id).cast("bigint").alias("landing_id"),
        "record_id", "reasons",
        F.col("first_seen").alias("at"),
        F.xxhash64("record_id").alias("actor"),
    )  # fmt: skip
    return exploded(rows, [], [refused("waiting")])


def contact_marks(contact_points: DataFrame, landing_id: int) -> DataFrame:
    """Marks of gold.contact_points: addresses and numbers, and those nobody asked."""
    is_unknown = F.col("consent").isNull() | (F.size("consent") < 1)
    rows = contact_points.filter(F.col("namespace").isin("email", "phone")).select(
        F.lit(-1).alias("place"),
        F.lit(landing_id).cast("bigint").alias("landing_id"),
        F.col("last_seen").alias("at"),
        "namespace",
        F.when(is_unknown, F.xxhash64("person_id")).alias("unknown"),
    )
    counted = mark(CONTACTS, part="contact_points", subject=F.col("namespace"))
    unknown = mark("consent_unknown", part="contact_points", subject=F.col("namespace"), key=F.col("unknown"))
    return exploded(rows, [counted, F.when(F.col("unknown").isNotNull(), unknown)])


def _shape(raw: Column) -> Column:
    return F.regexp_replace(F.schema_of_variant(F.try_parse_json(raw)), _NUMBERS, "NUMBER")
