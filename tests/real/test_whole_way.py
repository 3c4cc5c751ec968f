"""Every public data set through one configuration, twice; what others have published about them comes out.

Snowplow's expected tables follow the rules of its own models. Where ours differ, the row stands here under the rule's
name, and every other row must agree.
"""

import csv
import gzip
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from cdp_spark.config import load_config
from cdp_spark.contracts import TableContract
from cdp_spark.contracts.gold import ATTRIBUTION, AUDIENCE_MEMBERS, SESSIONS
from cdp_spark.contracts.identity import MEMBERSHIPS, NODES
from cdp_spark.contracts.silver import CONSENT_EVENTS, CUSTOMERS, EVENTS, ORDER_LINES, ORDERS, QUARANTINE
from cdp_spark.pipeline import Finished, RunOptions, run_pipeline
from cdp_spark.runtime.clock import FixedClock
from cdp_spark.runtime.tables import Tables
from cdp_spark.runtime.warehouse import Warehouse

# Records without a date hold since their file was written, which a run as of an earlier time does not see.
AS_OF = datetime(2030, 1, 1, tzinfo=UTC)
WEB, MOBILE = "snowplow_web", "snowplow_mobile"

# Sessions that differ from Snowplow's, by the first letters of its id, and the rule that makes the difference:
# session_spans_devices   a session here belongs to one device; this id was used by three
# max_session             Snowplow cuts a session three days after its first event
# late_device             Snowplow drops an event that the device sent more than three days after it happened
# page_view_id_required   Snowplow counts page views with an id only
# first_user              Snowplow shows who was logged in at the first page event, we at the last
# user_id_fallback        without a device, the login stands for it here
# ping_start              Snowplow starts a session whose first event is a ping at the ping less five seconds
# session_required        Snowplow leaves out events without a session id; here they make a session by time
# views_over_sessions     Snowplow counts a screen view id that two sessions hold in one of them only
# none_not_zero           Snowplow writes NULL, we 0
OTHER_SESSIONS = {
    WEB: {
        "540b6c4f": "session_spans_devices",
        "2bfc2c76": "max_session",
        "d21c000a": "max_session",
        "7edb1641": "late_device",
        "e7971181": "page_view_id_required",
        "37b340c1": "first_user",
        "79831fae": "first_user",
        "b5c4939c": "user_id_fallback",
        "0b0c7bb5": "ping_start",
        "0b5d421a": "ping_start",
        "none": "session_required",
    },
    MOBILE: {
        "ab678146": "late_device",
        "ce997048": "max_session",
        "0920d602": "views_over_sessions",
        "acab5892": "none_not_zero",
    },
}
_THREE_DAYS = timedelta(days=3)


class World:
    """The data sets in a warehouse, after two runs."""

    def __init__(self, folder: Path, spark: SparkSession, shared_data: Path) -> None:
        shutil.copytree(Path(__file__).with_name("conf"), folder / "conf")
        project = folder / "conf" / "cdp.yml"
        project.write_text(project.read_text().replace("../../../shared/data", str(shared_data)))
        self.data = shared_data
        self.config = load_config(folder / "conf")
        self.tables = Tables(spark, Warehouse(self.config.warehouse))
        self.first, self.second = self._run("first"), self._run("second")

    def _run(self, name: str) -> Finished:
        options = RunOptions(as_of=AS_OF, run_id=name, log="quiet")
        return run_pipeline(self.config, options, FixedClock(AS_OF))

    def rows(self, contract: TableContract, source: str) -> list[dict[str, Any]]:
        """The rows of a source; times in UTC, to the millisecond, as Snowplow's files write them."""
        frame = self.tables.read(contract).filter(F.col("source") == source)
        times = [c.name for c in contract.columns if c.type == "TIMESTAMP"]
        shown = frame.withColumns({c: F.date_format(c, "yyyy-MM-dd HH:mm:ss.SSS") for c in times})
        return [r.asDict() for r in shown.collect()]

    def csv(self, path: str) -> list[dict[str, str]]:
        """A file of the data sets."""
        file = self.data / path
        with (
            gzip.open(file, "rt", encoding="utf-8-sig")
            if path.endswith(".gz")
            else file.open(encoding="utf-8-sig", newline="") as text
        ):
            return list(csv.DictReader(text, skipinitialspace=True))


@pytest.fixture(scope="module")
def world(spark: SparkSession, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("real"), spark, shared_data)


def test_every_record_is_taken_and_none_refused(world: World) -> None:
    config = world.config
    expected = sum(
        len(world.csv(str(path.relative_to(world.data))))
        for source in config.sources.values()
        for stream in source.streams.values()
        for path in sorted((world.data / stream.read.path).glob(stream.read.pattern))
    )
    steps = {r.step: r.counts for r in world.first.records}
    assert steps["ingest"].kept == expected == 246_401
    # Repeats: 30 rows of the click stream, and of Snowplow's four message ids that came twice.
    assert steps["normalize"].duplicate == 34
    assert steps["normalize"].quarantined == 0
    assert world.tables.version(QUARANTINE) is None


def test_the_second_run_changes_no_row(world: World) -> None:
    assert {r.step: r.counts.changed for r in world.second.records if r.counts.changed} == {}


@pytest.mark.parametrize("source", [WEB, MOBILE])
def test_snowplows_sessions(world: World, source: str) -> None:
    name, key = (
        ("web/expected/snowplow_web", "domain_sessionid")
        if source == WEB
        else ("mobile/expected/snowplow_mobile", "session_id")
    )
    published = {r[key]: r for r in world.csv(f"events_snowplow_{name}_sessions_expected.csv")}
    ours: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for session in world.rows(SESSIONS, source):
        # Snowplow has no sessions without a page; pings make one.
        if session["page_views"] or session["session_hint"] in published:
            ours[session["session_hint"] or "none"].append(session)
    other = {h for h in {*published, *ours} if [_compared(s) for s in ours[h]] != [_published(published.get(h))]}
    assert len(published) == {WEB: 18, MOBILE: 7}[source]
    assert _named(other, OTHER_SESSIONS[source]) == OTHER_SESSIONS[source]


def test_snowplows_page_views(world: World) -> None:
    published = {
        r["page_view_id"]: r for r in world.csv("events_snowplow_web/expected/snowplow_web_page_views_expected.csv")
    }
    _views_are(world, WEB, "page", published, ("domain_sessionid", "page_url", "page_title", "page_referrer"))
    assert len(published) == 43


def test_snowplows_screen_views(world: World) -> None:
    published = {
        r["screen_view_id"]: r
        for r in world.csv("events_snowplow_mobile/expected/snowplow_mobile_screen_views_expected.csv")
    }
    _views_are(world, MOBILE, "screen", published, ("session_id",))
    assert len(published) == 77


def test_snowplows_web_users(world: World) -> None:
    published = {
        r["original_domain_userid"]: (int(r["sessions"]), int(r["page_views"]), r["start_tstamp"], r["end_tstamp"])
        for r in world.csv("events_snowplow_web/expected/snowplow_web_users_expected.csv")
    }
    ours = _users(s for s in world.rows(SESSIONS, WEB) if s["page_views"])
    other = {d[:8] for d in {*published, *ours} if ours.get(d) != published.get(d)}
    # Users differ where one of their sessions does.
    rules = OTHER_SESSIONS[WEB]
    touched = {s["device_id"][:8] for s in world.rows(SESSIONS, WEB) if _rule(s["session_hint"] or "none", rules)}
    assert len(published) == 11
    assert other <= touched
    assert len({*published} - {d for d in published if d[:8] in touched}) >= 5


def test_snowplows_mobile_users(world: World) -> None:
    published = {
        r["device_user_id"]: (int(r["sessions"]), r["start_tstamp"])
        for r in world.csv("events_snowplow_mobile/expected/snowplow_mobile_users_expected.csv")
    }
    ours = {d: (sessions, start) for d, (sessions, _, start, _) in _users(world.rows(SESSIONS, MOBILE)).items()}
    other = {d for d in {*published, *ours} if ours.get(d) != published.get(d)}
    late = {
        s["device_id"] for s in world.rows(SESSIONS, MOBILE) if _rule(s["session_hint"], {"ab678146": "late_device"})
    }
    assert len(published) == 4
    assert other == late


def test_snowplows_consent(world: World) -> None:
    statuses = Counter(r["status"] for r in world.rows(CONSENT_EVENTS, WEB))
    # The file says 12, 12 and 9; one row of "allow all" stands in it twice.
    assert statuses == {"unknown": 12, "granted": 11, "denied": 9}
    events = Counter(r["event"] for r in world.rows(EVENTS, WEB))
    assert (events["consent_preferences"], events["cmp_visible"]) == (32, 33)
    log = world.csv("events_snowplow_web/expected/snowplow_web_consent_log_expected.csv")
    logged = {r["event_id"] for r in log}
    assert {
        r["message_id"] for r in world.rows(EVENTS, WEB) if r["event"] in ("consent_preferences", "cmp_visible")
    } == logged


def test_last_touch_of_snowplows_attribution_sample(world: World) -> None:
    credit = world.tables.read(ATTRIBUTION).filter("source = 'snowplow_shop' AND model = 'last_touch'")
    by_channel = credit.groupBy("channel").agg(F.sum("conversions").alias("n"), F.sum("value").alias("value")).collect()
    published = {
        r["CHANNEL"]: (Decimal(r["CONVERSIONS"]), round(Decimal(r["REVENUE"]), 4))
        for r in world.csv("attribution_snowplow/expected/snowplow_fractribution_channel_attribution_expected.csv")
        if r["ATTRIBUTION_TYPE"] == "last_touch" and Decimal(r["CONVERSIONS"])
    }
    assert {r["channel"]: (r["n"], r["value"]) for r in by_channel} == published


def test_the_click_stream(world: World) -> None:
    assert len(world.rows(EVENTS, "clickstream")) == 31_076
    assert len(world.rows(SESSIONS, "clickstream")) == 3_605
    assert _members(world, "clickstream_buyers") == 328


def test_the_cafes(world: World) -> None:
    orders, lines = world.rows(ORDERS, "jaffle"), world.rows(ORDER_LINES, "jaffle")
    assert (len(orders), len(lines), len(world.rows(CUSTOMERS, "jaffle"))) == (73_940, 106_319, 938)
    assert sum(o["total"] for o in orders) == Decimal("780003.50")
    assert len({o["order_id"] for o in orders} - {line["order_id"] for line in lines}) == 481
    assert len([e for e in world.rows(EVENTS, "jaffle") if e["event"] == "Tweet"]) == 21_689
    regulars = Counter(r["customer"] for r in world.csv("orders_jaffle_pos/raw_orders.csv.gz"))
    assert _members(world, "jaffle_regulars") == sum(n >= 100 for n in regulars.values())


def test_the_shop_and_the_mail_tool(world: World) -> None:
    orders = world.rows(ORDERS, "shopify")
    published = world.csv("source_fixtures_fivetran/shopify_order_data.csv")
    assert {(o["order_id"], o["currency"], o["total"]) for o in orders} == {
        (r["id"], r["currency"], Decimal(r["total_price"])) for r in published
    }
    # The texts are masked with MD5, and that of nothing names nobody.
    nothing = "d41d8cd98f00b204e9800998ecf8427e"
    assert world.tables.read(NODES).filter(F.col("value") == nothing).isEmpty()
    persons = [c["identifiers"] for c in world.rows(CUSTOMERS, "klaviyo")]
    assert {i["namespace"] for p in persons for i in p} == {"klaviyo_person", "email", "phone"}


def test_people_with_one_key_are_one_person(world: World) -> None:
    nodes = world.tables.read(NODES).select("node_id", "namespace", "value")
    current = world.tables.read(MEMBERSHIPS).filter("is_current").select("node_id", "person_id")
    persons: dict[str, set[str]] = defaultdict(set)
    for r in nodes.join(current, on="node_id").filter("namespace = 'soc_sec_id'").collect():
        persons[r["value"]].add(r["person_id"])
    # Counted by hand: each number of a set is one person, and nobody has two.
    numbers = {f"1-{r['soc_sec_id']}" for r in world.csv("identity_truth/febrl_dataset1.csv")} | {
        f"4-{r['soc_sec_id']}" for n in "ab" for r in world.csv(f"identity_truth/febrl_dataset4{n}.csv")
    }
    assert set(persons) == numbers
    assert all(len(p) == 1 for p in persons.values())
    assert len({p for ps in persons.values() for p in ps}) == len(numbers)


def _compared(session: dict[str, Any]) -> tuple[Any, ...]:
    names = (
        "device_id",
        "started_at",
        "ended_at",
        "landing_url",
        "exit_url",
        "utm_source",
        "utm_medium",
        "utm_campaign",
    )
    return (*[session[n] for n in names], session["user_id"], session["page_views"])


def _published(row: dict[str, str] | None) -> tuple[Any, ...] | None:
    if row is None:
        return None
    web = ("first_page_url", "last_page_url", "mkt_source", "mkt_medium", "mkt_campaign")
    device = row.get("domain_userid") if "domain_userid" in row else row["device_user_id"]
    texts = (device, row["start_tstamp"], row["end_tstamp"], *[row.get(n) for n in web], row["user_id"])
    views = row["page_views"] if "page_views" in row else row["screen_views"]
    return (*[t or None for t in texts], int(views) if views else None)


def _views_are(
    world: World, source: str, kind: str, published: dict[str, dict[str, str]], columns: tuple[str, ...]
) -> None:
    """Every published view is there as published; of the others, each is one that Snowplow's rules leave out."""
    events = world.rows(EVENTS, source)
    started: dict[str, str] = {}
    for e in events:
        started[e["session_hint"]] = min(e["received_ts"], started.get(e["session_hint"], e["received_ts"]))
    ours: dict[str | None, list[dict[str, Any]]] = defaultdict(list)
    for e in sorted(events, key=lambda e: (e["event_ts"], e["message_id"])):
        if e["type"] == kind:
            ours[e["page_view_id"]].append(e)
    for view_id, row in published.items():
        same = {"domain_sessionid": "session_hint", "session_id": "session_hint"}
        counted = [e for e in ours[view_id] if not _left_out(e, started)]
        first = counted[0]
        assert [first["message_id"], first["event_ts"], *[first[same.get(c, c)] or "" for c in columns]] == [
            row["event_id"],
            row["derived_tstamp"],
            *[row[c] for c in columns],
        ]
    left = {v: {_left_out(e, started) for e in ours[v]} for v in ours if v not in published}
    assert {rule for rules in left.values() for rule in rules} <= {
        "late_device",
        "max_session",
        "session_required",
        "page_view_id_required",
    }


def _left_out(event: dict[str, Any], started: dict[str, str]) -> str | None:
    if event["page_view_id"] is None:
        return "page_view_id_required"
    if event["session_hint"] is None:
        return "session_required"
    received, happened, begun = (
        datetime.fromisoformat(t) for t in (event["received_ts"], event["event_ts"], started[event["session_hint"]])
    )
    if received - happened > _THREE_DAYS:
        return "late_device"
    return "max_session" if received > begun + _THREE_DAYS else None


def _users(sessions: Iterable[dict[str, Any]]) -> dict[str, tuple[int, int, str, str]]:
    by_device: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for s in sessions:
        by_device[s["device_id"]].append(s)
    return {
        d: (
            len(many),
            sum(s["page_views"] for s in many),
            min(s["started_at"] for s in many),
            max(s["ended_at"] for s in many),
        )
        for d, many in by_device.items()
    }


def _rule(hint: str, rules: dict[str, str]) -> str | None:
    return next((rule for start, rule in rules.items() if hint.startswith(start)), None)


def _named(hints: Iterable[str], rules: dict[str, str]) -> dict[str, str]:
    return dict(_names(hints, rules))


def _names(hints: Iterable[str], rules: dict[str, str]) -> Iterator[tuple[str, str]]:
    for hint in hints:
        start = next((s for s in rules if hint.startswith(s)), None)
        yield (start, rules[start]) if start else (hint, "unexplained")


def _members(world: World, audience: str) -> int:
    return world.tables.read(AUDIENCE_MEMBERS).filter(F.col("audience") == audience).count()
