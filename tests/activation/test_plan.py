"""Operations: only differences, removals as sent, nobody's shared identifier taken back."""

from pyspark.sql import DataFrame, SparkSession

from cdp_spark.activation.plan import planned_operations, released_values

DESIRED = "sync_id STRING, person_id STRING, payload MAP<STRING, ARRAY<STRING>>, consent_event_ids ARRAY<STRING>"
HELD = "sync_id STRING, person_id STRING, payload MAP<STRING, ARRAY<STRING>>"
CANDIDATES = "sync_id STRING, person_id STRING, is_suppressed BOOLEAN"
FIELDS = {"ads.carts": ("email",)}


def operations(
    spark: SparkSession,
    desired: dict[str, list[str]],
    held: dict[str, list[str]],
    candidates: dict[str, bool] | None = None,
) -> DataFrame:
    d = spark.createDataFrame(
        [("ads.carts", p, {"email": e, "name": ["N"]}, ["c1"]) for p, e in desired.items()], DESIRED
    )
    a = spark.createDataFrame([("ads.carts", p, {"email": e, "name": ["N"]}) for p, e in held.items()], HELD)
    c = spark.createDataFrame([("ads.carts", p, s) for p, s in (candidates or {}).items()], CANDIDATES)
    return released_values(planned_operations(d, a, c), d, FIELDS)


def by_person(ops: DataFrame) -> dict[str, tuple[str, str | None, list[str] | None, list[str] | None]]:
    return {
        r["person_id"]: (
            r["op"],
            r["reason"],
            r["payload"]["email"] if r["payload"] else None,
            r["removed_payload"]["email"] if r["removed_payload"] else None,
        )
        for r in ops.collect()
    }


def test_only_differences_are_sent(spark: SparkSession) -> None:
    ops = operations(
        spark, {"same": ["a"], "new": ["b"], "changed": ["d"]}, {"same": ["a"], "changed": ["c"], "gone": ["e"]}
    )
    assert by_person(ops) == {
        "new": ("add", None, ["b"], None),
        "changed": ("update", None, ["d"], ["c"]),
        "gone": ("remove", "left_audience", None, ["e"]),
    }


def test_why_somebody_is_taken_back(spark: SparkSession) -> None:
    ops = operations(
        spark, {}, {"left": ["a"], "bought": ["b"], "withdrew": ["c"]}, {"bought": True, "withdrew": False}
    )
    assert {p: reason for p, (_, reason, _, _) in by_person(ops).items()} == {
        "left": "left_audience",
        "bought": "suppressed",
        "withdrew": "no_consent",
    }


def test_an_identifier_that_another_person_still_needs_stays(spark: SparkSession) -> None:
    ops = operations(spark, {"survivor": ["a", "shared"]}, {"survivor": ["a"], "absorbed": ["shared", "own"]})
    found = by_person(ops)
    assert found["absorbed"] == ("remove", "left_audience", None, ["own"])
    assert found["survivor"] == ("update", None, ["a", "shared"], None)


def test_the_same_plan_has_the_same_ids(spark: SparkSession) -> None:
    def ids() -> set[str]:
        return {r["op_id"] for r in operations(spark, {"a": ["1"], "b": ["2"]}, {"b": ["3"], "c": ["4"]}).collect()}

    assert len(ids()) == 3
    assert ids() == ids()


def test_fields_that_do_not_identify_never_travel_with_a_removal(spark: SparkSession) -> None:
    ops = operations(spark, {}, {"gone": ["a"]})
    assert [set(r["removed_payload"]) for r in ops.collect()] == [{"email"}]
