"""The mapping language, and the parts of a record it reads."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter
from pyspark.sql import SparkSession

from cdp_spark.config.paths import paths_of, paths_of_condition
from cdp_spark.config.sources import Value, When
from cdp_spark.normalize.paths import RecordShape, steps_of
from cdp_spark.normalize.values import Values

RECORD = (
    '{"a": " x ", "n": 1.50, "big": 123456789012345678901234567890, "empty": "", "none": null, "userId": "U", "userid": "u",'
    ' "o": {"p": {"q": "deep"}, "list": [{"id": 7}, {"id": "8"}], "flag": true}, "cell": "{\\"k\\": [{\\"v\\": 5}]}",'
    ' "url": "https://x.com/?utm_source=a%20b", "two words": "w", "gid": "gid://shopify/Order/17",'
    ' "params": [{"key": "page", "value": {"s": "Home"}}, {"key": "id", "value": {"s": null, "i": 5}}, {"key": "id", "value": {"i": 6}}],'
    ' "cents": 1250, "yen": "JPY", "euro": "eur", "dinar": "KWD", "micros": "1230000", "sf": "001A0000006Vm9u"}'
)

MORE = ("cents", "yen", "euro", "dinar", "micros", "sf")

VALUES: list[tuple[Any, str | None]] = [
    ("a", "x"),
    ("n", "1.5"),
    ("big", "123456789012345678901234567890"),
    ("empty", None),
    ("none", None),
    ("missing.path", None),
    ("two words", "w"),
    ("o.p.q", "deep"),
    ("o.list[1].id", "8"),
    ("o.list[5].id", None),
    ("o.flag", "true"),
    ("o.p", '{"q":"deep"}'),
    ("a.b", None),
    ("userId", "U"),
    ("userid", "u"),
    ({"const": 5}, "5"),
    ({"entry": "params", "equals": "page", "value": ["value.s"]}, "Home"),
    ({"entry": "params", "equals": "id", "value": ["value.s", "value.i"]}, "5"),
    ({"entry": "params", "by": "key", "equals": "id", "value": ["value"]}, '{"s":null,"i":5}'),
    ({"entry": "params", "equals": "gone", "value": ["value.s"]}, None),
    ({"entry": "missing", "equals": "page"}, None),
    ({"entry": "a", "equals": "page"}, None),
    ({"last_part": "gid"}, "17"),
    ({"last_part": "a"}, "x"),
    ({"last_part": "empty"}, None),
    ({"only": "a", "when": {"field": "o.flag", "equals": "true"}}, "x"),
    ({"only": "a", "when": {"field": "o.flag", "equals": "false"}}, None),
    (
        {"first": [{"only": {"number": "cents"}, "when": {"field": "missing", "exists": True}}, {"number": "n"}]},
        "1.5000",
    ),
    ({"number": "cents", "minor_units": True, "currency": "euro"}, "12.5000"),
    ({"number": "cents", "minor_units": True, "currency": "yen"}, "1250.0000"),
    ({"number": "cents", "minor_units": True, "currency": "dinar"}, "1.2500"),
    ({"number": "cents", "minor_units": True, "currency": "missing"}, "12.5000"),
    ({"number": "micros", "divided_by": 1_000_000}, "1.2300"),
    ({"difference": ["n", "big"]}, None),
    ({"difference": ["n", "missing", {"number": "cents", "minor_units": True}]}, "-11.0000"),
    ({"difference": ["missing", "n"]}, None),
    ({"difference": [{"const": 0}, "n"]}, "-1.5000"),
    ({"salesforce_id": "sf"}, "001A0000006Vm9uIAC"),
    ({"salesforce_id": {"const": "001A0000006Vm9uIAC"}}, "001A0000006Vm9uIAC"),
    ({"salesforce_id": "empty"}, None),
    ({"const": True}, "true"),
    ({"first": ["empty", "missing", "o.p.q"]}, "deep"),
    ({"concat": ["o.p.q", "none", "userId"], "separator": "-"}, "deep-U"),
    ({"concat": ["none", "empty"], "separator": "-"}, None),
    ({"text": "a", "case": "upper"}, "X"),
    ({"map": "a", "values": {"x": "ex"}}, "ex"),
    ({"map": "userId", "values": {"x": "ex"}}, None),
    ({"map": "userId", "values": {"x": "ex"}, "otherwise": "keep"}, "U"),
    ({"url_parameter": "utm_source", "of": "url"}, "a b"),
    ({"json_cell": "cell", "path": "k.0.v"}, "5"),
    ({"object": {"z": "o.list", "t": "n", "gone": "none"}}, '{"z":[{"id":7},{"id":"8"}],"t":"1.5"}'),
    ({"object": {"gone": "none"}}, None),
    (
        {"rest": "record", "without": ["a", "n", "o", "cell", "url", "userid", "big", "gid", "params", *MORE]},
        '{"empty":"","none":null,"userId":"U","two words":"w"}',
    ),
    ({"number": "n", "minor_units": True}, "0.0150"),
    ({"time": "a"}, None),
]


@pytest.fixture(scope="module")
def texts(spark: SparkSession) -> list[str | None]:
    """Every value, all read from one parse: what one wants whole another wants in parts."""
    parsed: list[Value] = [TypeAdapter(Value).validate_python(value) for value, _ in VALUES]
    shape = RecordShape(steps_of(p) for value in parsed for p in (*paths_of(value), "o"))
    frame = shape.parsed(spark.createDataFrame([(RECORD, None)], "raw STRING, fault STRING"))
    values = Values(lambda p: shape.column(steps_of(p)), "UTC")
    [row] = frame.select(*[values.of(value).text.alias(f"v{i}") for i, value in enumerate(parsed)]).collect()
    return list(row)


@pytest.mark.parametrize("i", range(len(VALUES)), ids=[str(v)[:60] for v, _ in VALUES])
def test_a_value_of_the_mapping_language(texts: list[str | None], i: int) -> None:
    assert texts[i] == VALUES[i][1]


CONDITIONS: list[tuple[dict[str, Any], bool]] = [
    ({"field": "userId", "equals": "U"}, True),
    ({"field": "userId", "equals": "u"}, False),
    ({"field": "missing", "equals": "u"}, False),
    ({"field": "userId", "one_of": ["x", "U"]}, True),
    ({"field": "empty", "exists": True}, False),
    ({"field": "o.p", "exists": True}, True),
    ({"field": "none", "exists": False}, True),
    ({"all": [{"field": "userId", "equals": "U"}, {"field": "missing", "equals": "x"}]}, False),
    ({"any": [{"field": "userId", "equals": "U"}, {"field": "missing", "equals": "x"}]}, True),
    ({"none": [{"field": "missing", "equals": "x"}]}, True),
]


def test_a_condition_is_true_or_false_and_never_unknown(spark: SparkSession) -> None:
    whens = [When.model_validate(condition) for condition, _ in CONDITIONS]
    shape = RecordShape(steps_of(p) for when in whens for p in paths_of_condition(when))
    frame = shape.parsed(spark.createDataFrame([(RECORD, None)], "raw STRING, fault STRING"))
    values = Values(lambda p: shape.column(steps_of(p)), "UTC")
    [row] = frame.select(*[values.condition(when).alias(f"c{i}") for i, when in enumerate(whens)]).collect()
    assert list(zip(CONDITIONS, row, strict=True)) == [((c, want), want) for c, want in CONDITIONS]


WHOLES = (
    '{"a":"x","b":"y"}', '{"a":1,"b":1.50}', '{"a":true,"b":null}', '{"a":{"k": 1},"b":[1, 2]}', '{"b":"y"}', "{}", "[]", "[1]",
    '"text"', "5", "null", '{"a":"","b":" "}', '{"a":"q\\"uote","b":"\\u00e4\\n"}', '{"a":123456789012345678901234567890}',
    '{"a":"{\\"b\\":1}"}', '{"a":[],"b":{}}', '{"A":"x"}', '{"a":-0,"b":7}',
)  # fmt: skip


def test_a_part_of_an_object_reads_the_same_alone_and_among_many(spark: SparkSession) -> None:
    raws = spark.createDataFrame([(f'{{"o":{whole}}}', None) for whole in WHOLES], "raw STRING, fault STRING")

    def read(*parts: str) -> list[tuple[str | None, ...]]:
        shape = RecordShape([("o",), *[("o", part) for part in parts]])
        columns = [shape.column(("o", part)).alias(part) for part in ("a", "b")]
        return [tuple(r) for r in shape.parsed(raws).select(*columns).collect()]

    alone, among_many = read("a", "b"), read("a", "b", "c", "d", "e")
    assert alone[0] == ("x", "y")
    assert list(zip(WHOLES, alone, strict=True)) == list(zip(WHOLES, among_many, strict=True))


def test_only_what_mappings_use_is_parsed() -> None:
    shape = RecordShape([("a",), ("o", "p", "q"), ("o", "list", 1, "id")])
    assert shape._schema.simpleString() == "struct<a:string,o:struct<list:array<struct<id:string>>,p:struct<q:string>>>"


def test_sources_of_the_example_configuration_compile(spark: SparkSession) -> None:
    """Every mapping of conf/ becomes Columns, and none needs a record to be checked."""
    from cdp_spark.config import load_config
    from cdp_spark.contracts.bronze import bronze_contract
    from cdp_spark.normalize.mapping import MappingPlan

    config = load_config(Path(__file__).parents[2] / "conf")
    for source in config.sources.values():
        empty = spark.createDataFrame([], bronze_contract(source.source).schema.replace(" NOT NULL", ""))
        for name, stream in source.streams.items():
            for i in range(len(stream.mappings)):
                rows = MappingPlan(source.source, name, stream, i, "UTC", "AT").rows(empty)
                assert {"record_id", "identifiers"} <= set(rows.columns)
