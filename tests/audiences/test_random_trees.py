"""Random condition trees over random persons: compiled to Columns they say what plain Python says."""

import json
import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import SparkSession

from cdp_spark.audiences.counters import event_counts
from cdp_spark.audiences.definitions import definitions, event_leaves
from cdp_spark.audiences.evaluation import evaluated
from cdp_spark.config.audiences import AudienceConfig
from cdp_spark.config.traits import TraitConfig
from cdp_spark.runtime.conditions.windows import Moment
from tests.audiences.plain import Evaluator, Person

AS_OF = datetime(2026, 3, 29, 10, 0, tzinfo=UTC)  # the clocks of Vienna went forward that morning
ZONE = "Europe/Vienna"
TRAITS = {
    "n": TraitConfig(kind="count", event="a"),
    "money": TraitConfig(kind="sum", event="a", property="x"),
    "top": TraitConfig(kind="most_frequent", event="a", property="x"),
    "at": TraitConfig(kind="last_at", event="a"),
    "flag": TraitConfig(kind="exists", event="a"),
    "many": TraitConfig(kind="unique_list", event="a", property="x"),
}
_TRAIT_TYPES = (
    "person_id STRING, n BIGINT, money DECIMAL(18,4), top STRING, at TIMESTAMP, flag BOOLEAN, many ARRAY<STRING>"
)
_PROFILE_TYPES = (
    "person_id STRING, is_anonymous BOOLEAN, email STRING, birth_date DATE, n_identifiers BIGINT, sources ARRAY<STRING>, "
    "last_seen TIMESTAMP"
)
_WORDS = ["shoes", "Shoes", "SHOES", "äpfel", "ÄPFEL", "it's", 'say "hi"', "`x`", "%", "a_b", "' OR 1=1 --", ""]
_NAMES = ["Viewed", " viewed ", "Bought", "BOUGHT", "it's `odd`"]
_DAYS = [1, 7, 30]
Dice = random.Random


@pytest.mark.parametrize("seed", [11, 12])
def test_compiled_conditions_say_what_plain_python_says(spark: SparkSession, seed: int) -> None:
    print(f"seed {seed}")
    dice = random.Random(seed)
    people = [_person(dice, i) for i in range(40)]
    audiences: dict[str, AudienceConfig] = {}
    for i in range(50):
        audiences[f"a{i}"] = AudienceConfig.model_validate(_audience(dice, f"a{i}", list(audiences)))
    plain = Evaluator(audiences, AS_OF, ZONE)
    expected = {p.person_id: {a for a in audiences if plain.is_in(p, a)} for p in people}

    got = {r["person_id"]: set(r["audiences"]) for r in _evaluated(spark, people, audiences).collect()}

    assert got == expected
    sizes = [sum(a in members for members in expected.values()) for a in audiences]
    assert sum(0 < n < len(people) for n in sizes) >= 15, "the generator makes too many empty or full audiences"


def _evaluated(spark: SparkSession, people: list[Person], audiences: dict[str, AudienceConfig]) -> Any:
    defined, moment = definitions(audiences, TRAITS), Moment(AS_OF, ZONE)
    events = [(f"r{p.person_id}-{i}", f"m{i}", *e) for p in people for i, e in enumerate(p.events)]
    owners = [(f"r{p.person_id}-{i}", p.person_id) for p in people for i, _ in enumerate(p.events)]
    event_types = "record_id STRING, message_id STRING, event STRING, event_ts TIMESTAMP, properties STRING"
    counts = event_counts(
        spark.createDataFrame(events, event_types),
        spark.createDataFrame(owners, "record_id STRING, person_id STRING"),
        event_leaves(defined),
        moment,
    )
    profiles = [
        (
            p.person_id,
            p.is_anonymous,
            *[p.fields[f] for f in ("email", "birth_date", "n_identifiers", "sources", "last_seen")],
        )
        for p in people
    ]
    # A few persons have no row of traits at all.
    traits = [(p.person_id, *[p.traits[t] for t in TRAITS]) for p in people if p.traits]
    return evaluated(
        spark.createDataFrame(profiles, _PROFILE_TYPES),
        spark.createDataFrame(traits, _TRAIT_TYPES),
        counts,
        defined,
        TRAITS,
        moment,
    )


def _person(dice: Dice, i: int) -> Person:
    fields = {
        "email": _or_none(dice, dice.choice(_WORDS)),
        "birth_date": _or_none(dice, date(2026, 3, 29) - timedelta(days=dice.choice([0, 1, 7, 30, 9000]))),
        "n_identifiers": _or_none(dice, dice.randrange(4)),
        "sources": _or_none(dice, sorted(set(dice.choices(_WORDS, k=dice.randrange(3))))),
        "last_seen": _or_none(dice, _time(dice)),
    }
    traits: dict[str, Any] = {
        "n": dice.randrange(4),
        "money": _or_none(dice, Decimal(dice.randrange(-20, 40)) / 4),
        "top": _or_none(dice, dice.choice(_WORDS)),
        "at": _or_none(dice, _time(dice)),
        "flag": dice.random() < 0.5,
        "many": sorted(set(dice.choices(_WORDS, k=dice.randrange(4)))),
    }
    events = [(dice.choice(_NAMES), _time(dice), _properties(dice)) for _ in range(dice.choice([0, 1, 3, 12]))]
    return Person(
        f"p{i}", dice.choice([True, False, False, None]), fields, traits if dice.random() < 0.9 else {}, events
    )


def _properties(dice: Dice) -> str | None:
    values = [None, True, False, 0, 5, -2, 7.25, "5", "true", "2026-03-22", "2026-03-28T23:30:00Z", *_WORDS]
    nested = {"c d": dice.choice(values)} if dice.random() < 0.7 else dice.choice(values)
    made = {"x": dice.choice(values), "y": dice.choice(values), "a b": nested}
    for key in [k for k in made if dice.random() < 0.3]:
        del made[key]
    return None if dice.random() < 0.1 else json.dumps(made)


def _time(dice: Dice) -> datetime:
    # Often exactly on an edge, or a microsecond beside it.
    edge = AS_OF - timedelta(days=dice.choice([0, 0, *_DAYS]))
    beside = dice.choice([0, 0, 1, -1, 3_600_000_000, -3_600_000_000, -7 * 86_400_000_000])
    return edge + timedelta(microseconds=beside)


def _or_none(dice: Dice, value: Any) -> Any:
    return None if dice.random() < 0.2 else value


def _audience(dice: Dice, name: str, others: list[str]) -> dict[str, Any]:
    exclude = dice.sample(others, 1) if others and dice.random() < 0.2 else []
    where = _tree(dice, others, depth=3)
    return {"audience": name, "where": where, "exclude": exclude, "include_anonymous": dice.random() < 0.5}


def _tree(dice: Dice, others: list[str], depth: int) -> dict[str, Any]:
    kind = dice.choice(["all", "any", "not", "leaf", "leaf"]) if depth else "leaf"
    if kind == "leaf":
        return _leaf(dice, others)
    if kind == "not":
        return {"not": _tree(dice, others, depth - 1)}
    return {kind: [_tree(dice, others, depth - 1) for _ in range(dice.randrange(1, 4))]}


def _leaf(dice: Dice, others: list[str]) -> dict[str, Any]:
    kind = dice.choice(["trait", "field", "event", "event", "audience"])
    if kind == "trait":
        name = dice.choice(list(TRAITS))
        value = {"n": "number", "money": "number", "top": "text", "at": "time", "flag": "flag", "many": "list"}[name]
        return {"trait": name, **_comparison(dice, value)}
    if kind == "field":
        name = dice.choice(["email", "birth_date", "n_identifiers", "sources", "last_seen"])
        value = {"email": "text", "n_identifiers": "number", "sources": "list"}.get(name, "time")
        return {"field": name, **_comparison(dice, value)}
    if kind == "audience" and others:
        return {"audience": dice.choice(others)}
    return _event(dice)


def _event(dice: Dice) -> dict[str, Any]:
    leaf: dict[str, Any] = {"event": dice.choice(_NAMES)}
    if dice.random() < 0.7:
        leaf["count"] = {dice.choice(["eq", "gte", "gt", "lte", "lt"]): dice.randrange(4)}
    windows: list[dict[str, Any]] = [{"last": f"{d}d"} for d in _DAYS]
    windows += [{"between": ["1d", "7d"]}, {"since": "2026-03-22"}, {"last": "1h"}]
    if dice.random() < 0.7:
        leaf["window"] = dice.choice(windows)
    kinds = ["number", "text", "time", "flag"]
    leaf["where"] = [
        {"property": dice.choice(["x", "y", "a b", "a b.c d", "none"]), **_comparison(dice, dice.choice(kinds))}
        for _ in range(dice.choice([0, 0, 1, 2]))
    ]
    return leaf


def _comparison(dice: Dice, kind: str) -> dict[str, Any]:
    if dice.random() < 0.15:
        return {"exists": dice.random() < 0.5}
    word, words = dice.choice(_WORDS), dice.sample(_WORDS, 3)
    exact = {"exact": True} if dice.random() < 0.3 else {}
    if kind == "number":
        number = dice.choice([0, 5, -2, 7.25, 2])
        several = {dice.choice(["one_of", "none_of"]): [number, 3, 1.5]}
        return dice.choice([{dice.choice(["eq", "ne", "lt", "lte", "gt", "gte"]): number}, several])
    if kind == "flag":
        return {dice.choice(["eq", "ne"]): dice.random() < 0.5}
    if kind == "list":
        return {**dice.choice([{"contains": word}, {"one_of": words}, {"none_of": words}]), **exact}
    if kind == "time":
        text = dice.choice(["2026-03-22", "2026-03-28T23:30:00Z", "2026-03-29T00:30:00"])
        ago = f"{dice.choice(_DAYS)}d"
        return dice.choice([{"before": text}, {"after": text}, {"older_than": ago}, {"within_last": ago}])
    compared = {dice.choice(["eq", "ne", "contains", "starts_with", "ends_with"]): word}
    return {**dice.choice([compared, {"one_of": words}, {"none_of": words}]), **exact}
