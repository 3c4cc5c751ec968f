"""Snowplow's trackers: its published sessions, users, page and screen views and consent log come out.

The tables follow the rules of Snowplow's own models. A row that differs stands here under the rule that makes it
differ, and may differ only in what that rule says; every other row agrees.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest

from cdp_spark.contracts.gold import SESSIONS
from cdp_spark.contracts.silver import CONSENT_EVENTS, EVENTS
from tests.real.world import World

Row = dict[str, Any]
WEB, MOBILE = "snowplow_web", "snowplow_mobile"
PUBLISHED = {
    WEB: "events_snowplow_web/expected/snowplow_web",
    MOBILE: "events_snowplow_mobile/expected/snowplow_mobile",
}
SESSION_ID = {WEB: "domain_sessionid", MOBILE: "session_id"}
# Our column of a session → Snowplow's, in the web tables and the mobile ones.
COLUMNS = {
    "device_id": ("domain_userid", "device_user_id"),
    "user_id": ("user_id",),
    "started_at": ("start_tstamp",),
    "ended_at": ("end_tstamp",),
    "events": ("total_events",),
    "page_views": ("page_views", "screen_views"),
    "landing_url": ("first_page_url",),
    "exit_url": ("last_page_url",),
    "utm_source": ("mkt_source",),
    "utm_medium": ("mkt_medium",),
    "utm_campaign": ("mkt_campaign",),
}
THERE = "there"  # the session is on one side only, or in parts

# What differs where Snowplow …
RULES = {
    "session_spans_devices": {THERE},  # … keeps one session of several devices; here a session is of one device
    "late_device": {THERE},  # … drops an event sent more than three days after it happened
    "page_view_id_required": {THERE},  # … counts page views with an id only
    "session_required": {THERE},  # … leaves out events without a session id; here time makes their session
    "max_session": {"ended_at", "exit_url", "page_views", "events"},  # … cuts a session three days after it began
    "first_user": {"user_id"},  # … shows the login of the first page event, we that of the last
    "user_id_fallback": {"device_id"},  # … has no device; here the login stands for it
    "ping_start": {"started_at"},  # … starts a session that begins with a ping five seconds earlier
    "views_over_sessions": {"page_views"},  # … counts a screen view that two sessions hold in one of them
    "none_not_zero": {"page_views"},  # … writes NULL, we 0
}
OTHER_SESSIONS = {
    WEB: {
        "540b6c4f…3af5": "session_spans_devices",
        "7edb1641…66fc": "late_device",
        "e7971181…74e8": "page_view_id_required",
        "none": "session_required",
        "2bfc2c76…bd35": "max_session",
        "d21c000a…b12d": "max_session",
        "37b340c1…81ff": "first_user",
        "79831fae…0a08": "first_user",
        "b5c4939c…1a3b": "user_id_fallback",
        "0b0c7bb5…140d": "ping_start",
        "0b0c7bb5…140e": "ping_start",
        "0b5d421a…fce8": "ping_start",
    },
    MOBILE: {
        "ab678146…1af1": "late_device",
        "ce997048…54d3": "max_session",
        "0920d602…75d7": "views_over_sessions",
        "acab5892…d0dd": "none_not_zero",
    },
}
# Users are their sessions: they differ where one of those does.
OTHER_USERS = {
    WEB: {
        "0e9ab97b…a4fc": "session_spans_devices",
        "1f72f389…537f": "session_spans_devices",
        "2e340eb6…bf17": "session_spans_devices",
        "9341fb4f…d273": "late_device",
        "ff747617…a0bb": "page_view_id_required",
        "4f1b6638…53ac": "session_required",
        "4f011c92…54ad": "max_session",
        "12c98e1f…85f0": "max_session",
        "NULL dom…erid": "user_id_fallback",
    },
    MOBILE: {"7813445e…35c7": "late_device", "a7208f5a…6507": "max_session"},
}
LEFT_OUT_VIEWS = {
    WEB: {"late_device": 1, "max_session": 3, "page_view_id_required": 1},
    MOBILE: {"late_device": 1, "max_session": 24},
}
_THREE_DAYS = timedelta(days=3)


@pytest.mark.parametrize(("source", "count"), [(WEB, 18), (MOBILE, 7)])
def test_sessions(world: World, source: str, count: int) -> None:
    published = _published(world, source, "sessions", SESSION_ID[source])
    ours: dict[str, list[Row]] = defaultdict(list)
    for session in world.rows(SESSIONS, source):
        # Snowplow has no sessions without a page.
        if session["page_views"] or session["session_hint"] in published:
            ours[session["session_hint"] or "none"].append(session)
    found = {_short(h): _differing(ours[h], published.get(h)) for h in {*published, *ours}}
    other = {h: columns for h, columns in found.items() if columns}
    assert len(published) == count
    assert set(other) == set(OTHER_SESSIONS[source])
    assert [h for h, columns in other.items() if not columns <= RULES[OTHER_SESSIONS[source][h]]] == []


@pytest.mark.parametrize(("source", "count"), [(WEB, 11), (MOBILE, 4)])
def test_users(world: World, source: str, count: int) -> None:
    key = {WEB: "original_domain_userid", MOBILE: "device_user_id"}[source]
    views = {WEB: "page_views", MOBILE: "screen_views"}[source]
    published = {
        device: (int(r["sessions"]), int(r[views] or 0), r["start_tstamp"], r["end_tstamp"])
        for device, r in _published(world, source, "users", key).items()
    }
    ours = _users(s for s in world.rows(SESSIONS, source) if s["page_views"] or source == MOBILE)
    other = {_short(d) for d in {*published, *ours} if ours.get(d) != published.get(d)}
    assert len(published) == count
    assert other == set(OTHER_USERS[source])
    assert set(OTHER_USERS[source].values()) <= set(OTHER_SESSIONS[source].values())


@pytest.mark.parametrize(
    ("source", "kind", "count", "columns"),
    [(WEB, "page", 43, ("page_url", "page_title", "page_referrer")), (MOBILE, "screen", 77, ())],
)
def test_views(world: World, source: str, kind: str, count: int, columns: tuple[str, ...]) -> None:
    published = _published(world, source, f"{kind}_views", f"{kind}_view_id")
    events = sorted(world.rows(EVENTS, source), key=lambda e: (e["event_ts"], e["message_id"]))
    begun = {h: min(e["received_ts"] for e in events if e["session_hint"] == h) for h in _hints(events)}
    counted: dict[str, Row] = {}
    left_out: dict[str | None, str] = {}
    for event in (e for e in events if e["type"] == kind):
        if rule := _rule_against(event, begun):
            left_out[event["page_view_id"]] = rule
        else:
            counted.setdefault(event["page_view_id"], event)
    session = SESSION_ID[source]
    assert len(published) == count
    assert {
        i: [e["message_id"], e["event_ts"], e["session_hint"], *[e[c] or "" for c in columns]]
        for i, e in counted.items()
    } == {i: [r["event_id"], r["derived_tstamp"], r[session], *[r[c] for c in columns]] for i, r in published.items()}
    assert Counter(rule for i, rule in left_out.items() if i not in published) == LEFT_OUT_VIEWS[source]


def test_consent(world: World) -> None:
    statuses = Counter(r["status"] for r in world.rows(CONSENT_EVENTS, WEB))
    # A choice of "all" stands twice in Snowplow's context file; told apart by event they are 12, 11 and 9.
    assert statuses == {"unknown": 12, "granted": 11, "denied": 9}
    of_consent = [r for r in world.rows(EVENTS, WEB) if r["event"] in ("consent_preferences", "cmp_visible")]
    assert Counter(r["event"] for r in of_consent) == {"consent_preferences": 32, "cmp_visible": 33}
    assert {r["message_id"] for r in of_consent} == set(_published(world, WEB, "consent_log", "event_id"))


def _published(world: World, source: str, table: str, key: str) -> dict[str, dict[str, str]]:
    return {r[key]: r for r in world.csv(f"{PUBLISHED[source]}_{table}_expected.csv")}


def _differing(sessions: list[Row], published: dict[str, str] | None) -> set[str]:
    """Our columns in which the one session differs from the published row."""
    if published is None or len(sessions) != 1:
        return {THERE}
    there = {ours: theirs for ours, names in COLUMNS.items() for theirs in names if theirs in published}
    [session] = sessions
    return {c for c, theirs in there.items() if _text(session[c]) != published[theirs]}


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _short(name: str) -> str:
    return name if len(name) < 13 else f"{name[:8]}…{name[-4:]}"


def _hints(events: list[Row]) -> set[str]:
    return {e["session_hint"] for e in events}


def _rule_against(event: Row, begun: dict[str, str]) -> str | None:
    """The rule by which Snowplow leaves a view out."""
    if event["page_view_id"] is None:
        return "page_view_id_required"
    if event["session_hint"] is None:
        return "session_required"
    times = (event["received_ts"], event["event_ts"], begun[event["session_hint"]])
    received, happened, first = (datetime.fromisoformat(t) for t in times)
    if received - happened > _THREE_DAYS:
        return "late_device"
    return "max_session" if received > first + _THREE_DAYS else None


def _users(sessions: Iterable[Row]) -> dict[str, tuple[int, int, str, str]]:
    by_device: dict[str, list[Row]] = defaultdict(list)
    for s in sessions:
        by_device[s["device_id"]].append(s)
    return {
        device: (
            len(many),
            sum(s["page_views"] for s in many),
            min(s["started_at"] for s in many),
            max(s["ended_at"] for s in many),
        )
        for device, many in by_device.items()
    }
