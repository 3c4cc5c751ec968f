"""Consent at the edge: on that very contact point, for every purpose, unknown means no."""

from datetime import UTC, datetime

from pyspark.sql import SparkSession

from cdp_spark.activation.consent import granted_contact_points, usable_contact_points

T0, T1, T2 = (datetime(2026, 1, d, tzinfo=UTC) for d in (1, 2, 3))
STATE = "namespace STRING, value STRING, purpose STRING, valid_from TIMESTAMP, valid_to TIMESTAMP, status STRING, decided_by STRING"
Decision = tuple[str, str, str, datetime, datetime | None, str, str]


def usable(
    spark: SparkSession,
    decisions: list[Decision],
    purposes: tuple[str, ...] = ("advertising",),
    unasked: tuple[str, ...] = (),
) -> set[str]:
    contact_points = spark.createDataFrame(
        [("p1", "email", "a@x"), ("p1", "email", "b@x"), ("p1", "phone", "+1")],
        "person_id STRING, namespace STRING, value STRING",
    )
    nodes = spark.createDataFrame(
        [(1, "email", "a@x"), (2, "email", "b@x"), (3, "anonymous_id", "cookie")],
        "node_id BIGINT, namespace STRING, value STRING",
    )
    memberships = spark.createDataFrame(
        [(n, "p1", True) for n in (1, 2, 3)], "node_id BIGINT, person_id STRING, is_current BOOLEAN"
    )
    state = spark.createDataFrame(decisions, STATE)
    granted = granted_contact_points(contact_points, state, nodes, memberships, T1, unasked)
    return {r["value"] for r in usable_contact_points(granted, purposes).collect()}


def test_no_record_means_no(spark: SparkSession) -> None:
    assert usable(spark, []) == set()


def test_consent_for_one_address_never_authorises_another(spark: SparkSession) -> None:
    assert usable(spark, [("email", "a@x", "advertising", T0, None, "granted", "c1")]) == {"a@x"}


def test_every_purpose_must_be_granted(spark: SparkSession) -> None:
    one: Decision = ("email", "a@x", "advertising", T0, None, "granted", "c1")
    assert usable(spark, [one], ("advertising", "analytics")) == set()
    assert usable(
        spark, [one, ("email", "a@x", "analytics", T0, None, "granted", "c2")], ("advertising", "analytics")
    ) == {"a@x"}


def test_a_refusal_on_a_device_counts_for_the_person(spark: SparkSession) -> None:
    grant: Decision = ("email", "a@x", "advertising", T0, None, "granted", "c1")
    assert usable(spark, [grant, ("anonymous_id", "cookie", "advertising", T0, None, "denied", "c2")]) == set()
    assert usable(spark, [grant, ("anonymous_id", "cookie", "analytics", T0, None, "denied", "c2")]) == {"a@x"}


def test_a_withdrawal_for_one_address_leaves_the_other(spark: SparkSession) -> None:
    decisions: list[Decision] = [
        ("email", "a@x", "advertising", T0, None, "withdrawn", "c1"),
        ("email", "b@x", "advertising", T0, None, "granted", "c2"),
    ]
    assert usable(spark, decisions) == {"b@x"}


def test_what_held_before_or_will_hold_later_does_not_count(spark: SparkSession) -> None:
    assert usable(spark, [("email", "a@x", "advertising", T0, T1, "granted", "c1")]) == set()
    assert usable(spark, [("email", "a@x", "advertising", T2, None, "granted", "c1")]) == set()
    assert usable(spark, [("email", "a@x", "advertising", T1, T2, "granted", "c1")]) == {"a@x"}


def test_a_purpose_that_needs_no_asking_holds_until_somebody_refuses(spark: SparkSession) -> None:
    purposes, unasked = ("analytics",), ("analytics",)
    assert usable(spark, [], purposes, unasked) == {"a@x", "b@x", "+1"}
    assert usable(spark, [], ("analytics", "advertising"), unasked) == set()
    refused: Decision = ("email", "a@x", "analytics", T0, None, "withdrawn", "c1")
    assert usable(spark, [refused], purposes, unasked) == {"b@x", "+1"}
    on_device: Decision = ("anonymous_id", "cookie", "analytics", T0, None, "denied", "c2")
    assert usable(spark, [on_device], purposes, unasked) == set()
