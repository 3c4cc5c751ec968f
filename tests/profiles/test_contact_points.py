"""Every address, number and device of a person, with the consent of that very contact point."""

from typing import Any

from pyspark.sql import SparkSession

from cdp_spark.profiles.contact_points import contact_points
from tests.profiles.facts import T0

IDENTIFIERS = "person_id STRING, namespace STRING, value STRING, first_seen TIMESTAMP, last_seen TIMESTAMP"
DECISIONS = "namespace STRING, value STRING, purpose STRING, status STRING, decided_by STRING"
PROFILES = "person_id STRING, email STRING, phone STRING"
NAMESPACES = ("email", "phone", "device_id")


def points(spark: SparkSession, identifiers: list[tuple[str, str, str]], decisions: list[tuple[str, ...]]) -> Any:
    """(namespace, value) → (person, is it the preferred one, consent)."""
    shown = [("ana", "a@x.com", "+431"), ("bob", None, None)]
    found = contact_points(
        spark.createDataFrame([(*i, T0, T0) for i in identifiers], IDENTIFIERS),
        spark.createDataFrame(decisions, DECISIONS),
        spark.createDataFrame(shown, PROFILES),
        NAMESPACES,
    ).collect()
    rows = {(r["namespace"], r["value"]): (r["person_id"], r["is_preferred"], r["consent"]) for r in found}
    assert len(rows) == len(found)
    return rows


def test_consent_is_of_the_contact_point_not_of_the_person(spark: SparkSession) -> None:
    found = points(
        spark,
        [("ana", "email", "a@x.com"), ("ana", "email", "b@x.com"), ("ana", "phone", "+431"), ("ana", "phone", "a@x.com")],
        [("email", "a@x.com", "ads", "withdrawn", "e1"), ("email", "a@x.com", "mail", "granted", "e2"),
         ("email", "b@x.com", "ads", "granted", "e3"), ("email", "stranger@x.com", "ads", "granted", "e4")],
    )  # fmt: skip
    assert found == {
        ("email", "a@x.com"): ("ana", True, {"ads": "withdrawn", "mail": "granted"}),
        ("email", "b@x.com"): ("ana", False, {"ads": "granted"}),
        ("phone", "+431"): ("ana", True, {}),
        ("phone", "a@x.com"): ("ana", False, {}),
    }


def test_only_what_can_be_reached_is_a_contact_point(spark: SparkSession) -> None:
    found = points(spark, [("bob", "anonymous_id", "c1"), ("bob", "user_id", "u1"), ("bob", "device_id", "d1")], [])
    assert found == {("device_id", "d1"): ("bob", False, {})}
