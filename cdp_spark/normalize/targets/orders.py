"""silver.orders and silver.order_lines: purchases and refunds."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.contracts.silver import ORDER_LINES, ORDERS
from cdp_spark.normalize.clock import is_ahead
from cdp_spark.normalize.mapping import PROVENANCE, SUMS, Parts, defect_of, judged, rows_of


def order_rows(parts: Parts) -> DataFrame:
    """The orders of mappings' records, judged; ``_lines`` holds their lines where a mapping says where they are."""
    return judged(rows_of(parts).transform(with_version), parts, [ahead_warning()])


def line_rows(parts: Parts) -> DataFrame:
    """The order lines of mappings whose records are lines, judged."""
    return judged(_with_total(rows_of(parts).transform(with_version)), parts, [ahead_warning()])


def lines_of_orders(orders: DataFrame) -> DataFrame:
    """The lines within orders, as rows of silver.order_lines."""
    if "_lines" not in orders.columns:
        raise AssertionError("these orders hold no lines")
    provenance = [c for c in (*PROVENANCE, "source", "order_id", "version_ts")]
    exploded = orders.select(*provenance, F.explode("_lines").alias("_line"))
    inner = [f.name for f in exploded.schema["_line"].dataType]  # type: ignore[attr-defined]  # a struct
    rows = exploded.select(*provenance, *[F.col("_line").getField(n).alias(n) for n in inner])
    missing = {c.name: F.lit(None).cast(c.type) for c in ORDER_LINES.columns if c.name not in rows.columns}
    return _with_total(rows.withColumns(missing))


def with_sums_of_lines(orders: DataFrame, order_lines: DataFrame) -> DataFrame:
    """The orders with those amounts that ``_sums`` names taken from all their stored lines."""
    keys = ["source", "order_id"]
    sums = order_lines.groupBy(*keys).agg(F.sum("total").cast("decimal(18,4)").alias("_of_lines"))
    taken = {c: F.when(F.array_contains("_sums", c), F.col("_of_lines")).otherwise(F.col(c)) for c in SUMS}
    return orders.join(sums, on=keys, how="left").withColumns(taken).select(*ORDERS.column_names)


def with_version(rows: DataFrame) -> DataFrame:
    """``version_ts``: as given, else the file's time, which also replaces one in the future."""
    stated = F.col("version_ts")
    filled = F.coalesce(F.when(~is_ahead(stated), stated), F.col("file_mtime"))
    defect = F.col(defect_of("version_ts"))
    ahead = F.coalesce(is_ahead(stated), F.lit(False))
    return rows.withColumn("_ahead", ahead).withColumn("version_ts", F.when(defect.isNull(), filled))


def _with_total(lines: DataFrame) -> DataFrame:
    product = (F.col("quantity") * F.col("unit_price")).try_cast("decimal(18,4)")
    return lines.withColumn("total", F.coalesce("total", product))


def ahead_warning() -> Column:
    """The warning of a row whose version lies in the future."""
    return F.when(F.col("_ahead"), "implausible:version_ts")
