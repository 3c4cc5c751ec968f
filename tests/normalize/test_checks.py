"""Rules and the tracking plan while rows are made: marked, stripped or put into quarantine, each with its reason."""

import dataclasses
import json
import random
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from cdp_spark.config.load import Config
from cdp_spark.config.quality import QualityConfig
from cdp_spark.config.rules import CHECKS, Rule
from cdp_spark.config.tracking_plan import TrackingPlanConfig
from cdp_spark.contracts.silver import EVENTS, QUARANTINE
from cdp_spark.normalize.checks import plan_quarantines, with_plan
from cdp_spark.normalize.fields.placeholders import is_placeholder
from cdp_spark.runtime.rules import breaks
from tests.ingest.company import Company, stream

ROW = "id INT, source STRING, text STRING, amount DECIMAL(18,4), currency STRING, at TIMESTAMP, landed_at TIMESTAMP, properties STRING"
Case = tuple[dict[str, Any], str, tuple[Any, ...], bool]
# Rule, what is meant, (text, amount, currency, hours after landing, properties), whether the row breaks it.
CASES: list[Case] = [
    ({"field": "text", "not_null": True}, "", (None,), True),
    ({"field": "text", "not_null": True}, "blank", (" ",), True),
    ({"field": "text", "not_null": True}, "", ("x",), False),
    ({"field": "properties.sku", "not_null": True}, "within JSON", (None, None, None, 0, '{"sku": "a"}'), False),
    ({"field": "properties.sku", "not_null": True}, "JSON without it", (None, None, None, 0, '{"k": "a"}'), True),
    ({"field": "nowhere", "not_null": True}, "a column that rows lack", ("x",), True),
    ({"field": "text", "type": "number"}, "", ("12.5",), False),
    ({"field": "text", "type": "number"}, "decimal comma", ("12,5",), True),
    ({"field": "text", "type": "number"}, "null passes", (None,), False),
    ({"field": "text", "type": "number", "on_null": "fail"}, "null fails", (None,), True),
    ({"field": "text", "type": "time"}, "", ("2026-01-01",), False),
    ({"field": "text", "type": "time"}, "", ("soon",), True),
    ({"field": "text", "type": "boolean"}, "", ("True",), False),
    ({"field": "text", "type": "boolean"}, "", ("yes",), True),
    ({"field": "amount", "range": {"min": 0, "max": 100}}, "upper boundary", (None, "100"), False),
    ({"field": "amount", "range": {"min": 0, "max": 100}}, "lower boundary", (None, "0"), False),
    ({"field": "amount", "range": {"min": 0, "max": 100}}, "", (None, "100.0001"), True),
    ({"field": "amount", "range": {"min": 0}}, "", (None, "-0.0001"), True),
    ({"field": "text", "range": {"max": 5}}, "no number passes as null", ("abc",), False),
    ({"field": "text", "length": {"max": 3}}, "", ("äöü",), False),
    ({"field": "text", "length": {"max": 3}}, "", ("äöüß",), True),
    ({"field": "text", "in_set": ["a", "b"]}, "", ("b",), False),
    ({"field": "text", "in_set": ["a", "b"]}, "case counts", ("B",), True),
    ({"field": "text", "pattern": "email"}, "", ("ana@x.com",), False),
    ({"field": "text", "pattern": "email"}, "trailing newline", ("ana@x.com\n",), True),
    ({"field": "text", "pattern": "phone"}, "", ("+43664123456",), False),
    ({"field": "text", "pattern": "phone"}, "", ("0664123456",), True),
    ({"field": "text", "pattern": "currency"}, "", ("eur",), True),
    ({"field": "text", "pattern": "uuid"}, "", ("3f2a9c7e-11aa-4bcd-9e00-0123456789ab",), False),
    ({"field": "text", "pattern": "url"}, "", ("ftp://x.com",), True),
    ({"field": "at", "not_null": True}, "a time", (None,), False),
    ({"field": "amount", "not_null": True}, "no number", (None,), True),
    ({"field": "amount", "not_null": True}, "a number", (None, "0"), False),
    ({"field": "properties.n", "range": {"max": 5}}, "within JSON", (None, None, None, 0, '{"n": 5.5}'), True),
    ({"field": "text", "not_future": "1h"}, "a time as text", ("2026-01-01T01:00:01Z",), True),
    ({"field": "text", "not_future": "1h"}, "no time passes as null", ("soon",), False),
    ({"field": "at", "not_future": "1h"}, "", (None, None, None, 1), False),
    ({"field": "at", "not_future": "1h"}, "", (None, None, None, 2), True),
    ({"field": "amount", "currency_present": True}, "", (None, "5", "EUR"), False),
    ({"field": "amount", "currency_present": True}, "", (None, "5", None), True),
    ({"field": "amount", "currency_present": True}, "no amount", (None, None, None), False),
    ({"field": "amount", "currency_present": True}, "in JSON", (None, "5", None, 0, '{"currency": "EUR"}'), False),
    ({"field": "text", "no_placeholder": True}, "", ("Undefined",), True),
    ({"field": "text", "no_placeholder": True}, "", ("0000",), True),
    ({"field": "text", "no_placeholder": True}, "", ("u1",), False),
    ({"field": "text", "not_null": True, "when": {"field": "currency", "equals": "EUR"}}, "case", (None, None, "EUR"), True),
    ({"field": "text", "not_null": True, "when": {"field": "currency", "equals": "EUR"}}, "other", (None, None, "USD"), False),
    ({"field": "text", "not_null": True, "when": {"field": "currency", "one_of": ["EUR"]}}, "null", (None,), False),
    ({"field": "text", "not_null": True, "when": {"field": "currency", "exists": False}}, "", (None,), True),
    ({"field": "text", "not_null": True, "source": "shop"}, "other source", (None,), False),
]  # fmt: skip


def a_rule(**parts: Any) -> Rule:
    return Rule.model_validate({"id": "r", "table": "orders", **parts})


def test_rules_hold_for_null_and_boundary_values(spark: SparkSession) -> None:
    rows = []
    for i, (_, _, given, _) in enumerate(CASES):
        filled: list[Any] = [*given, *(None, None, None, 0, None)[len(given) :]]
        text, amount, currency, hours, properties = filled
        rows.append((i, "web", text, amount, currency, hours, properties))
    read = spark.createDataFrame(
        rows, "id INT, source STRING, text STRING, amount STRING, currency STRING, hours INT, properties STRING"
    )
    landed = F.lit("2026-01-01T00:00:00Z").cast("timestamp")
    frame = read.select(
        "id", "source", "text", F.col("amount").cast("decimal(18,4)"), "currency",
        F.timestamp_seconds(F.unix_seconds(landed) + F.col("hours") * 3600).alias("at"), landed.alias("landed_at"), "properties",
    )  # fmt: skip
    broken = [breaks(a_rule(**rule), dict(frame.dtypes), is_placeholder) for rule, *_ in CASES]
    one = F.lit(None).cast("boolean")
    for i, condition in enumerate(broken):
        one = F.when(F.col("id") == i, condition).otherwise(one)
    got = {r["id"]: r["broken"] for r in frame.select("id", one.alias("broken")).collect()}
    wrong = [(CASES[i], got[i]) for i in range(len(CASES)) if got[i] is not CASES[i][3]]
    assert wrong == []
    assert {a_rule(**rule).check for rule, *_ in CASES} == set(CHECKS) - {"unique", "references"}


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ({"field": "total"}, "exactly one of"),
        ({"field": "total", "not_null": True, "unique": True}, "exactly one of"),
        ({"field": "total", "range": {}}, "needs min or max"),
        ({"field": "a b", "not_null": True}, "is no field"),
        ({"field": "x'] or 1", "not_null": True}, "is no field"),
        ({"field": "total", "unique": True, "severity": "quarantine"}, "compares rows with others"),
        ({"field": "total", "pattern": "(a+)+$"}, "Input should be"),
        ({"field": "total", "not_null": True, "when": {"field": "status"}}, "needs one of"),
        ({"field": "value", "not_null": True, "table": "consent_events"}, "carry no warnings"),
    ],
)
def test_rules_that_cannot_be_are_refused(parts: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        a_rule(**parts)


PLAN: dict[str, Any] = {
    "events": {
        "Order Completed": {"required": {"order_id": "text", "revenue": "number"}, "allowed": {"coupon": "text", "products": "list"}},
        "Product Viewed": {"allowed": {"sku": "text"}, "others": "allow"},
    }
}  # fmt: skip
GOOD = '{"order_id":"1","revenue":12.5,"products":[]}'
PLANNED: list[tuple[str, str | None, list[str]]] = [
    ("Order Completed", GOOD, []),
    ("order completed ", GOOD, []),
    ("Order Completed", '{"order_id":"1"}', ["missing:revenue"]),
    ("Order Completed", None, ["missing:order_id", "missing:revenue"]),
    ("Order Completed", '{"order_id":"1","revenue":null}', ["missing:revenue"]),
    ("Order Completed", '{"order_id":"1","revenue":"12.5"}', ["type:revenue"]),
    ("Order Completed", '{"order_id":7,"revenue":1,"coupon":null,"gift":true}', ["unplanned:gift", "type:order_id"]),
    ("Product Viewed", '{"anything":1,"sku":5}', ["type:sku"]),
    ("Product Viewed", None, []),
    ("Something Else", '{"a":1}', []),
]


@pytest.mark.parametrize(("unknown", "found_unknown"), [("allow", None), ("warn", "plan:Something Else:unknown:event")])
def test_an_event_is_held_against_the_plan(spark: SparkSession, unknown: str, found_unknown: str | None) -> None:
    rows = [(i, "track", event, properties) for i, (event, properties, _) in enumerate(PLANNED)]
    events = spark.createDataFrame(
        [*rows, (99, "page", "Order Completed", None)], "id INT, type STRING, event STRING, properties STRING"
    )
    others = events.withColumns({"source": F.lit("pos"), "id": F.lit(-1)})
    events = events.withColumn("source", F.lit("web")).unionByName(others)
    plan = TrackingPlanConfig.model_validate({**PLAN, "unknown_events": unknown})
    got = {r["id"]: [t for t in r["_plan"] or []] for r in with_plan(events, plan, ["web"]).collect()}
    for i, (event, _, expected) in enumerate(PLANNED[:-1]):
        assert sorted(got[i]) == sorted(f"plan:{event}:{e}" for e in expected), PLANNED[i]
    assert got[len(PLANNED) - 1] == ([found_unknown] if found_unknown else [])
    assert got[99] == got[-1] == []
    assert not with_plan(events, plan, ["other"]).filter("_plan IS NOT NULL").count()


KINDS: dict[str, list[Any]] = {
    "text": ["", "12"], "number": [7, -1.5, 10**12, 1e300], "boolean": [True, False], "list": [[], [1, "a"]], "object": [{}, {"a": 1}],
}  # fmt: skip
NAMES = ("a", "b", "a b", "A", "é", "x.y", "")
SEED = 11


def violations(plan: dict[str, Any], properties: dict[str, Any]) -> list[str]:
    """What an event breaks, by the words of the documentation alone."""
    required, named = plan["required"], {**plan["required"], **plan["allowed"]}
    kinds = {n: next(k for k, values in KINDS.items() if v in values) for n, v in properties.items() if v is not None}
    missing = [f"missing:{n}" for n in required if n not in kinds]
    unplanned = [f"unplanned:{n}" for n in properties if n not in named and plan["others"] == "refuse"]
    mistyped = [f"type:{n}" for n, k in kinds.items() if named.get(n, "any") not in ("any", k)]
    return [*missing, *unplanned, *mistyped]


def test_random_events_break_what_a_plain_reading_of_the_plan_says(spark: SparkSession) -> None:
    print(f"seed {SEED}")
    dice = random.Random(SEED)
    plans: dict[str, dict[str, Any]] = {}
    for e in range(6):
        types = {n: dice.choice([*KINDS, "any"]) for n in dice.sample(NAMES, dice.randrange(len(NAMES)))}
        is_required = {n: dice.random() < 0.5 for n in types}
        plans[f"event {e}"] = {
            "required": {n: t for n, t in types.items() if is_required[n]},
            "allowed": {n: t for n, t in types.items() if not is_required[n]},
            "others": dice.choice(["allow", "refuse"]),
        }
    rows, expected = [], []
    for i in range(400):
        event = dice.choice(list(plans))
        drawn = {
            n: dice.choice([None, *dice.choice(list(KINDS.values()))]) for n in dice.sample(NAMES, dice.randrange(5))
        }
        rows.append((i, "track", event, "web", json.dumps(drawn)))
        expected.append(sorted(f"plan:{event}:{text}" for text in violations(plans[event], drawn)))
    events = spark.createDataFrame(rows, "id INT, type STRING, event STRING, source STRING, properties STRING")
    judged = with_plan(events, TrackingPlanConfig.model_validate({"events": plans}), ["web"]).orderBy("id").collect()
    got = [sorted(r["_plan"] or []) for r in judged]
    assert got == expected
    assert sum(map(bool, expected)) not in (0, len(expected))


def test_strip_takes_out_what_was_not_planned_and_quarantine_keeps_out(spark: SparkSession) -> None:
    events = spark.createDataFrame(
        [("track", "Order Completed", '{"order_id":"1","revenue":"x","gift":true,"coupon":"c"}'), ("track", "Order Completed", GOOD)],
        "type STRING, event STRING, properties STRING",
    ).withColumn("source", F.lit("web"))  # fmt: skip
    plan = TrackingPlanConfig.model_validate({**PLAN, "action": "strip"})
    stripped = [r["properties"] for r in with_plan(events, plan, ["web"]).collect()]
    assert (json.loads(stripped[0]), stripped[1]) == ({"order_id": "1", "coupon": "c"}, GOOD)
    strict = TrackingPlanConfig.model_validate({**PLAN, "action": "quarantine"})
    keeps = (
        with_plan(events, strict, ["web"])
        .withColumn("out", plan_quarantines(strict))
        .filter("_plan is not null")
        .collect()
    )
    assert [r["out"] for r in keeps] == [True]


class Checked(Company):
    """The small company with rules and a plan."""

    @property
    def config(self) -> Config:
        rules = [
            {"id": "price_is_small", "table": "events", "field": "properties.price", "range": {"max": 100}, "severity": "quarantine"},
            {"id": "price_is_there", "table": "events", "field": "properties.price", "not_null": True},
        ]  # fmt: skip
        plan = {"action": "quarantine", "events": {"Bought": {"required": {"price": "number"}}}}
        return dataclasses.replace(
            super().config,
            quality=QualityConfig.model_validate({"rules": rules}),
            tracking_plan=TrackingPlanConfig.model_validate(plan),
        )


def test_rules_and_plan_act_where_rows_are_made(spark: SparkSession, tmp_path: Path) -> None:
    company = Checked(spark, tmp_path, {"events": stream(message_id="messageId", global_id=True)})

    def line(id_: str, event: str = "Seen", **more: Any) -> str:
        at = {"timestamp": "2026-02-01T10:00:00Z", "userId": "u1"}
        return json.dumps({"messageId": id_, "type": "track", "event": event, **at, **more}) + "\n"

    company.put(
        "in/a.jsonl",
        line("m1", properties={"price": 5}) + line("m2") + line("m3", properties={"price": 101})
        + line("m4", "Bought", properties={"price": "5"}) + line("m5", "Bought", properties={"price": 5}),
    )  # fmt: skip
    counts = company.run()
    assert (counts.rows_in, counts.kept, counts.quarantined) == (5, 3, 2)
    kept = {r["message_id"]: r["warnings"] for r in company.rows(EVENTS)}
    assert kept == {"m1": None, "m2": ["rule:price_is_there"], "m5": None}
    assert [r["reasons"] for r in company.rows(QUARANTINE, "row_pos")] == [
        ["rule:price_is_small"],
        ["plan:Bought:type:price"],
    ]
