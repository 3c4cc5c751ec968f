"""Which record each group of fields is taken from: one case a rule, then random records against a plain oracle."""

import random
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from pyspark.sql import Row, SparkSession

from cdp_spark.config.profiles import FIELD_TYPES, FieldRule, ProfilesConfig
from tests.profiles.facts import Facts, day, golden, golden_rows, rules

ANA = {"user_id": "ana"}
ADDRESS = ["street", "city", "postcode", "country"]


@pytest.fixture
def facts() -> Facts:
    """Ana has a login and two addresses, and nothing is said about her yet."""
    made = Facts()
    made.owns("ana", user_id="ana", email="ana@new.com", phone="+431")
    made.owns("ana", email="ana@old.com")
    return made


def origin(row: Row, field: str) -> tuple[Any, ...]:
    """Record, rule and number of candidates of a field."""
    found = row["provenance"][field]
    return found["record_id"], found["rule"], found["candidates"]


def test_the_newest_version_of_a_record_replaces_the_older(spark: SparkSession, facts: Facts) -> None:
    facts.customer("r1", "c1", day(1), ANA, first_name="Anne", city="Graz")
    facts.customer("r2", "c1", day(2), ANA, first_name="Ana")
    row = golden(spark, facts)["ana"]
    assert (row["first_name"], row["city"]) == ("Ana", None)
    assert origin(row, "first_name") == ("r2", "uncontested", 1)


def test_an_old_record_that_arrives_late_does_not_win(spark: SparkSession, facts: Facts) -> None:
    facts.customer("r2", "c1", day(9), ANA, first_name="Ana")
    facts.customer("r1", "c1", day(1), ANA, first_name="Anne")
    facts.customer("r0", "k7", day(3), ANA, source="shop", first_name="A.")
    row = golden(spark, facts)["ana"]
    assert row["first_name"] == "Ana"
    assert origin(row, "first_name") == ("r2", "most_recent", 2)


def test_versions_after_the_run_s_time_are_not_there_yet(spark: SparkSession, facts: Facts) -> None:
    facts.customer("r1", "c1", day(1), ANA, first_name="Anne")
    facts.customer("r2", "c1", day(5), ANA, first_name="Ana")
    assert golden(spark, facts, as_of=day(4))["ana"]["first_name"] == "Anne"
    assert golden(spark, facts, as_of=day(5))["ana"]["first_name"] == "Ana"


def test_a_deleted_record_says_nothing_and_a_revived_one_does(spark: SparkSession, facts: Facts) -> None:
    facts.customer("r1", "c1", day(1), ANA, first_name="Anne", last_name="A")
    facts.customer("r2", "c1", day(2), ANA, is_deleted=True)
    assert golden(spark, facts)["ana"]["first_name"] is None
    facts.customer("r3", "c1", day(3), ANA, is_deleted=False, first_name="Ana")
    assert golden(spark, facts)["ana"]["first_name"] == "Ana"


def test_a_value_without_a_time_of_its_own_loses_to_any_timed_one(spark: SparkSession, facts: Facts) -> None:
    facts.customer("r1", "c1", day(1), ANA, city="Wien")
    facts.customer("r2", "k1", day(9), ANA, source="pos", city="Linz", time_quality="landed")
    assert golden(spark, facts)["ana"]["city"] == "Wien"


def test_one_address_is_never_mixed_from_two_records(spark: SparkSession, facts: Facts) -> None:
    facts.customer("r1", "c1", day(1), ANA, street="Ring 1", city="Wien", postcode="1010", country="AT")
    facts.customer("r2", "k1", day(2), ANA, source="shop", street="Weg 2", city="Graz", country="  ")
    row = golden(spark, facts)["ana"]
    assert [row[f] for f in ADDRESS] == ["Weg 2", "Graz", None, None]
    assert set(row["provenance"]) == {"street", "city", "email", "phone"}
    assert {origin(row, f) for f in ("street", "city")} == {("r2", "most_recent", 2)}


def test_a_listed_source_goes_first_and_unlisted_ones_last(spark: SparkSession, facts: Facts) -> None:
    facts.customer("r1", "k1", day(9), ANA, source="web", last_name="Web")
    facts.customer("r2", "k1", day(1), ANA, source="crm", last_name="Crm")
    facts.customer("r3", "k1", day(5), ANA, source="shop", last_name="Shop")
    config = rules({"fields": ["last_name"], "rules": ["source_priority"], "sources": ["erp", "shop", "crm"]})
    row = golden(spark, facts, config)["ana"]
    assert (row["last_name"], origin(row, "last_name")) == ("Shop", ("r3", "source_priority", 3))


def test_the_most_frequent_value_counts_records_not_copies(spark: SparkSession, facts: Facts) -> None:
    for n in range(4):
        facts.customer(f"r{n}", "c1", day(n), ANA, gender="x")  # four versions of one record
    facts.customer("s1", "k1", day(0), ANA, source="shop", gender="f")
    facts.customer("s2", "k2", day(1), ANA, source="shop", gender="f")
    row = golden(spark, facts, rules({"fields": ["gender"], "rules": ["most_frequent"]}))["ana"]
    assert (row["gender"], origin(row, "gender")) == ("f", ("s2", "most_frequent", 3))


def test_a_verified_address_goes_before_a_newer_one(spark: SparkSession, facts: Facts) -> None:
    facts.customer("r1", "c1", day(1), ANA, email="ana@old.com", email_verified=True)
    facts.customer("r2", "k1", day(9), ANA, source="shop", email="ana@new.com")
    row = golden(spark, facts)["ana"]
    assert (row["email"], origin(row, "email")) == ("ana@old.com", ("r1", "verified_first", 2))


def test_the_longest_value_is_measured_without_its_edges(spark: SparkSession, facts: Facts) -> None:
    facts.customer("r1", "c1", day(1), ANA, first_name="Anna-Maria")
    facts.customer("r2", "k1", day(9), ANA, source="shop", first_name="  A.         ")
    row = golden(spark, facts, rules({"fields": ["first_name"], "rules": ["longest"]}))["ana"]
    assert row["first_name"] == "Anna-Maria"


def test_rules_are_applied_in_order_and_the_one_that_decides_is_named(spark: SparkSession, facts: Facts) -> None:
    facts.customer("r1", "k1", day(1), ANA, source="shop", city="Wien")
    facts.customer("r2", "k2", day(3), ANA, source="shop", city="Graz")
    facts.customer("r3", "c1", day(9), ANA, source="crm", city="Linz")
    group = {"fields": ["city"], "rules": ["source_priority", "most_recent"], "sources": ["shop"]}
    row = golden(spark, facts, rules(group))["ana"]
    assert (row["city"], origin(row, "city")) == ("Graz", ("r2", "most_recent", 3))


def test_what_no_rule_tells_apart_is_settled_by_time_then_by_name(spark: SparkSession, facts: Facts) -> None:
    facts.customer("r2", "k1", day(3), ANA, source="shop", city="Wien")
    facts.customer("r1", "k2", day(3), ANA, source="shop", city="Graz")
    facts.customer("r0", "k3", day(2), ANA, source="shop", city="Linz")
    row = golden(spark, facts, rules({"fields": ["city"], "rules": ["source_priority"], "sources": ["shop"]}))["ana"]
    assert (row["city"], origin(row, "city")) == ("Graz", ("r1", "tie", 3))


def test_an_address_that_is_not_the_person_s_contact_point_is_not_shown(spark: SparkSession, facts: Facts) -> None:
    facts.owns("nobody", status="generic", email="info@x.com")
    facts.owns("bob", email="bob@x.com")
    facts.customer("r1", "c1", day(1), ANA, email="ana@old.com", phone="+431")
    facts.customer("r2", "k1", day(9), ANA, source="shop", email="info@x.com", phone="+0")
    facts.customer("r3", "k2", day(9), ANA, source="shop", email="bob@x.com")
    row = golden(spark, facts)["ana"]
    assert (row["email"], row["phone"]) == ("ana@old.com", "+431")


def test_persons_without_a_record_show_what_identifies_them(spark: SparkSession) -> None:
    facts = Facts()
    facts.owns("ana", email="old@x.com", anonymous_id="c1", seen=day(1))
    facts.owns("ana", email="new@x.com", seen=day(2))
    facts.owns("bob", anonymous_id="c2", phone="+432", seen=day(3))
    facts.seen("web", day(1), email="old@x.com", anonymous_id="c1")
    facts.seen("app", day(2), email="new@x.com")
    facts.seen("shop", day(2), email="new@x.com")
    facts.seen("pos", day(200), email="new@x.com")
    rows = golden(spark, facts)
    ana, bob = rows["ana"], rows["bob"]
    assert (ana["email"], ana["is_anonymous"], ana["n_identifiers"]) == ("new@x.com", False, 3)
    assert ana["sources"] == ["app", "shop", "web"]
    assert (ana["provenance"]["email"]["source"], *origin(ana, "email")) == ("app", None, "identifier", 2)
    assert (bob["phone"], bob["email"], bob["is_anonymous"], bob["sources"]) == ("+432", None, True, [])


def test_a_record_of_nobody_makes_no_profile(spark: SparkSession, facts: Facts) -> None:
    facts.customer("r1", "c1", day(1), {"user_id": "stranger"}, first_name="Zoe")
    facts.customer("r2", "c2", day(1), {}, first_name="Yan")
    assert [r["first_name"] for r in golden(spark, facts).values()] == [None]


def test_a_merge_taken_back_restores_both_persons(spark: SparkSession, facts: Facts) -> None:
    facts.owns("bob", user_id="bob")
    facts.customer("r1", "c1", day(1), ANA, first_name="Ana", city="Wien")
    facts.customer("r2", "c2", day(2), {"user_id": "bob"}, first_name="Bob", city="Graz")
    before = golden(spark, facts)
    facts.owners["user_id", "bob"] = "ana"
    assert {p: r["city"] for p, r in golden(spark, facts).items()} == {"ana": "Graz"}
    facts.owners["user_id", "bob"] = "bob"
    assert golden(spark, facts) == before


GROUPS = rules(
    {"fields": ["email"], "rules": ["verified_first", "most_recent"]},
    {"fields": ["first_name", "last_name"], "rules": ["source_priority", "longest"], "sources": ["shop", "crm"]},
    {"fields": ADDRESS, "rules": ["most_frequent", "most_recent"]},
    {"fields": ["gender"], "rules": ["most_frequent"]},
    {"fields": ["birth_date"], "rules": ["source_priority"], "sources": ["pos"]},
    {"fields": ["company"], "rules": ["longest", "most_frequent"]},
)


def test_random_records_in_any_order_agree_with_a_plain_reading(spark: SparkSession) -> None:
    seed = 20260302
    print(f"seed {seed}")
    dice = random.Random(seed)
    facts = random_facts(dice, n_persons=120)
    rows = golden_rows(facts.frames(spark), GROUPS, day(6))
    for row in rows:
        assert plain(row) == by_the_rules(facts, row["person_id"], GROUPS, day(6)), row["person_id"]
    decided = Counter(o["rule"] for row in rows for o in row["provenance"].values())
    assert set(decided) >= {"most_recent", "source_priority", "most_frequent", "verified_first", "longest", "tie",
                            "uncontested", "identifier"}  # fmt: skip
    dice.shuffle(facts.customers)
    dice.shuffle(facts.identifiers)
    shuffled = {name: frame.repartition(3) for name, frame in facts.frames(spark).items()}
    assert [repr(r) for r in golden_rows(shuffled, GROUPS, day(6))] == [repr(r) for r in rows]


def random_facts(dice: random.Random, n_persons: int) -> Facts:
    """Persons with up to six records of up to three versions, few values and few days, so that all collides."""
    facts = Facts()
    for n in range(n_persons):
        facts.owns(f"p{n}", user_id=f"u{n}", email=f"a{n}@x.com", phone=f"+43{n}")
        facts.owns(f"p{n}", email=f"b{n}@x.com", seen=day(dice.randint(0, 1)))
        facts.seen(dice.choice(["web", "app"]), day(dice.randint(0, 3)), email=f"a{n}@x.com")
        for key in range(dice.randint(0, 6)):
            source = dice.choice(["crm", "shop", "pos"])
            for version, at in enumerate(sorted(dice.sample(range(9), dice.randint(1, 3)))):
                values = random_values(dice, n)
                facts.customer(f"r{n}-{key}-{version}", f"{n}-{key}", day(at), {"user_id": f"u{n}"}, source, **values)
    dice.shuffle(facts.customers)
    return facts


def random_values(dice: random.Random, n: int) -> dict[str, Any]:
    """Some fields of a record."""
    choices: dict[str, list[Any]] = {
        "email": [f"a{n}@x.com", f"b{n}@x.com", "strange@x.com"],
        "phone": [f"+43{n}"],
        "first_name": ["Al", "Bea", "Carla", ""],
        "last_name": ["A", "Bb", " "],
        "street": ["Weg 1", "Weg 2"],
        "city": ["Wien", "Graz"],
        "postcode": ["1010"],
        "gender": ["f", "m", "x"],
        "company": ["Acme", "Acme Ltd", "Aida"],
        "language": ["de", "en"],
        "birth_date": [day(-9000).date(), day(-8000).date()],
    }
    found = {name: dice.choice(values) for name, values in choices.items() if dice.random() < 0.6}
    timed = dice.choice(["timed", "timed", "landed", None])
    flags = {"email_verified": dice.choice([True, False, None]), "is_deleted": dice.choice([None, False, False, True])}
    return {**found, **flags, "time_quality": timed}


def plain(row: Row) -> dict[str, tuple[Any, ...]]:
    """Field → value, source, record, rule and number of candidates."""
    found = {f: (row[f], o["source"], *origin(row, f)) for f, o in row["provenance"].items()}
    assert all(row[f] is None for f in FIELD_TYPES if f not in found)
    return found


@dataclass
class Candidate:
    """A record with a value for a group of fields."""

    record: dict[str, Any]
    value: tuple[Any, ...]


def by_the_rules(facts: Facts, person: str, config: ProfilesConfig, as_of: datetime) -> dict[str, tuple[Any, ...]]:
    """The same choice, made by narrowing the candidates down rule by rule, without Spark."""
    held = {n: [v for (ns, v), p in facts.owners.items() if ns == n and p == person] for n in ("email", "phone")}
    mine = [c for c in facts.customers if facts.owners.get(key(c)) == person and c["valid_from"] <= as_of]
    newest = {(c["source"], c["source_key"]): c for c in sorted(mine, key=lambda c: c["valid_from"])}
    live = [c for c in newest.values() if not c["is_deleted"]]
    found: dict[str, tuple[Any, ...]] = {}
    for group in config.groups:
        offers = [Candidate(c, tuple(offered(c, f, held) for f in group.fields)) for c in live]
        offers = [o for o in offers if any(v is not None for v in o.value)]
        if offers:
            best, rule = narrowed(offers, group)
            chosen = zip(group.fields, best.value, strict=True)
            origin_ = (best.record["source"], best.record["record_id"], rule, len(offers))
            found |= {f: (v, *origin_) for f, v in chosen if v is not None}
    for f, values in held.items():
        if f not in found:
            last = min(values, key=lambda v: (-facts.nodes[f, v]["last_seen"].timestamp(), v))
            sights = sorted((-i["seen_at"].timestamp(), i["source"]) for i in facts.identifiers if i["value"] == last)
            found[f] = (last, sights[0][1] if sights else None, None, "identifier", len(values))
    return found


def key(customer: dict[str, Any]) -> tuple[str, str]:
    """The first identifier on a record."""
    return customer["identifiers"][0]["namespace"], customer["identifiers"][0]["value"]


def offered(customer: dict[str, Any], field: str, held: dict[str, list[str]]) -> Any:
    """A record's value for a field, None where it says nothing."""
    value = customer.get(field)
    if field in held and value not in held[field]:
        return None
    return None if isinstance(value, str) and not value.strip() else value


def narrowed(offers: list[Candidate], group: FieldRule) -> tuple[Candidate, str]:
    """The candidate that wins and the rule that decided."""

    def recency(o: Candidate) -> tuple[bool, float]:
        return o.record["time_quality"] != "timed", -o.record["valid_from"].timestamp()

    orders: dict[str, Any] = {
        "most_recent": recency,
        "source_priority": lambda o: [*group.sources, o.record["source"]].index(o.record["source"]),
        "most_frequent": lambda o: -sum(other.value == o.value for other in offers),
        "verified_first": lambda o: not o.record["email_verified"],
        "longest": lambda o: -sum(len(v.strip()) for v in o.value if v),
    }
    left, decided = offers, "uncontested" if len({o.value for o in offers}) == 1 else None
    for rule in group.rules:
        best = min(orders[rule](o) for o in left)
        left = [o for o in left if orders[rule](o) == best]
        decided = decided or (rule if len({o.value for o in left}) == 1 else None)
    winner = min(left, key=lambda o: (recency(o), o.record["record_id"]))
    return winner, decided or "tie"
