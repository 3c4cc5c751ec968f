"""Whose a record is: the person of its strongest identifier."""

import random
from datetime import UTC, datetime

from pyspark.sql import SparkSession

from cdp_spark.runtime.people import people_of_records

IDENTIFIERS = "record_id STRING, namespace STRING, value STRING"
NODES = "node_id BIGINT, namespace STRING, value STRING, priority INT, status STRING"
MEMBERSHIPS = "node_id BIGINT, person_id STRING, is_current BOOLEAN"
Seen = tuple[str, str, str]

NODE_ROWS = [
    (1, "user_id", "ana", 0, "active"),
    (2, "email", "a@x.com", 2, "active"),
    (3, "email", "b@x.com", 2, "active"),
    (4, "anonymous_id", "kiosk", 6, "shared"),
    (5, "anonymous_id", "cookie", 6, "active"),
    (6, "phone", "a@x.com", 4, "active"),
]
MEMBERSHIP_ROWS = [
    (1, "old", False),
    (1, "ana", True),
    (2, "ana", True),
    (3, "bob", True),
    (4, "bob", True),
    (5, "cleo", True),
    (6, "dan", True),
]


def owners(spark: SparkSession, seen: list[Seen]) -> dict[str, str]:
    """Record → person."""
    found = people_of_records(
        spark.createDataFrame(seen, IDENTIFIERS),
        spark.createDataFrame(NODE_ROWS, NODES),
        spark.createDataFrame(MEMBERSHIP_ROWS, MEMBERSHIPS),
    )
    rows = [tuple(r) for r in found.collect()]
    assert len({r for r, _ in rows}) == len(rows)
    return dict(rows)


def test_the_strongest_identifier_names_the_person(spark: SparkSession) -> None:
    seen = [("r1", "anonymous_id", "cookie"), ("r1", "email", "b@x.com"), ("r2", "anonymous_id", "cookie")]
    assert owners(spark, seen) == {"r1": "bob", "r2": "cleo"}


def test_of_two_equally_strong_the_smaller_node_does(spark: SparkSession) -> None:
    seen = [("r1", "email", "b@x.com"), ("r1", "email", "a@x.com")]
    assert owners(spark, seen) == {"r1": "ana"}


def test_shared_identifiers_and_past_memberships_name_nobody(spark: SparkSession) -> None:
    seen = [("r1", "anonymous_id", "kiosk"), ("r2", "email", "never@x.com"), ("r3", "user_id", "ana")]
    assert owners(spark, seen) == {"r3": "ana"}


def test_a_value_counts_in_its_own_namespace_only(spark: SparkSession) -> None:
    assert owners(spark, [("r1", "phone", "a@x.com")]) == {"r1": "dan"}


def test_a_shared_device_is_theirs_who_has_it_at_the_time(spark: SparkSession) -> None:
    def at(minute: int) -> datetime:
        return datetime(2026, 3, 1, 12, minute, tzinfo=UTC)

    slices = [(4, at(10), at(20), "ana"), (4, at(20), None, "bob"), (7, at(15), None, "cleo")]
    seen = [
        *((f"kiosk-{m}", "anonymous_id", "kiosk", at(m)) for m in (9, 10, 19, 20, 50)),
        *((f"both-{m}", n, v, at(m)) for m in (16, 25) for n, v in (("anonymous_id", "kiosk"), ("device_id", "app"))),
        *(("own", n, v, at(50)) for n, v in (("anonymous_id", "kiosk"), ("phone", "a@x.com"))),
    ]
    found = people_of_records(
        spark.createDataFrame(seen, f"{IDENTIFIERS}, seen_at TIMESTAMP"),
        spark.createDataFrame([*NODE_ROWS, (7, "device_id", "app", 0, "shared")], NODES),
        spark.createDataFrame(MEMBERSHIP_ROWS, MEMBERSHIPS),
        spark.createDataFrame(slices, "node_id BIGINT, valid_from TIMESTAMP, valid_to TIMESTAMP, person_id STRING"),
    )
    assert sorted(tuple(r) for r in found.collect()) == [
        ("both-16", "cleo"),
        ("both-25", "bob"),
        ("kiosk-10", "ana"),
        ("kiosk-19", "ana"),
        ("kiosk-20", "bob"),
        ("kiosk-50", "bob"),
        ("own", "dan"),
    ]


def test_the_order_of_rows_does_not_matter(spark: SparkSession) -> None:
    seed = 7
    print(f"seed {seed}")
    dice = random.Random(seed)
    known = [(n, v) for _, n, v, _, _ in NODE_ROWS]
    seen = [(f"r{i}", *nv) for i in range(40) for nv in dice.sample(known, dice.randint(1, 3))]
    want = owners(spark, seen)
    assert len(want) > 30
    for _ in range(3):
        dice.shuffle(seen)
        assert owners(spark, seen) == want
