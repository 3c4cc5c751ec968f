"""Traits: every kind on the same cases, whatever the order of the rows."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import DataFrame, Row, SparkSession

from cdp_spark.config.traits import TraitConfig
from cdp_spark.profiles.traits import persons_traits, trait_readings, trait_values
from cdp_spark.runtime.conditions.facts import Names, event_facts, of_persons
from cdp_spark.runtime.conditions.properties import Properties
from cdp_spark.runtime.conditions.windows import Bounds, Moment

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
_EVENTS = "record_id STRING, message_id STRING, event STRING, event_ts TIMESTAMP, properties STRING, person_id STRING"
Computed = Callable[..., dict[str, Row]]

# Person → (message, event, time, properties); p0 has none.
CASES: dict[str, list[tuple[str, str, datetime, str | None]]] = {
    "one": [("m1", "Bought", AS_OF - DAY, '{"x": 2.5, "category": "shoes"}')],
    "ties": [
        # Two of each category, and all at one time: the message id decides.
        ("m2", "Bought", AS_OF - DAY, '{"x": 3, "category": "shoes"}'),
        ("m1", "Bought", AS_OF - DAY, '{"x": 1, "category": "bags"}'),
        ("m4", "Bought", AS_OF - DAY, '{"x": 2, "category": "shoes"}'),
        ("m3", "Bought", AS_OF - DAY, '{"x": 2, "category": "bags"}'),
    ],
    "nulls": [
        ("m1", "Bought", AS_OF - 3 * DAY, None),
        ("m2", "Bought", AS_OF - 2 * DAY, '{"x": null, "category": null}'),
        ("m3", "Bought", AS_OF - DAY, '{"x": "many", "category": ""}'),
        ("m4", "Bought", AS_OF, "no JSON"),
        ("m5", "Bought", AS_OF - 4 * DAY, '{"x": "10.00001", "category": "hats"}'),
    ],
    "edges": [
        ("m1", "Bought", AS_OF - 30 * DAY, '{"x": 1, "category": "at as_of - L"}'),
        ("m2", "Bought", AS_OF - 30 * DAY + TICK, '{"x": 10, "category": "a tick later"}'),
        ("m3", "Bought", AS_OF, '{"x": 100, "category": "at as_of"}'),
        ("m4", "Bought", AS_OF + TICK, '{"x": 1000, "category": "after as_of"}'),
    ],
    "names": [
        ("m1", " bought\t", AS_OF - DAY, '{"x": 4}'),
        ("m2", "BOUGHT", AS_OF - DAY, '{"x": 5}'),
        ("m3", "Bought it", AS_OF - DAY, '{"x": 6}'),
    ],
}
PEOPLE = ["p0", *CASES]

EXPECTED: dict[str, list[Any]] = {
    # kind: values of p0, one, ties, nulls, edges, names
    "count": [0, 1, 4, 5, 2, 2],
    "exists": [False, True, True, True, True, True],
    "count_distinct": [0, 1, 2, 2, 2, 0],
    "sum": [0, "2.5", 8, "10", 110, 9],
    "avg": [None, "2.5", 2, "10", 55, "4.5"],
    "min": [None, "2.5", 1, "10", 10, 4],
    "max": [None, "2.5", 3, "10", 100, 5],
    "most_frequent": [None, None, "bags", None, None, None],
    "first": [None, "shoes", "bags", "hats", "a tick later", None],
    "last": [None, "shoes", "shoes", "", "at as_of", None],
    "first_at": [None, AS_OF - DAY, AS_OF - DAY, AS_OF - 4 * DAY, AS_OF - 30 * DAY + TICK, AS_OF - DAY],
    "last_at": [None, AS_OF - DAY, AS_OF - DAY, AS_OF, AS_OF, AS_OF - DAY],
    "unique_list": [[], ["shoes"], ["bags", "shoes"], ["", "hats"], ["a tick later", "at as_of"], []],
}
_NUMBERS = {"sum", "avg", "min", "max"}


def _trait(kind: str, **more: Any) -> TraitConfig:
    if kind in _NUMBERS:
        more = {"property": "x", **more}
    elif kind not in {"count", "exists", "first_at", "last_at"}:
        more = {"property": "category", **more}
    return TraitConfig.model_validate({"kind": kind, "event": "Bought", "window": {"last": "30d"}, **more})


@pytest.fixture
def computed(spark: SparkSession) -> Computed:
    """Person → row of traits, computed from the cases in an order drawn by ``seed``."""

    def compute(traits: dict[str, TraitConfig], seed: int = 0, cases: Any = None, zone: str = "UTC") -> dict[str, Row]:
        rows = [(f"{p}-{e[0]}", e[0], e[1], e[2], e[3], p) for p, events in (cases or CASES).items() for e in events]
        random.Random(seed).shuffle(rows)
        events = spark.createDataFrame(rows, _EVENTS)
        persons = spark.createDataFrame([(p,) for p in PEOPLE], "person_id STRING")
        values = _values(events, traits, Moment(AS_OF, zone))
        return {r["person_id"]: r for r in persons_traits(persons, [(values, traits)]).collect()}

    return compute


def _values(events: DataFrame, traits: dict[str, TraitConfig], moment: Moment) -> DataFrame:
    names = Names(str(t.event) for t in traits.values())
    properties = Properties(trait_readings(traits.values()), moment.zone)
    facts = event_facts(events, names, properties, Bounds(None))
    return trait_values(of_persons(facts, events.select("record_id", "person_id")), traits, names, properties, moment)


def _plain(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_kind_on_every_case_in_any_order_of_rows(computed: Computed, seed: int) -> None:
    traits = {f"t_{kind}": _trait(kind) for kind in EXPECTED}
    rows = computed(traits, seed)
    for kind, values in EXPECTED.items():
        wanted = [Decimal(v) if kind in _NUMBERS and v is not None else v for v in values]
        assert [_plain(rows[p][f"t_{kind}"]) for p in PEOPLE] == wanted, f"{kind}, seed {seed}"


def test_without_a_window_everything_up_to_as_of_counts(computed: Computed) -> None:
    rows = computed({"n": TraitConfig(kind="count", event="bought")})
    assert rows["edges"]["n"] == 3


def test_windows_between_and_since_have_the_edges_they_say(computed: Computed) -> None:
    edges = [AS_OF - 30 * DAY, AS_OF - 10 * DAY, AS_OF - 10 * DAY + TICK, AS_OF]
    cases = {"one": [(f"m{i}", "Bought", at, '{"x": %d}' % 10**i) for i, at in enumerate(edges)]}
    since = AS_OF - 30 * DAY - timedelta(hours=1)  # midnight of 30 January in Vienna
    cases["ties"] = [("a", "Bought", since, '{"x": 1}'), ("b", "Bought", since - TICK, '{"x": 10}')]
    traits = {
        "between": _trait("sum", window={"between": ["10d", "30d"]}),
        "since": _trait("sum", window={"since": "2026-01-30"}),
    }
    rows = computed(traits, cases=cases, zone="Europe/Vienna")
    assert rows["one"]["between"] == 10
    assert rows["ties"]["since"] == 1


def test_where_holds_for_the_same_event(computed: Computed) -> None:
    where = [{"property": "category", "eq": "Shoes"}, {"property": "x", "gte": 3}]
    rows = computed({"n": _trait("count", where=where), "first": _trait("first", where=where)})
    assert [rows[p]["n"] for p in ("one", "ties")] == [0, 1]
    assert rows["ties"]["first"] == "shoes"


def test_min_count_decides_whether_anything_is_most_frequent(computed: Computed) -> None:
    rows = computed({"once": _trait("most_frequent", min_count=1), "thrice": _trait("most_frequent", min_count=3)})
    assert [rows[p]["once"] for p in ("one", "ties")] == ["shoes", "bags"]
    assert rows["ties"]["thrice"] is None


def test_a_list_that_is_cut_says_so(computed: Computed) -> None:
    rows = computed({"short": _trait("unique_list", max_items=1), "long": _trait("unique_list")})
    assert (rows["ties"]["short"], rows["ties"]["truncated"]) == (["bags"], ["short"])
    assert rows["one"]["truncated"] is None
    assert rows["p0"]["truncated"] is None


def test_what_is_no_number_is_skipped_and_counted(computed: Computed) -> None:
    rows = computed({"total": _trait("sum")})
    assert [rows[p]["_skipped_total"] for p in PEOPLE] == [None, 0, 0, 4, 0, 0]


def test_money_is_exact_and_in_the_stated_currency_only(computed: Computed) -> None:
    amounts = [("EUR", "0.1"), ("eur ", "0.2"), ("USD", "5"), (None, "7")]
    cases = {
        "one": [
            (f"m{i}", "Bought", AS_OF, '{"revenue": %s, "currency": %s}' % (a, f'"{c}"' if c else "null"))
            for i, (c, a) in enumerate(amounts)
        ]
    }
    rows = computed({"spent": _trait("sum", property="revenue", currency="EUR")}, cases=cases)
    assert rows["one"]["spent"] == Decimal("0.3")
    assert rows["one"]["_other_currency_spent"] == 2


def test_a_sum_too_large_for_its_column_is_missing(computed: Computed) -> None:
    cases = {"one": [("m1", "Bought", AS_OF, '{"x": "99999999999999999"}')]}
    assert computed({"total": _trait("sum")}, cases=cases)["one"]["total"] is None


def test_the_earliest_and_latest_of_a_time_property(computed: Computed) -> None:
    times = ['"2026-05-01"', '"2026-05-01T00:30:00Z"', '"12:30"', "null"]
    cases = {"one": [(f"m{i}", "Bought", AS_OF, '{"x": %s}' % t) for i, t in enumerate(times)]}
    traits = {"least": _trait("min", value="time"), "greatest": _trait("max", value="time")}
    row = computed(traits, cases=cases, zone="Europe/Vienna")["one"]
    assert _plain(row["least"]) == datetime(2026, 4, 30, 22, tzinfo=UTC)
    assert _plain(row["greatest"]) == datetime(2026, 5, 1, 0, 30, tzinfo=UTC)
    assert row["_skipped_least"] == 2


def test_nested_properties_and_names_with_blanks(computed: Computed) -> None:
    cases = {"one": [("m1", "Bought", AS_OF, '{"cart info": {"item count": 3, "list": [1]}, "cart": "x"}')]}
    traits = {
        "n": _trait("sum", property="cart info.item count"),
        "whole": _trait("last", property="cart info"),
        "inside_text": _trait("last", property="cart.x"),
        "inside_list": _trait("last", property="cart info.list.x"),
    }
    row = computed(traits, cases=cases)["one"]
    assert row["n"] == 3
    assert row["whole"] == '{"item count":3,"list":[1]}'
    assert (row["inside_text"], row["inside_list"]) == (None, None)
