"""Sessions: the visits of a device."""

from datetime import datetime, timedelta

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from cdp_spark.config.attribution import AttributionConfig
from cdp_spark.contracts.gold import SESSIONS
from cdp_spark.measurement.channels import with_channel
from cdp_spark.measurement.devices import USER_ID, with_device
from cdp_spark.runtime.people import holds_at

# The column that differs most comes first: rows are sorted by them.
_STREAM = ("device_id", "session_hint", "source", "device_namespace")
_CAMPAIGN = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "click_id_kind")
_ORDER = ("event_ts", "message_id")
VIEWS = ("page", "screen")


def sessions(
    events: DataFrame,
    device_people: DataFrame,
    attribution: AttributionConfig,
    as_of: datetime,
    device_holders: DataFrame | None = None,
) -> DataFrame:
    """One row a session, in the shape of gold.sessions.

    The source's own session id makes a session within a device's stream; events without one are cut where the
    next follows more than ``session_gap`` later. Bots, events that are touches by themselves, events without a
    device and events after ``as_of`` are left out. Page, referrer and campaign are those of the first page or
    screen view, of the first event where there is no view.

    A session is the person's of its device, of its login where the device is shared, and with ``device_holders`` (see
    ``people.device_holders``) without a login theirs who had the shared device when it began.
    """
    visits = (
        _only_visiting(events, attribution, as_of)
        .transform(with_device)
        .transform(_with_session_number, attribution.session_gap)
        .transform(_one_row_a_session)
    )
    return (
        _with_person(visits, device_people, device_holders)
        .transform(with_channel, attribution.channels, attribution.own_hosts)
        .transform(SESSIONS.shape)
    )


def _only_visiting(events: DataFrame, attribution: AttributionConfig, as_of: datetime) -> DataFrame:
    is_person = ~F.coalesce("is_bot", F.lit(False))
    is_touch = F.col("event").isin(*attribution.touch_events)
    return events.filter(is_person & ~is_touch & (F.col("event_ts") <= F.lit(as_of)))


def _with_session_number(events: DataFrame, gap: timedelta) -> DataFrame:
    in_order = Window.partitionBy(*_STREAM).orderBy(*_ORDER)
    pause = F.unix_micros("event_ts") - F.unix_micros(F.lag("event_ts").over(in_order))
    begins = F.col("session_hint").isNull() & (pause > F.lit(gap // timedelta(microseconds=1)))
    so_far = in_order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    begun = events.withColumns({"_begins": F.coalesce(begins, F.lit(False)).cast("int")})
    return begun.withColumns({"_number": F.sum("_begins").over(so_far)})


def _one_row_a_session(events: DataFrame) -> DataFrame:
    is_view = F.col("type").isin(*VIEWS)
    per_session = events.groupBy(*_STREAM, "_number").agg(
        F.min(F.struct(*_ORDER)).alias("first"),
        F.max("event_ts").alias("ended_at"),
        # The smallest struct is the first view; without any view, the first event.
        F.min(F.struct((~is_view).alias("_late"), *_ORDER, "page_url", "page_referrer", *_CAMPAIGN)).alias("entry"),
        F.max(F.struct(is_view.alias("_view"), *_ORDER, "page_url")).alias("exit"),
        F.max(F.when(F.col(USER_ID).isNotNull(), F.struct(*_ORDER, USER_ID))).alias("login"),
        F.count(F.lit(1)).alias("events"),
        F.count(F.when(is_view, 1)).alias("views"),
        F.size(F.collect_set("page_view_id")).alias("view_ids"),
    )
    return per_session.select(
        F.sha2(F.to_json(F.array("source", "device_id", "first.message_id")), 256).alias("session_id"),
        *_STREAM,
        F.col("first.event_ts").alias("started_at"),
        "ended_at",
        "events",
        _page_views().alias("page_views"),
        (F.col("views") > 0).alias("is_visit"),
        F.col("login.user_id").alias(USER_ID),
        F.col("entry.page_url").alias("landing_url"),
        F.col("exit.page_url").alias("exit_url"),
        F.col("entry.page_referrer").alias("referrer"),
        *[F.col(f"entry.{name}").alias(name) for name in _CAMPAIGN],
    )


def _page_views() -> Column:
    return F.when(F.col("view_ids") > 0, F.col("view_ids")).otherwise(F.col("views")).cast("bigint")


def _with_person(visits: DataFrame, device_people: DataFrame, device_holders: DataFrame | None) -> DataFrame:
    # device_people has one row a device and one a login; a shared device has none, its logins still do.
    devices = device_people.select(
        F.col("namespace").alias("device_namespace"),
        F.col("value").alias("device_id"),
        F.col("person_id").alias("_owner"),
    )
    logins = device_people.filter(F.col("namespace") == USER_ID).select(
        F.col("value").alias(USER_ID), F.col("person_id").alias("_login_owner")
    )
    owned = visits.join(devices, on=["device_namespace", "device_id"], how="left").join(logins, on=USER_ID, how="left")
    if device_holders is None:
        return owned.withColumns({"person_id": F.coalesce("_owner", "_login_owner")})
    holders = device_holders.withColumnRenamed("person_id", "_holder")
    is_same = (F.col("device_namespace") == F.col("namespace")) & (F.col("device_id") == F.col("value"))
    held = owned.join(holders, on=is_same & holds_at(F.col("started_at")), how="left")  # one slice a moment
    return held.withColumns({"person_id": F.coalesce("_owner", "_login_owner", "_holder")})
