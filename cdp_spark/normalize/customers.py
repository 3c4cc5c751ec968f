"""Which rows about customers are new versions."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from cdp_spark.contracts.silver import CUSTOMERS
from cdp_spark.normalize.repeats import DUPLICATE, KEPT, content_hash, newest_versions

_RECORD = ["source", "source_key"]


def customer_versions(rows: DataFrame, stored: DataFrame) -> DataFrame:
    """The rows with ``_outcome``: a version that says what is stored for that time is a ``duplicate``, and so is an
    undated row that says what the version before it says. Of two versions of one time the later to land counts.
    """
    tagged = newest_versions(CUSTOMERS, rows, stored, order=("landing_id",), same=())
    return _with_unchanged_as_duplicates(tagged, stored)


def _with_unchanged_as_duplicates(tagged: DataFrame, stored: DataFrame) -> DataFrame:
    undated = (
        tagged.filter((F.col("_outcome") == KEPT) & (F.col("time_quality") == "landed")).select(*_RECORD).distinct()
    )
    flags = {"_content": content_hash(CUSTOMERS), "_is_stored": F.lit(True), "_outcome": F.lit(None).cast("string")}
    # The stored versions of one time came along already; those of other times are what an undated row is compared with.
    present = tagged.filter(F.col("_is_stored")).select(*CUSTOMERS.key)
    known = stored.join(undated, on=_RECORD, how="left_semi").join(present, on=list(CUSTOMERS.key), how="left_anti")
    both = tagged.unionByName(known.withColumns(flags), allowMissingColumns=True)
    counts = F.col("_is_stored") | (F.col("_outcome") == KEPT)
    in_time = Window.partitionBy(*_RECORD).orderBy("valid_from", F.col("_is_stored").desc(), "record_id")
    before = F.last(F.when(counts, F.col("_content")), ignorenulls=True).over(
        in_time.rowsBetween(Window.unboundedPreceding, -1)
    )
    unchanged = (F.col("_outcome") == KEPT) & (F.col("time_quality") == "landed") & (before == F.col("_content"))
    return both.withColumn("_outcome", F.when(unchanged, DUPLICATE).otherwise(F.col("_outcome"))).filter(
        ~F.col("_is_stored")
    )
