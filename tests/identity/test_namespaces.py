"""Priorities, and values that never identify."""

import pytest
from chispa import assert_column_equality
from pydantic import ValidationError
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from cdp_spark.config.identity import IdentityConfig, Namespace
from cdp_spark.identity.namespaces import Namespaces


def test_an_unknown_namespace_has_the_lowest_priority(spark: SparkSession) -> None:
    namespaces = Namespaces(IdentityConfig())
    cases = [
        ("user_id", 0),
        ("customer_id", 1),
        ("fax", namespaces.unknown),
        ("", namespaces.unknown),
        (None, namespaces.unknown),
    ]
    frame = spark.createDataFrame(cases, "namespace STRING, want INT")
    assert_column_equality(frame.withColumn("got", namespaces.priority(F.col("namespace"))), "got", "want")


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "0",
        "0000",
        "00000000-0000-0000-0000-000000000000",
        "+000",
        "NULL",
        "None ",
        "Unknown",
        "-1",
        "x" * 1025,
    ],
)
def test_placeholders_are_blocked(spark: SparkSession, value: str) -> None:
    assert _reason(spark, value) == "placeholder"


@pytest.mark.parametrize(
    "value", ["u1", "10", "ana@example.com", "nullify", "x" * 1024, "0\nx", "\x1f", "'; DROP", "Ünï", "-12"]
)
def test_other_values_are_not_blocked(spark: SparkSession, value: str) -> None:
    assert _reason(spark, value) is None


def test_what_forms_demand_is_blocked_where_it_is_demanded(spark: SparkSession) -> None:
    cases = [
        ("email", "Test@test.com", "placeholder"),
        ("email", "noemail@example.com", "placeholder"),
        ("email", "test@tester.com", None),
        ("phone", "+43123456789", "placeholder"),
        ("phone", "+4400000000", "placeholder"),
        ("phone", "+436641234567", None),
        ("phone", "+436647777777", None),
        ("user_id", "123456789", None),
        ("user_id", "77777777", None),
    ]
    namespaces = Namespaces(IdentityConfig())
    frame = spark.createDataFrame(cases, "namespace STRING, value STRING, want STRING")
    reason = namespaces.block_reason(namespaces.priority(F.col("namespace")), F.col("value"))
    assert_column_equality(frame.withColumn("got", reason), "got", "want")


def test_configured_values_are_blocked_in_their_namespace_only(spark: SparkSession) -> None:
    assert _reason(spark, "agent@example.com", "email") == "configured"
    assert _reason(spark, "agent@example.com", "user_id") is None


def test_what_is_forwarded_names_nobody_and_is_no_device() -> None:
    with pytest.raises(ValidationError, match="forwardable and also strong or device: eid"):
        IdentityConfig(namespaces={"email": Namespace(strong=True), "eid": Namespace(device=True, forwardable=True)})


def test_a_device_names_nobody() -> None:
    with pytest.raises(ValidationError, match="both strong and device: cookie"):
        IdentityConfig(namespaces={"user_id": Namespace(strong=True), "cookie": Namespace(strong=True, device=True)})


def _reason(spark: SparkSession, value: str, namespace: str = "user_id") -> str | None:
    config = IdentityConfig(
        namespaces={"user_id": Namespace(strong=True), "email": Namespace(blocked=("agent@example.com",))}
    )
    namespaces = Namespaces(config)
    frame = spark.createDataFrame([(namespace, value)], "namespace STRING, value STRING")
    row = frame.select(namespaces.block_reason(namespaces.priority(F.col("namespace")), F.col("value"))).first()
    assert row is not None
    return None if row[0] is None else str(row[0])
