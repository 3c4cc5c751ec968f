"""silver.orders and silver.order_lines: purchases and refunds."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.contracts.silver import ORDER_LINES, ORDERS
from cdp_spark.normalize.clock import is_ahead
from cdp_spark.normalize.mapping import PROVENANCE, MappingPlan

SUMS = ("revenue", "total")


def order_rows(plan: MappingPlan, bronze: DataFrame) -> DataFrame:
    """The orders of a mapping's records, judged; ``_lines`` holds their lines where the mapping says where they are,
    ``_sums`` names the amounts that are to be those of the lines.
    """
    sums = [c for c in SUMS if c not in plan.mapping.set] if plan.mapping.totals_from_lines else []
    rows = plan.rows(bronze).transform(with_version, "ordered_at")
    judged = plan.judged(rows, (ahead_warning(),))
    return judged.withColumn("_sums", F.array(*[F.lit(c) for c in sums]).cast("array<string>"))


def line_rows(plan: MappingPlan, bronze: DataFrame) -> DataFrame:
    """The order lines of a mapping whose records are lines, judged."""
    rows = plan.rows(bronze).transform(with_version, None)
    return plan.judged(_with_total(rows), (ahead_warning(),))


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


def with_version(rows: DataFrame, otherwise: str | None) -> DataFrame:
    """``version_ts``: as given, else by ``otherwise``, else the file's time, which also replaces one in the future."""
    given = F.col("version_ts") if "version_ts" in rows.columns else F.lit(None).cast("timestamp")
    other = F.col(otherwise) if otherwise else F.lit(None).cast("timestamp")
    stated = F.coalesce(given, other)
    filled = F.coalesce(F.when(~is_ahead(stated), stated), F.col("file_mtime"))
    defect = F.col("_defect_version_ts") if "_defect_version_ts" in rows.columns else F.lit(None)
    ahead = F.coalesce(is_ahead(stated), F.lit(False))
    return rows.withColumn("_ahead", ahead).withColumn("version_ts", F.when(defect.isNull(), filled))


def _with_total(lines: DataFrame) -> DataFrame:
    def amount(name: str) -> Column:
        return F.col(name) if name in lines.columns else F.lit(None).cast("decimal(18,4)")

    product = (amount("quantity") * amount("unit_price")).try_cast("decimal(18,4)")
    return lines.withColumn("total", F.coalesce(amount("total"), product))


def ahead_warning() -> Column:
    """The warning of a row whose version lies in the future."""
    return F.when(F.col("_ahead"), "implausible:version_ts")
