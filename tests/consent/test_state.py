"""Precedence within one contact point: the golden cases in every order, and an independent oracle."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from pyspark.sql import DataFrame, SparkSession

from cdp_spark.config.consent import ConsentConfig
from cdp_spark.consent.state import consent_state

T = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=d) for d in range(10)]
CONFIG = ConsentConfig()
EVENTS = """consent_event_id STRING, namespace STRING, value STRING, purpose STRING, status STRING, method STRING,
            captured_at TIMESTAMP, expires_at TIMESTAMP"""
Event = tuple[str, str, str | None, datetime, datetime | None]  # id, status, method, captured_at, expires_at
Span = tuple[datetime, datetime | None, str, str, str]  # from, to, status, decided_by, rule


def said(name: str, status: str, method: str | None, at: int, until: int | None = None) -> Event:
    """An event on day ``at`` that expires on day ``until``."""
    return (name, status, method, T[at], None if until is None else T[until])


def frame(spark: SparkSession, points: dict[str, list[Event]]) -> DataFrame:
    """silver.consent_events of contact points, all for one purpose."""
    rows = [(i, "email", p, "ads", s, m, t, e) for p, events in points.items() for i, s, m, t, e in events]
    return spark.createDataFrame(rows, EVENTS)


def spans(spark: SparkSession, points: dict[str, list[Event]]) -> dict[str, list[Span]]:
    """Contact point → its intervals in order."""
    found: dict[str, list[Span]] = {p: [] for p in points}
    for r in consent_state(frame(spark, points), CONFIG).collect():
        start, end = utc(r["valid_from"]), utc(r["valid_to"])
        assert start is not None
        found[r["value"]].append((start, end, r["status"], r["decided_by"], r["rule"]))
    return {p: sorted(s, key=lambda x: x[0]) for p, s in found.items()}


def utc(t: datetime | None) -> datetime | None:
    """The moment with its zone."""
    return None if t is None else t.astimezone(UTC)


GOLDEN: list[tuple[str, list[Event], list[Span]]] = [
    ("C2 a grant, then a withdrawal", [said("a", "granted", "form", 1), said("b", "withdrawn", "form", 2)],
     [(T[1], T[2], "granted", "a", "first_record"), (T[2], None, "withdrawn", "b", "latest")]),
    ("C3 at the same time the denial wins", [said("a", "granted", "form", 1), said("b", "denied", "form", 1)],
     [(T[1], None, "denied", "b", "first_record")]),
    ("C4 an import does not re-subscribe", [said("a", "withdrawn", "form", 1), said("b", "granted", "import", 2)],
     [(T[1], T[2], "withdrawn", "a", "first_record"), (T[2], None, "withdrawn", "a", "sticky_refusal")]),
    ("C5 an equal grant does", [said("a", "withdrawn", "form", 1), said("b", "granted", "form", 2)],
     [(T[1], T[2], "withdrawn", "a", "first_record"), (T[2], None, "granted", "b", "overturned_refusal")]),
    ("C10 a banner does not overturn a signal", [said("a", "denied", "gpc", 1), said("b", "granted", "banner", 2)],
     [(T[1], T[2], "denied", "a", "first_record"), (T[2], None, "denied", "a", "sticky_refusal")]),
    ("C11 a grant that was over when given never held", [said("a", "granted", "form", 3, until=1)],
     [(T[3], None, "expired", "a", "expired")]),
    ("a grant ends by itself", [said("a", "granted", "form", 1, until=3), said("b", "granted", "form", 5)],
     [(T[1], T[3], "granted", "a", "first_record"), (T[3], T[5], "expired", "a", "expired"),
      (T[5], None, "granted", "b", "latest")]),
    ("a grant renewed before its end goes on", [said("a", "granted", "form", 1, until=3), said("b", "granted", "form", 2)],
     [(T[1], T[2], "granted", "a", "first_record"), (T[2], None, "granted", "b", "latest")]),
    ("a grant renewed at its end has no gap", [said("a", "granted", "form", 1, until=3), said("b", "granted", "form", 3)],
     [(T[1], T[3], "granted", "a", "first_record"), (T[3], None, "granted", "b", "latest")]),
    ("a refusal does not expire", [said("a", "withdrawn", "form", 1, until=3), said("b", "granted", "banner", 5)],
     [(T[1], T[5], "withdrawn", "a", "first_record"), (T[5], None, "withdrawn", "a", "sticky_refusal")]),
    ("saying it again changes nothing", [said("a", "granted", "form", 1), said("b", "granted", "form", 2)],
     [(T[1], None, "granted", "a", "first_record")]),
    ("a request is pending until it is confirmed",
     [said("a", "pending", "double_opt_in_request", 1), said("b", "granted", "double_opt_in_confirm", 2)],
     [(T[1], T[2], "pending", "a", "first_record"), (T[2], None, "granted", "b", "latest")]),
    ("a request that nobody confirms expires", [said("a", "pending", "double_opt_in_request", 1, until=2)],
     [(T[1], T[2], "pending", "a", "first_record"), (T[2], None, "expired", "a", "expired")]),
    ("a request after a refusal is none", [said("a", "denied", "form", 1), said("b", "pending", "form", 2)],
     [(T[1], None, "denied", "a", "first_record")]),
    ("what cannot be read is not a grant", [said("a", "granted", "form", 1), said("b", "unknown", "tcf", 2)],
     [(T[1], T[2], "granted", "a", "first_record"), (T[2], None, "unknown", "b", "latest")]),
    ("a later weak refusal does not weaken an earlier strong one",
     [said("a", "withdrawn", "form", 1), said("b", "denied", "banner", 2), said("c", "granted", "banner", 3)],
     [(T[1], T[2], "withdrawn", "a", "first_record"), (T[2], T[3], "denied", "b", "latest"),
      (T[3], None, "denied", "b", "sticky_refusal")]),
    ("of two refusals at once the stronger binds",
     [said("a", "denied", "banner", 1), said("b", "withdrawn", "form", 1), said("c", "granted", "banner", 2)],
     [(T[1], T[2], "withdrawn", "b", "first_record"), (T[2], None, "withdrawn", "b", "sticky_refusal")]),
    ("of two alike at once the smaller id is named", [said("b", "granted", "form", 1), said("a", "granted", "form", 1)],
     [(T[1], None, "granted", "a", "first_record")]),
    ("a refusal by no known method binds like a form", [said("a", "withdrawn", None, 1), said("b", "granted", "banner", 2)],
     [(T[1], T[2], "withdrawn", "a", "first_record"), (T[2], None, "withdrawn", "a", "sticky_refusal")]),
    ("a grant by no known method overturns nothing", [said("a", "denied", "banner", 1), said("b", "granted", "fax", 2)],
     [(T[1], T[2], "denied", "a", "first_record"), (T[2], None, "denied", "a", "sticky_refusal")]),
]  # fmt: skip


@pytest.mark.parametrize(("events", "want"), [g[1:] for g in GOLDEN], ids=[g[0] for g in GOLDEN])
def test_golden_cases_in_every_order_of_arrival(spark: SparkSession, events: list[Event], want: list[Span]) -> None:
    orders = {str(i): list(order) for i, order in enumerate(permutations(events))}
    assert spans(spark, orders) == {i: want for i in orders}


def test_c1_nothing_said_leaves_no_row(spark: SparkSession) -> None:
    assert spans(spark, {}) == {}


def test_c6_each_contact_point_decides_for_itself(spark: SparkSession) -> None:
    found = spans(spark, {"a@x.com": [said("a", "withdrawn", "form", 1)], "b@x.com": [said("b", "granted", "form", 2)]})
    assert {p: s[-1][2] for p, s in found.items()} == {"a@x.com": "withdrawn", "b@x.com": "granted"}


def test_each_purpose_and_namespace_decides_for_itself(spark: SparkSession) -> None:
    rows = [
        ("e1", "email", "x", "ads", "granted", "form", T[1], None),
        ("e2", "email", "x", "mail", "denied", "form", T[1], None),
        ("e3", "phone", "x", "ads", "pending", "form", T[1], None),
    ]
    found = consent_state(spark.createDataFrame(rows, EVENTS), CONFIG).collect()
    got = {(r["namespace"], r["purpose"]): r["status"] for r in found}
    assert got == {("email", "ads"): "granted", ("email", "mail"): "denied", ("phone", "ads"): "pending"}


def test_a_company_may_weigh_its_own_methods(spark: SparkSession) -> None:
    events = frame(spark, {"p": [said("a", "withdrawn", "form", 1), said("b", "granted", "notary", 2)]})
    weighed = ConsentConfig.model_validate({"strength": {"notary": 2}})
    last = {r["status"] for r in consent_state(events, weighed).collect() if r["valid_to"] is None}
    unweighed = {r["status"] for r in consent_state(events, CONFIG).collect() if r["valid_to"] is None}
    assert (last, unweighed) == ({"granted"}, {"withdrawn"})
    assert weighed.strength["import"] == 0


def test_random_histories_agree_with_a_plain_reading_of_the_rules(spark: SparkSession) -> None:
    seed = 20260301
    print(f"seed {seed}")
    dice = random.Random(seed)
    points = {f"p{n}": random_history(dice) for n in range(600)}
    want = {p: list(by_the_rules(e)) for p, e in points.items()}
    assert {rule for found in want.values() for *_, rule in found} == {
        "first_record", "latest", "overturned_refusal", "sticky_refusal", "expired"
    }  # fmt: skip
    assert spans(spark, points) == want


def random_history(dice: random.Random) -> list[Event]:
    """Up to eight events on few days, so that times collide."""
    statuses = ["granted"] * 4 + ["denied", "withdrawn", "pending", "unknown"]
    methods = [*CONFIG.strength, "unlisted", None]
    return [
        (f"e{n:02d}", dice.choice(statuses), dice.choice(methods), dice.choice(T), dice.choice([None, None, *T]))
        for n in range(dice.randint(1, 8))
    ]


@dataclass
class Told:
    """A state before expiry is worked out."""

    start: datetime
    expires: datetime | None
    status: str
    by: str
    rule: str


def by_the_rules(events: list[Event]) -> Iterator[Span]:
    """The same rules read one moment at a time, without Spark."""
    states: list[Told] = []
    bound: int | None = None
    for t in sorted({e[3] for e in events}):
        name, status, method, _, expires = min((e for e in events if e[3] == t), key=precedence)
        power, last = strength(status, method), states[-1] if states else None
        if status in ("denied", "withdrawn"):
            told = Told(t, None, status, name, "latest" if last else "first_record")
            bound = max(bound or 0, power)
        elif bound is None:
            told = Told(t, expires, status, name, "latest" if last else "first_record")
        elif status == "granted" and power >= bound:
            told, bound = Told(t, expires, status, name, "overturned_refusal"), None
        elif status == "granted" and last and last.rule != "sticky_refusal":
            states.append(Told(t, None, last.status, last.by, "sticky_refusal"))
            continue
        else:
            continue
        if last and last.status == status and last.expires is None and told.expires is None:
            continue
        states.append(told)
    yield from closed(states)


def precedence(event: Event) -> tuple[int, int, str]:
    """Of several events at a time the smallest decides."""
    rank = {"denied": 0, "withdrawn": 0, "pending": 1, "unknown": 2, "granted": 3}
    return rank[event[1]], -strength(event[1], event[2]), event[0]


def strength(status: str, method: str | None) -> int:
    """How much the way of saying it weighs."""
    unlisted = 2 if status in ("denied", "withdrawn") else 0
    return CONFIG.strength.get(method or "", unlisted)


def closed(states: list[Told]) -> Iterator[Span]:
    """The states with their ends, and an expired one where nothing followed in time."""
    for i, s in enumerate(states):
        following = states[i + 1].start if i + 1 < len(states) else None
        end = max(s.expires, s.start) if s.expires else None
        if end and (following is None or end < following):
            if end > s.start:
                yield (s.start, end, s.status, s.by, s.rule)
            yield (end, following, "expired", s.by, "expired")
        else:
            yield (s.start, following, s.status, s.by, s.rule)
