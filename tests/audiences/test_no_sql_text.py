"""Text of a configuration is data: it never becomes SQL."""

import ast
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError
from pyspark.sql import SparkSession

import cdp_spark
from cdp_spark.audiences.counters import event_counts
from cdp_spark.audiences.definitions import definitions, event_leaves
from cdp_spark.audiences.evaluation import evaluated
from cdp_spark.config.audiences import AudienceConfig
from cdp_spark.config.conditions import Comparison, PropertyCondition, Window
from cdp_spark.config.traits import TraitConfig, TraitsConfig
from cdp_spark.runtime.conditions.windows import Moment

PACKAGE = Path(cdp_spark.__file__).parent
MINE = [
    *(PACKAGE / "audiences").rglob("*.py"),
    *(PACKAGE / "runtime" / "conditions").rglob("*.py"),
    *(PACKAGE / "profiles").glob("traits*.py"),
]
AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
HOSTILE = [
    "java_method('java.lang.System','getProperty','user.home')",
    "(select first(value) from text.`/etc/passwd`)",
    "x' OR '1'='1",
    '"; drop table events; --',
    "`person_id`",
    "a.b[0]",
    "$['a']",
    "${env}",
    "%_\\",
    "*",
]


@pytest.mark.parametrize("path", MINE, ids=lambda p: p.name)
def test_no_function_that_takes_sql_text_is_called_with_more_than_a_constant(path: Path) -> None:
    calls = [
        n
        for n in ast.walk(ast.parse(path.read_text()))
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)
    ]
    for call in calls:
        name, arguments = call.func.attr, call.args  # type: ignore[attr-defined]  # an Attribute, see above
        assert name not in {"expr", "selectExpr", "sql", "call_function", "call_udf"}, (
            f"{path.name}:{call.lineno} calls {name}"
        )
        if name in {"filter", "where"}:
            assert not any(isinstance(a, ast.JoinedStr) for a in arguments), (
                f"{path.name}:{call.lineno} builds a filter from text"
            )


def test_hostile_text_is_compared_as_it_is(spark: SparkSession) -> None:
    audiences = {
        f"{kind}{i}": AudienceConfig.model_validate({"audience": f"{kind}{i}", "where": where})
        for i, text in enumerate(HOSTILE)
        for kind, where in (
            ("event", {"event": text}),
            ("value", {"event": "Said", "where": [{"property": "words", "eq": text}]}),
            ("part", {"event": "Said", "where": [{"property": "words", "contains": text}]}),
            ("field", {"field": "city", "one_of": [text, "nowhere"]}),
        )
    }
    rows: list[tuple[str, str, str, str | None]] = [(f"e{i}", f"p{i}", text, None) for i, text in enumerate(HOSTILE)]
    rows += [(f"s{i}", f"p{i}", "Said", _words(text)) for i, text in enumerate(HOSTILE)]
    events = spark.createDataFrame(
        [(r, r, name, AS_OF, p, who) for r, who, name, p in rows],
        "record_id STRING, message_id STRING, event STRING, event_ts TIMESTAMP, properties STRING, person_id STRING",
    )
    profiles = spark.createDataFrame(
        [(f"p{i}", False, text) for i, text in enumerate(HOSTILE)],
        "person_id STRING, is_anonymous BOOLEAN, city STRING",
    )
    defined, moment = definitions(audiences, {}), Moment(AS_OF)
    counts = event_counts(events, events.select("record_id", "person_id"), event_leaves(defined), moment)
    people = evaluated(profiles, profiles.select("person_id"), counts, defined, {}, moment).collect()
    found = {a: {r["person_id"] for r in people if a in r["audiences"]} for a in audiences}
    contains = {
        f"part{i}": {f"p{j}" for j, other in enumerate(HOSTILE) if text in other} for i, text in enumerate(HOSTILE)
    }
    assert (
        found
        == {f"{kind}{i}": {f"p{i}"} for kind in ("event", "value", "field") for i in range(len(HOSTILE))} | contains
    )


def _words(text: str) -> str:
    return json.dumps({"words": text})


@pytest.mark.parametrize("path", ["a'b", "a`b", "a[0]", "a..b", ".a", "a.", "$", "a\nb", "a\n", "ä", "", "a" * 300])
def test_a_property_path_is_made_of_plain_parts(path: str) -> None:
    with pytest.raises(ValidationError):
        PropertyCondition.model_validate({"property": path, "eq": 1})
    with pytest.raises(ValidationError):
        TraitConfig.model_validate({"kind": "sum", "event": "x", "property": path})


@pytest.mark.parametrize(
    "comparison",
    [
        {},
        {"eq": 1, "ne": 2},
        {"exact": True},
        {"rlike": "(a+)+$"},
        {"eq": "x" * 1001},
        {"gte": 10**18},
        {"one_of": []},
        {"one_of": [1, "1"]},
        {"one_of": [True, 1]},
        {"one_of": ["x"] * 10_001},
        {"before": "yesterday"},
        {"older_than": "soon"},
    ],
)
def test_comparisons_that_say_nothing_clear_are_refused(comparison: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Comparison.model_validate(comparison)


@pytest.mark.parametrize(
    "window", [{}, {"last": "1d", "since": "2026-01-01"}, {"between": ["7d", "1d"]}, {"since": "2026-02-30"}]
)
def test_windows_that_say_nothing_clear_are_refused(window: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Window.model_validate(window)


@pytest.mark.parametrize("name", ["days_since_order", "person_id", "truncated", "Robert'); --"])
def test_names_of_traits_that_cannot_be_are_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        TraitsConfig.model_validate({"traits": {name: {"kind": "count", "event": "x"}}})
