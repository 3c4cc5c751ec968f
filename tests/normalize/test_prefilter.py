"""What a record's text says of a condition: never that a record cannot meet one that it meets."""

import json
import random
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from cdp_spark.config.paths import paths_of_condition
from cdp_spark.config.sources import When
from cdp_spark.normalize.paths import RecordShape, steps_of
from cdp_spark.normalize.prefilter import can_meet
from cdp_spark.normalize.values import Values
from cdp_spark.runtime.rows import frame_of_rows

SEED = 11
IDENTIFY = {"field": "type", "equals": "identify"}
RAW = "record_id STRING, stream STRING, raw STRING, fault STRING"


def met(spark: SparkSession, when: When, records: list[str]) -> list[tuple[bool, bool | None]]:
    """Of each record whether it meets the condition, and whether its text says that it can."""
    rows = [(str(i), "s", raw, None) for i, raw in enumerate(records)]
    shape = RecordShape(steps_of(p) for p in paths_of_condition(when))
    values = Values(lambda path: shape.column(steps_of(path)), "UTC")
    can = can_meet(when)
    judged = shape.parsed(frame_of_rows(spark, RAW, rows)).select(
        F.col("record_id").cast("int"), values.condition(when), F.lit(None) if can is None else can
    )
    return [(bool(meets), can) for _, meets, can in sorted(judged.collect())]


@pytest.mark.parametrize(
    ("when", "record", "can"),
    [
        (IDENTIFY, '{"type": "identify"}', True),
        (IDENTIFY, '{"type": "page"}', False),
        (IDENTIFY, r'{"type": "\u0069dentify"}', True),
        ({"field": "type", "one_of": ["open", "click"]}, '{"type": "click"}', True),
        ({"field": "type", "one_of": ["open", "click"]}, '{"type": "bounce"}', False),
        ({"field": "a.b", "exists": True}, '{"a": {"b": 1}}', True),
        ({"field": "a.b", "exists": True}, '{"x": {"c": 1}}', False),
        ({"field": "list[0]", "exists": True}, '{"list": [1]}', True),
        ({"all": [IDENTIFY, {"field": "n", "equals": "1"}]}, '{"type": "page", "n": 1}', False),
        ({"any": [IDENTIFY, {"field": "kind", "equals": "lead"}]}, '{"kind": "lead"}', True),
        ({"any": [IDENTIFY, {"field": "kind", "equals": "lead"}]}, '{"kind": "none"}', False),
    ],
)
def test_a_record_that_does_not_hold_a_conditions_words_need_not_be_parsed(
    spark: SparkSession, when: dict[str, Any], record: str, can: bool
) -> None:
    [(meets, said)] = met(spark, When.model_validate(when), [record])
    assert said is can
    assert said or not meets


@pytest.mark.parametrize(
    "when",
    [
        {"field": "n", "equals": "1.0"},
        {"field": "n", "one_of": ["word", "7"]},
        {"field": "a", "exists": False},
        {"none": [IDENTIFY]},
        {"any": [IDENTIFY, {"field": "a", "exists": False}]},
        {"field": {"text": "type", "case": "lower"}, "equals": "identify"},
        {"field": "name", "equals": 'say "so"'},
        {"field": "name", "equals": "Zoë"},
    ],
)
@pytest.mark.usefixtures("spark")
def test_the_text_says_nothing_of_numbers_of_what_is_missing_of_values_made_and_of_what_json_escapes(
    when: dict[str, Any],
) -> None:
    assert can_meet(When.model_validate(when)) is None


def test_no_record_that_meets_a_condition_is_passed_over(spark: SparkSession) -> None:
    dice = random.Random(SEED)
    words, keys = ["identify", "page", "Open now", "a-b", "true", "é", "1"], ["type", "kind", "deep"]

    def value(depth: int) -> Any:
        plain: list[Any] = [dice.choice(words), True, None, 1, 2.50, ""]
        return dice.choice(plain) if depth or dice.random() < 0.7 else {k: value(depth + 1) for k in keys[:2]}

    def condition(depth: int) -> dict[str, Any]:
        if depth < 2 and dice.random() < 0.5:
            return {dice.choice(["all", "any", "none"]): [condition(depth + 1) for _ in range(dice.randint(1, 3))]}
        field = dice.choice([*keys, "deep.type", "type.kind"])
        tests: list[dict[str, Any]] = [
            {"equals": dice.choice(words)},
            {"one_of": dice.sample(words, 2)},
            {"exists": dice.random() < 0.7},
        ]
        return {"field": field, **dice.choice(tests)}

    objects = [{k: value(0) for k in keys if dice.random() < 0.8} for _ in range(60)]
    records = [json.dumps(o, ensure_ascii=dice.random() < 0.5) for o in objects]
    passed_over = said_of = 0
    for _ in range(40):
        when = condition(0)
        for record, (meets, said) in zip(records, met(spark, When.model_validate(when), records), strict=True):
            assert said is not False or not meets, (SEED, when, record)
            said_of += said is not None
            passed_over += said is False
    assert passed_over > 100, f"seed {SEED}: only {passed_over} of {said_of} were passed over"
