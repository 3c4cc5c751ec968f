"""What orders are counted for."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.quality.marks import ORDERS, Places, exploded, failing, known_users, mark, warned

_PART = "orders"
_TAKEN_BACK = (
    "refunded",
    "refund",
    "returned",
    "return",
    "cancelled",
    "canceled",
    "voided",
    "void",
    "partially_refunded",
)
# Where a refund that is an order of its own says what it takes back.
_ORIGINAL = ("refund_of", "original_order_id", "parent_order_id")


def order_marks(orders: DataFrame, order_lines: DataFrame, places: Places, landing_id: int) -> DataFrame:
    """Marks of silver.orders, which holds the newest version of each, with its lines.

    An amount below zero is a refund where the status says so, where the row names the order that it takes back, or where
    a line of it is a return.
    """
    amount = F.coalesce("total", "revenue")
    is_back = F.coalesce(F.col("status").isin(*_TAKEN_BACK), F.lit(False))
    original = F.coalesce(*[F.get_json_object("properties", f"$.{name}") for name in _ORIGINAL])
    # One that does not read is a finding itself, and no till that asks for none.
    names_somebody = F.exists(F.coalesce("warnings", F.array()), lambda told: told.startswith("refused:"))
    is_nobodys = F.coalesce(F.size("identifiers") < 1, F.lit(True)) & ~names_somebody
    returns = (
        order_lines.filter(F.col("quantity") < 0).select("source", "order_id", F.lit(True).alias("returns")).distinct()
    )
    named = orders.join(returns, on=["source", "order_id"], how="left").select(
        places.number().alias("place"),
        F.lit(landing_id).cast("bigint").alias("landing_id"),
        F.col("ordered_at").alias("at"),
        "record_id", "warnings", "identifiers", "order_id", "channel",
        F.xxhash64(F.coalesce(F.get("identifiers", F.lit(0))["value"], "order_id")).alias("actor"),
        is_nobodys.alias("is_nobodys"),
        (amount.isNotNull() & F.col("currency").isNull()).alias("lacks_currency"),
        ((amount < 0) & ~is_back & original.isNull() & F.col("returns").isNull()).alias("is_negative"),
        F.when((is_back | (amount < 0)) & original.isNotNull(), F.xxhash64(original)).alias("takes_back"),
    )  # fmt: skip
    return exploded(named, _marks(), [warned(_PART), known_users()])


def _marks() -> list[Column]:
    refund = "refund_without_order"
    return [
        mark(ORDERS, part=F.date_format("at", "yyyy-MM-dd")),
        failing(F.col("is_nobodys"), "order_without_customer", _PART, F.col("channel")),
        failing(F.col("lacks_currency"), "purchase_without_currency", _PART),
        failing(F.col("is_negative"), "negative_revenue", _PART),
        # Events tell of refunds as they land, orders as they stand.
        *[mark(refund, part=part, key=F.xxhash64("order_id"), is_known=True) for part in ("events", _PART)],
        F.when(F.col("takes_back").isNotNull(), mark(refund, part=_PART, key=F.col("takes_back"))),
    ]
