"""Touchpoints: visits, and events that are touches by themselves."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from pyspark.sql import DataFrame

from cdp_spark.config.attribution import AttributionConfig, TouchEvent
from cdp_spark.measurement.sessions import sessions
from cdp_spark.measurement.touchpoints import event_touchpoints, touch_events, visit_touchpoints

Rows = Callable[..., DataFrame]
T0 = datetime(2026, 1, 10, 12, 0, tzinfo=UTC)
LATER = T0 + timedelta(days=1)
CONFIG = AttributionConfig()
CLICK = {"type": "track", "event": "Email Link Clicked", "anonymous_id": None}


def test_a_session_with_a_view_is_a_touch_and_one_without_is_none(events: Rows, device_people: Rows) -> None:
    rows = events(
        {"message_id": "a", "utm_source": "google", "utm_medium": "cpc", "utm_campaign": "brand"},
        {"message_id": "b", "anonymous_id": "backend", "type": "track", "event": "Order Completed"},
    )
    made = sessions(rows, device_people(("anonymous_id", "c1", "p1")), CONFIG, LATER)
    (visit,) = visit_touchpoints(made).collect()
    assert (visit.person_id, visit.touch_type, visit.channel, visit.campaign) == ("p1", "visit", "Paid Search", "brand")
    assert visit.occurred_at.astimezone(UTC) == T0 and visit.session_id is not None and visit.message_id is None


def test_a_click_in_an_email_is_a_touch_of_the_records_person(events: Rows, people: Rows) -> None:
    rows = events(
        {**CLICK, "message_id": "a", "record_id": "r1", "properties": '{"campaign_name": "w07", "campaign_id": "c7"}'},
        {**CLICK, "message_id": "b", "record_id": "r2", "properties": '{"campaign_id": "c7"}'},
        {**CLICK, "message_id": "c", "record_id": "r3", "utm_campaign": "tagged", "properties": "not json"},
        {**CLICK, "message_id": "bot", "is_bot": True},
        {**CLICK, "message_id": "future", "event_ts": LATER + timedelta(seconds=1)},
        {"message_id": "page"},
    )
    touches = touch_events(rows, CONFIG.touch_events, LATER)
    made = event_touchpoints(touches, people(("r1", "p1"), ("r3", "p3")), CONFIG.touch_events).collect()
    assert sorted((r.message_id, r.person_id or "", r.touch_type, r.channel, r.campaign) for r in made) == [
        ("a", "p1", "click", "Email", "w07"),
        ("b", "", "click", "Email", "c7"),
        ("c", "p3", "click", "Email", "tagged"),
    ]
    assert len({r.touchpoint_id for r in made}) == 3


def test_kind_and_channel_of_a_touch_event_are_configured(events: Rows, people: Rows) -> None:
    configured = {
        "Ad Viewed": TouchEvent(type="view", channel="Display"),
        "Push Opened": TouchEvent(type="open", channel="Push"),
    }
    rows = events({"message_id": "a", "event": "Ad Viewed"}, {"message_id": "b", "event": "Push Opened"})
    made = event_touchpoints(touch_events(rows, configured, LATER), people(), configured).collect()
    assert sorted((r.touch_type, r.channel) for r in made) == [("open", "Push"), ("view", "Display")]


def test_no_configured_touch_event_gives_no_row(events: Rows, people: Rows) -> None:
    assert event_touchpoints(touch_events(events({**CLICK, "message_id": "a"}), {}, LATER), people(), {}).count() == 0
