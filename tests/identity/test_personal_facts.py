"""Contacts are told apart by birth date and given name, alike in Spark and in Python."""

from datetime import date, timedelta
from itertools import combinations_with_replacement

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from cdp_spark.contracts.silver import CUSTOMERS
from cdp_spark.identity.bridges import Edge
from cdp_spark.identity.ids import node_id
from cdp_spark.identity.personal_facts import _are_different, are_different_people, personal_facts
from cdp_spark.identity.split import Rules, parts_and_marked
from cdp_spark.runtime.rows import frame_of_rows
from tests.identity.world import T0

FACTS = ("19540803anna", "19540803ana", "19540804anna", "19540308anna", "19820417anna", "19820417bernhard", "19820417",
         "20000101ünï", "20010302ünï", "19540417anna", "19540417nana", "19540803x")  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("19540803anna", "19820417bernhard", True),
        ("19540803anna", "19540804bernhard", False),  # a slip in the date
        ("19540803anna", "19540308bernhard", False),  # day and month exchanged
        ("19540803maria", "19540417marie", False),  # of one year, and a slip in the name
        ("19540803maria", "19540417amria", False),
        ("19540803maria", "19540417martin", True),
        ("19540803maria", "19820417martin", True),  # neither year, month nor day in common
        ("19540803anna", "19820101anna", False),  # the first of January stands for not known
        ("19540803anna", "19820101bernhard", True),
        ("19540803anna", "19540417", True),
        ("19540803anna", "", False),
        ("19540803anna", "00000000bernhard", False),
    ],
)
def test_dates_far_apart_or_dates_and_names_tell_people_apart(one: str, other: str, differ: bool) -> None:
    assert are_different_people(one, other) is are_different_people(other, one) is differ


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("19540803anna", "00000000bernhard", True),
        ("00000000anna", "00000000bernhard", True),
        ("00000000maximilian", "00000000max", False),  # a short form
        ("00000000anna", "00000000ana", False),
        ("00000000olivia", "00000000oliver", True),
        ("19540803anna", "00000000", False),
        ("19540803anna", "19540803bernhard", False),  # the date says more
    ],
)
def test_names_alone_tell_apart_where_they_are_asked(one: str, other: str, differ: bool) -> None:
    for a, b in ((one, other), (other, one)):
        assert are_different_people(a, b, by_name=True) is differ


def test_spark_and_python_agree(spark: SparkSession) -> None:
    pairs = list(combinations_with_replacement(FACTS, 2))
    frame = frame_of_rows(spark, "a STRING, b STRING", pairs)
    got = {(r.a, r.b): r.d for r in frame.withColumn("d", _are_different(F.col("a"), F.col("b"))).collect()}
    assert got == {pair: are_different_people(*pair) for pair in pairs}


def test_facts_of_identifiers(spark: SparkSession) -> None:
    def contact(key: str, born: date | None, first: str, days: int, **identifiers: str) -> list[object]:
        values = {
            "record_id": f"{key}-{days}", "source": "crm", "stream": "s", "source_key": key, "first_name": first,
            "valid_from": T0 + timedelta(days=days), "birth_date": born, "landing_id": 1,
            "identifiers": [{"namespace": n, "value": v} for n, v in {"crm_contact_id": key, **identifiers}.items()],
        }  # fmt: skip
        return [values.get(c) for c in CUSTOMERS.column_names]

    anna, bernd = date(1954, 8, 3), date(1982, 4, 17)
    rows = [
        contact("A", date(1954, 8, 4), " Ana", 0, email="a@x.com", phone="+431"),
        contact("A", anna, "Anna Maria", 1, email="a@x.com", phone="+431"),
        contact("B", bernd, "Bernd", 0, email="b@x.com", phone="+431"),
        contact("B", bernd, "Bernd", 9, email="late@x.com"),
        contact("C", None, "Cora", 0, email="c@x.com", phone="+43c"),
        contact("D", None, "Dora", 0, phone="+43c"),
        contact("E", anna, "Test", 0, email="e@x.com"),
        contact("E", None, "Eva", 2, email="e@x.com"),
        contact("F", None, "-", 2, email="f@x.com"),
    ]
    facts = personal_facts(frame_of_rows(spark, CUSTOMERS.schema, rows), T0 + timedelta(days=5))
    got = {r.node_id: (r.fact, r.is_of_several) for r in facts.collect()}
    assert got == {
        node_id("crm_contact_id", "A"): ("19540803anna", False),
        node_id("email", "a@x.com"): (None, False),  # two birth dates, a slip apart
        node_id("phone", "+431"): (None, True),
        node_id("crm_contact_id", "B"): ("19820417bernd", False),
        node_id("email", "b@x.com"): ("19820417bernd", False),
        node_id("crm_contact_id", "C"): ("00000000cora", False),
        node_id("email", "c@x.com"): ("00000000cora", False),
        node_id("phone", "+43c"): (None, False),  # names alone share nothing out
        node_id("crm_contact_id", "D"): ("00000000dora", False),
        node_id("crm_contact_id", "E"): ("19540803", False),  # a record with a birth date before a newer one without
        node_id("email", "e@x.com"): ("19540803", False),
    }


def test_different_people_are_never_in_one_part() -> None:
    edges = [Edge(1, 10, 30, 0, 1, 2, "19540803anna"), Edge(2, 20, 30, 0, 1, 2, "19820417bernd")]
    parts, held = parts_and_marked(edges, Rules({}))
    assert (parts, held) == ({10: 10, 30: 10, 20: 20}, {2: "different_people"})
    by_hand = [Edge(3, 10, 20, 0, 0, 0, "19540803anna", "19820417bernd"), *edges]
    assert parts_and_marked(by_hand, Rules({})) == ({10: 10, 30: 10, 20: 10}, {})


def test_names_hold_apart_what_a_number_joins_but_not_what_a_login_joins() -> None:
    account, contact, number = 0, 1, 2
    edges = [
        Edge(1, 10, 30, account, number, 2, "00000000anna"),
        Edge(2, 20, 30, contact, number, 2, "00000000bernd"),
    ]
    rules = Rules({}, shareable=frozenset({number}))
    assert parts_and_marked(edges, rules) == ({10: 10, 30: 10, 20: 20}, {2: "different_people"})
    by_login = [Edge(3, 10, 20, account, contact, 2, "00000000anna", "00000000bernd"), *edges]
    assert parts_and_marked(by_login, rules) == ({10: 10, 30: 10, 20: 10}, {})
