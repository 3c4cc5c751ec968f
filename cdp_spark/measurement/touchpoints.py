"""Touchpoints: a visit, or an event that is a marketing contact by itself, such as a click in an e-mail."""

from collections.abc import Mapping
from datetime import datetime
from itertools import chain

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.config.attribution import TouchEvent
from cdp_spark.contracts.gold import TOUCHPOINTS

_CAMPAIGN_PROPERTIES = ("$.campaign_name", "$.campaign_id")


def visit_touchpoints(sessions: DataFrame) -> DataFrame:
    """One row a visit, with the session's channel; sessions without a page or screen view are no visits."""
    return (
        sessions.filter("is_visit")
        .select(
            F.sha2(F.concat(F.lit("visit:"), "session_id"), 256).alias("touchpoint_id"),
            "person_id",
            F.lit("visit").alias("touch_type"),
            F.col("started_at").alias("occurred_at"),
            "channel",
            F.col("utm_campaign").alias("campaign"),
            "session_id",
            F.lit(None).cast("string").alias("message_id"),
        )
        .transform(TOUCHPOINTS.shape)
    )


def touch_events(events: DataFrame, configured: Mapping[str, TouchEvent], as_of: datetime) -> DataFrame:
    """The events up to ``as_of`` that are touches by themselves; bots' are not."""
    is_person = ~F.coalesce("is_bot", F.lit(False))
    return events.filter(F.col("event").isin(*configured) & is_person & (F.col("event_ts") <= F.lit(as_of)))


def event_touchpoints(
    touches: DataFrame, people_of_records: DataFrame, configured: Mapping[str, TouchEvent]
) -> DataFrame:
    """One row a touch event, with the channel its kind of event is given; people_of_records has one row a record."""
    campaign = F.coalesce("utm_campaign", *[F.get_json_object("properties", path) for path in _CAMPAIGN_PROPERTIES])
    kinds = {event: touch.type for event, touch in configured.items()}
    channels = {event: touch.channel for event, touch in configured.items()}
    return (
        touches.join(people_of_records, on="record_id", how="left")
        .select(
            F.sha2(F.concat(F.lit("event:"), "message_id"), 256).alias("touchpoint_id"),
            "person_id",
            _looked_up(kinds).alias("touch_type"),
            F.col("event_ts").alias("occurred_at"),
            _looked_up(channels).alias("channel"),
            campaign.alias("campaign"),
            F.lit(None).cast("string").alias("session_id"),
            "message_id",
        )
        .transform(TOUCHPOINTS.shape)
    )


def _looked_up(by_event: Mapping[str, str]) -> Column:
    if not by_event:
        return F.lit(None).cast("string")
    return F.create_map(*[F.lit(text) for text in chain.from_iterable(by_event.items())])[F.col("event")]
