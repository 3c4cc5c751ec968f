"""What new events are counted for."""

from datetime import timedelta
from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from cdp_spark.config.quality import QualityConfig
from cdp_spark.quality.marks import LATE, VOLUME, Places, exploded, failing, mark, no_marks, seldom, warned

_PART = "events"
_TABLE_COLUMNS = ("place", "landing_id", "record_id", "at", "actor", "warnings")
_SECOND, _DAY = 1_000_000, 86_400_000_000
_AHEAD = timedelta(minutes=5)


def event_marks(events: DataFrame, places: Places, config: QualityConfig) -> DataFrame:
    """Marks of new rows of silver.events: volumes by day, and one a defect."""
    judged = events.withColumns({
        "place": places.number(),
        "actor": F.xxhash64(_actor()),
        "at": F.col("event_ts"),
        "name": _name(),
        "folded": F.lower("event"),
    }).withColumns({
        "firing": F.when(F.col("type").isin("track", "page", "screen"), _what_was_done()),
        "is_purchase": F.col("folded").isin(*_folded(config.event_names.purchase)),
        "is_refund": F.col("folded").isin(*_folded(config.event_names.refund)),
    })  # fmt: skip
    # Few rows have a defect, and what few rows have is carried as one column.
    facts = {kind: F.coalesce(fact, F.lit(False)) for kind, fact in _facts(judged, config).items()}
    any_of_them = reduce(lambda a, b: a | b, facts.values())
    kinds = F.when(any_of_them, F.array_compact(F.array(*[F.when(fact, kind) for kind, fact in facts.items()])))
    slim = judged.select(*_TABLE_COLUMNS, "name", "firing", kinds.alias("kinds"), *_matched())
    return exploded(_with_double_firing(slim), _marks(), [_defects(), _rare(), warned(_PART)])


def _facts(events: DataFrame, config: QualityConfig) -> dict[str, Column]:
    amount, currency = _property("revenue", "total", "value"), _property("currency")
    is_view = F.col("type").isin("page", "screen")
    ahead = F.unix_micros("event_ts") - F.unix_micros("received_ts") > _AHEAD // timedelta(microseconds=1)
    is_told_already = F.coalesce(F.array_contains("warnings", "clock_skew"), F.lit(False))
    no_identifiers = F.coalesce(F.size("identifiers") < 1, F.lit(True))
    return {
        "event_without_id": F.coalesce("user_id", "anonymous_id").isNull() & no_identifiers,
        "user_id_on_anonymous_pages": is_view & (F.col("user_id") == F.col("anonymous_id")),
        "clock_skew": ahead & F.col("event_ts_source").isin("vendor", "device") & ~is_told_already,
        "bounced_email": F.col("folded").isin(*_folded(config.event_names.bounced)),
        "purchase_without_currency": F.col("is_purchase") & amount.isNotNull() & currency.isNull(),
        "paid_click_without_utm": F.col("click_id_kind").isNotNull()
        & F.coalesce("utm_source", "utm_campaign").isNull(),
        "bots": F.col("is_bot"),
        "internal_traffic": F.col("is_internal"),
    }


def _matched() -> list[Column]:
    """Hashes of user ids and order ids that another table, or an identify call, must explain."""
    order = _property("order_id")
    return [
        F.when(F.col("user_id").isNotNull(), F.xxhash64("user_id")).alias("user"),
        F.col("type").isin("identify", "alias").alias("is_told"),
        F.when(order.isNotNull() & F.col("is_refund"), F.xxhash64(order)).alias("refunded"),
        (order.isNull() & F.col("is_refund")).alias("is_blank_refund"),
        (F.unix_micros("received_ts") - F.unix_micros("event_ts") > _DAY).alias("is_late"),
    ]


def _marks() -> list[Column]:
    told = mark("user_id_never_identified", part=_PART, key=F.col("user"), is_known=F.col("is_told"))
    return [
        mark(VOLUME, part=F.date_format("at", "yyyy-MM-dd"), subject=F.col("name")),
        F.when(F.col("user").isNotNull(), told),
    ]


def _defects() -> Column:
    found = F.transform("kinds", lambda k: mark(k, part=_PART, key=F.col("actor"), record=F.col("record_id")))
    return F.coalesce(found, no_marks())


def _rare() -> Column:
    refund, record = "refund_without_order", F.col("record_id")
    is_any = F.coalesce("is_late", F.lit(False)) | F.coalesce("is_double", F.lit(False))
    return seldom(
        is_any | F.col("is_blank_refund") | F.col("refunded").isNotNull(),
        [
            F.when(F.col("is_late"), mark(LATE, part=_PART)),
            failing(F.col("is_double"), "double_firing", _PART, F.col("name")),
            F.when(F.col("refunded").isNotNull(), mark(refund, part=_PART, key=F.col("refunded"))),
            # Without a key: there is nothing that another table could explain.
            F.when(F.col("is_blank_refund"), mark(refund, part=_PART, record=record)),
        ],
    )


def _with_double_firing(events: DataFrame) -> DataFrame:
    """Adds ``is_double``: somebody did exactly this at most a second before."""
    in_time = Window.partitionBy("place", "fired").orderBy("micros", "record_id")
    # What is no firing stands alone: in one window together they would be sorted by one task.
    fired = F.coalesce("firing", F.xxhash64("record_id"))
    timed = events.withColumns({"micros": F.unix_micros("at"), "fired": fired})
    apart = F.col("micros") - F.lag("micros").over(in_time)
    return timed.withColumn("is_double", F.col("firing").isNotNull() & (apart <= _SECOND))


def _what_was_done() -> Column:
    return F.xxhash64(_actor(), "event", "page_url", "properties")


def _actor() -> Column:
    return F.coalesce("user_id", "anonymous_id", F.get("identifiers", F.lit(0))["value"])


def _name() -> Column:
    # Pages and screens have as many names as a site has pages.
    return F.when(F.col("type") == "track", F.col("event")).otherwise(F.col("type"))


def _property(*names: str) -> Column:
    texts = [F.get_json_object("properties", f"$.{name}") for name in names]
    return F.when(F.col("is_purchase") | F.col("is_refund"), F.nullif(F.coalesce(*texts, F.lit("")), F.lit("")))


def _folded(names: tuple[str, ...]) -> list[str]:
    return sorted({n.lower() for n in names})
