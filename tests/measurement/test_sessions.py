"""Sessions: where they begin and end, what they show, whose they are."""

import csv
import gzip
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from cdp_spark.config.attribution import AttributionConfig
from cdp_spark.contracts.gold import SESSIONS
from cdp_spark.contracts.silver import EVENTS
from cdp_spark.measurement.sessions import sessions

CONFIG = AttributionConfig()
T0 = datetime(2026, 1, 10, 12, 0, tzinfo=UTC)
LATER = T0 + timedelta(days=365)
Rows = Callable[..., DataFrame]


def minutes(count: float) -> datetime:
    return T0 + timedelta(minutes=count)


def _made(events: DataFrame, device_people: DataFrame, *, as_of: datetime = LATER) -> list[Row]:
    return sessions(events, device_people, CONFIG, as_of).orderBy("started_at", "session_id").collect()


def test_a_pause_of_thirty_minutes_joins_and_a_longer_one_cuts(events: Rows, device_people: Rows) -> None:
    rows = events(
        {"message_id": "a", "event_ts": T0},
        {"message_id": "b", "event_ts": minutes(30)},
        {"message_id": "c", "event_ts": minutes(60.001)},
    )
    assert [(r.started_at.astimezone(UTC), r.events) for r in _made(rows, device_people())] == [
        (T0, 2),
        (minutes(60.001), 1),
    ]


def test_the_sources_session_id_holds_over_any_pause(events: Rows, device_people: Rows) -> None:
    rows = events(
        {"message_id": "a", "session_hint": "s1"},
        {"message_id": "b", "session_hint": "s2", "event_ts": minutes(1)},
        {"message_id": "c", "session_hint": "s1", "event_ts": minutes(300)},
    )
    assert [(r.session_hint, r.events) for r in _made(rows, device_people())] == [("s1", 2), ("s2", 1)]


def test_a_login_does_not_cut_the_devices_session(events: Rows, device_people: Rows) -> None:
    rows = events(
        {"message_id": "a"},
        {"message_id": "b", "user_id": "u1", "event_ts": minutes(1)},
        {"message_id": "c", "user_id": "u2", "event_ts": minutes(2)},
        {"message_id": "d", "event_ts": minutes(3)},
    )
    (only,) = _made(rows, device_people(("anonymous_id", "c1", "p1")))
    assert (only.events, only.user_id, only.person_id) == (4, "u2", "p1")


def test_a_session_on_a_shared_device_belongs_to_who_logged_in(events: Rows, device_people: Rows) -> None:
    rows = events(
        {"message_id": "a", "user_id": "u1"},
        {"message_id": "b", "anonymous_id": "c2"},
        {"message_id": "c", "anonymous_id": None, "user_id": "u1", "event_ts": minutes(5)},
        {"message_id": "d", "anonymous_id": None, "user_id": None},
    )
    made = _made(rows, device_people(("user_id", "u1", "p1")))
    assert sorted((r.device_namespace, r.device_id, r.person_id or "") for r in made) == [
        ("anonymous_id", "c1", "p1"),
        ("anonymous_id", "c2", ""),
        ("user_id", "u1", "p1"),
    ]


def test_bots_touch_events_and_the_future_make_no_session(events: Rows, device_people: Rows) -> None:
    rows = events(
        {"message_id": "bot", "is_bot": True},
        {"message_id": "click", "type": "track", "event": "Email Link Clicked"},
        {"message_id": "future", "event_ts": minutes(2)},
        {"message_id": "now", "event_ts": minutes(1), "is_bot": False},
    )
    (only,) = _made(rows, device_people(), as_of=minutes(1))
    assert only.events == 1 and only.started_at.astimezone(UTC) == minutes(1)


def test_page_and_campaign_are_those_of_the_first_view(events: Rows, device_people: Rows) -> None:
    rows = events(
        {"message_id": "a", "type": "track", "page_url": "https://x.example/ping", "utm_source": "wrong"},
        {"message_id": "b", "event_ts": minutes(1), "page_url": "https://x.example/in", "page_referrer": "https://g.example/",
         "utm_source": "google", "utm_medium": "cpc", "utm_campaign": "spring", "click_id_kind": "gclid"},
        {"message_id": "c", "event_ts": minutes(2), "page_url": "https://x.example/out", "utm_campaign": "other"},
        {"message_id": "d", "event_ts": minutes(3), "type": "track", "page_url": "https://x.example/after"},
    )  # fmt: skip
    (only,) = _made(rows, device_people())
    assert (only.landing_url, only.exit_url, only.referrer) == (
        "https://x.example/in",
        "https://x.example/out",
        "https://g.example/",
    )
    assert (only.utm_source, only.utm_medium, only.utm_campaign, only.channel) == (
        "google",
        "cpc",
        "spring",
        "Paid Search",
    )
    assert only.page_views == 2 and only.is_visit


def test_page_views_are_distinct_view_ids_where_the_source_gives_them(events: Rows, device_people: Rows) -> None:
    rows = events(
        {"message_id": "a", "page_view_id": "v1"},
        {"message_id": "b", "page_view_id": "v1"},
        {"message_id": "c", "page_view_id": "v2", "type": "track"},
        {"message_id": "d", "anonymous_id": "c2"},
        {"message_id": "e", "anonymous_id": "c2", "type": "screen"},
        {"message_id": "f", "anonymous_id": "c3", "type": "track"},
    )
    made = {r.device_id: (r.page_views, r.is_visit) for r in _made(rows, device_people())}
    assert made == {"c1": (2, True), "c2": (2, True), "c3": (0, False)}


def test_equal_times_and_any_order_of_arrival_give_the_same_rows(events: Rows, device_people: Rows) -> None:
    seed = 11
    print(f"seed {seed}")
    rows = [
        {"message_id": f"m{i}", "page_url": f"https://x.example/{i}", "event_ts": minutes(i // 3)} for i in range(12)
    ]
    shuffled = random.Random(seed).sample(rows, len(rows))
    made, again = _made(events(*rows), device_people()), _made(events(*shuffled).repartition(3), device_people())
    assert made == again and made[0].landing_url == "https://x.example/0"


def test_ids_that_run_together_stay_apart(events: Rows, device_people: Rows) -> None:
    rows = events({"message_id": "bc", "anonymous_id": "a"}, {"message_id": "c", "anonymous_id": "ab"})
    assert len({r.session_id for r in _made(rows, device_people())}) == 2


def test_a_clickstream_is_cut_into_its_own_3605_sessions(
    spark: SparkSession, shared_data: Path, device_people: Rows
) -> None:
    with gzip.open(shared_data / "events_ecom_clickstream" / "ecom.csv.gz", "rt", encoding="utf-8") as file:
        lines = sorted(
            {tuple(r[c] for c in ("user_id", "session_id", "event", "timestamp")) for r in csv.DictReader(file)}
        )
    rows = [
        {"message_id": f"{i}", "record_id": f"{i}", "source": "ecom", "stream": "s", "type": "page", "event": event,
         "event_ts": datetime.fromisoformat(at).replace(tzinfo=UTC), "anonymous_id": user, "landing_id": 1}
        for i, (user, _, event, at) in enumerate(lines)
    ]  # fmt: skip
    clickstream = spark.createDataFrame([tuple(r.get(c) for c in EVENTS.column_names) for r in rows], EVENTS.schema)
    made = sessions(clickstream, device_people(), CONFIG, LATER)
    figures = made.agg(F.count("session_id"), F.sum("events")).first()
    assert figures is not None and tuple(figures) == (3605, len(lines))
    assert made.columns == list(SESSIONS.column_names)
