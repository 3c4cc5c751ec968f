"""Identity end to end: one run over a world of scenes that have no identifier in common."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from pyspark.sql import functions as F

from cdp_spark.contracts.identity import HELD_LINKS, LINKS, MEMBERSHIPS, NODES
from cdp_spark.errors import ContractError
from cdp_spark.identity import evidence
from cdp_spark.identity.graph import graph_of, solution_of
from cdp_spark.runtime.run import Counts
from tests.identity.world import T0, Row, Warehouse, a_record, identifier_frame

STORY = [
    a_record("tue", T0, anonymous_id="cookie"),
    a_record("thu", T0 + timedelta(hours=2), anonymous_id="cookie", email="anna@example.com"),
    a_record("crm", T0, "crm", crm_contact_id="C1", loyalty_id="L1", email="anna@example.com"),
    a_record("sat", T0 + timedelta(hours=9), "pos", loyalty_id="L1"),
]
KIOSK = [a_record(f"k{i}", anonymous_id="kiosk", user_id=f"ku{i}") for i in range(500)]
HOUSEHOLD = [
    a_record("t1", anonymous_id="tablet", user_id="mum", email="mum@example.com"),
    a_record("t2", anonymous_id="tablet", user_id="dad", email="dad@example.com"),
    a_record("t3", anonymous_id=["tablet", "mum-phone"], email="mum@example.com"),
    a_record("t4", anonymous_id=["tablet", "dad-phone"], email="dad@example.com"),
    a_record("t5", anonymous_id="tablet"),
]
CONTACTS = [a_record(f"a{i}", crm_contact_id=f"A{i}", email="ana@example.com") for i in range(3)]
PLACEHOLDER = [a_record(f"n{i}", crm_contact_id=f"N{i}", email="none@example.com") for i in range(60)]
FAMILY_ADDRESS = [a_record(f"f{i}", user_id=f"fu{i}", email="family@example.com") for i in range(4)]
TWO_LOGINS = [a_record(f"l{i}", user_id="lu1", email="two@example.com") for i in range(3)]
TWO_LOGINS += [a_record("l3", user_id="lu2", email="two@example.com")]
CROWD = [
    a_record("bulk", email=[f"e{i}@example.com" for i in range(999)], user_id="bu"),
    a_record("bulk2", email="e0@example.com", user_id="bu"),
]
COOKIES = [a_record("import", anonymous_id=[f"old{i}" for i in range(999)], user_id="cu")]
HOSTILE_VALUES = (
    "'; DROP TABLE x; --",
    "a\x1fb",
    "\x00",
    "line\nbreak",
    "ünï",
    "${jndi}",
    "%s",
    "\\",
    "0x0",
    "--",
    "nullable",
)
HOSTILE = [a_record(f"h{i}", user_id=v, email=f"h{i}@example.com") for i, v in enumerate(HOSTILE_VALUES)]
BLOCKED_VALUES = ("x" * 2000, "null", " ", "0000", "0000", "0000")
BLOCKED = [a_record(f"b{i}", user_id=v, email=f"b{i}@example.com") for i, v in enumerate(BLOCKED_VALUES)]
TWICE = [a_record("twice", email=["twice@example.com", "twice@example.com"])]
UNKNOWN = [a_record("odd", user_id="ou", fax="1")]
WORLD = [*STORY, *KIOSK, *HOUSEHOLD, *CONTACTS, *PLACEHOLDER, *FAMILY_ADDRESS, *TWO_LOGINS, *CROWD, *COOKIES, *HOSTILE,
         *BLOCKED, *TWICE, *UNKNOWN]  # fmt: skip


@pytest.fixture(scope="module")
def first_run(shared_warehouse: Warehouse) -> Counts:
    """The counts of a run over the world."""
    shared_warehouse.add(WORLD)
    return shared_warehouse.run()


@pytest.fixture
def world(shared_warehouse: Warehouse, first_run: Counts) -> Warehouse:
    """The warehouse after it."""
    assert first_run.rows_in
    return shared_warehouse


def _links(world: Warehouse, *records: list[Row]) -> tuple[Counter[int], Counter[str]]:
    """How many links of each tier are eligible, and how many are held for each reason, at the records' identifiers."""
    values = {(row[1], row[2]) for record in records for row in record}
    ids = {r["node_id"] for r in world.rows(NODES) if (r["namespace"], r["value"]) in values}
    kept = Counter(int(str(r["tier"])) for r in world.rows(LINKS) if {r["src"], r["dst"]} & ids)
    held = Counter(str(r["reason"]) for r in world.rows(HELD_LINKS) if {r["src"], r["dst"]} & ids)
    return kept, held


def test_cookie_email_and_loyalty_card_become_one_person(world: Warehouse) -> None:
    assert world.person("anonymous_id", "cookie") == {
        ("anonymous_id", "cookie"), ("email", "anna@example.com"), ("crm_contact_id", "C1"), ("loyalty_id", "L1"),
    }  # fmt: skip
    # crm_contact_id ranks first, so both others of the CRM record hang on it.
    assert _links(world, *STORY) == (Counter({2: 2, 3: 1}), Counter())


def test_a_kiosk_merges_nobody(world: Warehouse) -> None:
    persons = world.persons()
    assert len({persons["user_id", f"ku{i}"] for i in range(500)}) == 500
    assert ("anonymous_id", "kiosk") not in persons
    assert world.status()["anonymous_id", "kiosk"] == ("generic", "user_id")
    assert _links(world, *KIOSK) == (Counter(), Counter(generic_identifier=500))


def test_a_household_tablet_merges_nobody_and_parts_nobody(world: Warehouse) -> None:
    assert world.person("user_id", "mum") == {
        ("user_id", "mum"),
        ("email", "mum@example.com"),
        ("anonymous_id", "mum-phone"),
    }
    assert world.person("user_id", "dad") == {
        ("user_id", "dad"),
        ("email", "dad@example.com"),
        ("anonymous_id", "dad-phone"),
    }
    assert world.status()["anonymous_id", "tablet"] == ("shared", "user_id")
    assert _links(world, *HOUSEHOLD) == (Counter({1: 2, 3: 2}), Counter(shared_identifier=4))


def test_a_few_contacts_with_one_address_are_one_person_and_many_are_nobody(world: Warehouse) -> None:
    assert len(world.person("email", "ana@example.com")) == 4
    assert world.status()["email", "none@example.com"] == ("generic", "crm_contact_id")
    assert len({p for (_, value), p in world.persons().items() if value.startswith("N")}) == 60


def test_an_address_used_by_too_many_persons_is_shared(world: Warehouse) -> None:
    assert world.status()["email", "family@example.com"] == ("shared", "user_id")
    assert len({world.persons()["user_id", f"fu{i}"] for i in range(4)}) == 4


def test_two_logins_stay_two_persons_and_the_better_evidence_has_the_address(
    world: Warehouse, first_run: Counts
) -> None:
    assert world.person("user_id", "lu1") == {("user_id", "lu1"), ("email", "two@example.com")}
    assert world.person("user_id", "lu2") == {("user_id", "lu2")}
    assert _links(world, *TWO_LOGINS) == (Counter({1: 2}), Counter(namespace_limit=1))
    assert first_run.details["split_components"] == 1
    held = next(r for r in world.rows(HELD_LINKS) if r["reason"] == "namespace_limit")
    inside = [r for r in world.rows(MEMBERSHIPS) if r["raw_component"] == held["raw_component"]]
    assert (len(inside), len({r["person_id"] for r in inside})) == (3, 2)


def test_a_record_with_a_thousand_addresses_is_no_evidence(world: Warehouse) -> None:
    # A star of 999 links, one of which another record shows.
    assert _links(world, *CROWD) == (Counter({1: 1}), Counter(crowded_record=998))
    assert world.person("user_id", "bu") == {("user_id", "bu"), ("email", "e0@example.com")}
    assert len({world.persons()["email", f"e{i}@example.com"] for i in range(999)}) == 999


def test_a_record_with_a_thousand_cookies_makes_a_star(world: Warehouse) -> None:
    assert _links(world, *COOKIES) == (Counter({3: 999}), Counter())
    assert len(world.person("user_id", "cu")) == 1000


def test_hostile_values_are_values_like_others(world: Warehouse) -> None:
    for i, value in enumerate(HOSTILE_VALUES[:-2]):
        assert world.person("user_id", value) == {("user_id", value), ("email", f"h{i}@example.com")}


def test_placeholders_link_nobody(world: Warehouse, first_run: Counts) -> None:
    persons = world.persons()
    assert len({persons["email", f"b{i}@example.com"] for i in range(len(BLOCKED))}) == len(BLOCKED)
    assert not {p for (_, value), p in persons.items() if value in BLOCKED_VALUES}
    assert world.status()["user_id", "0000"] == ("blocked", "placeholder")
    assert first_run.details["blocked"] == 4 + 1  # and "--" among the hostile ones


def test_counts_say_what_is_there(world: Warehouse, first_run: Counts) -> None:
    rows = sum(len(record) for record in WORLD)
    assert (first_run.rows_in, first_run.kept) == (rows, rows)
    assert first_run.details["unknown_namespace"] == 1
    assert first_run.details["persons"] == first_run.details["new_persons"] == len(world.partition())
    assert first_run.details["active"] == len(world.persons())
    assert first_run.details["links"] == len(world.rows(LINKS))
    assert world.person("user_id", "ou") == {("user_id", "ou"), ("fax", "1")}
    assert world.person("email", "twice@example.com") == {("email", "twice@example.com")}


def test_a_second_run_and_the_other_engine_change_nothing(world: Warehouse) -> None:
    before = world.versions()
    assert world.run(world.as_of).changed == 0
    config = world.config
    world.with_identity(components={"engine": "graphframes"})
    assert world.run().changed == 0
    world.config = config
    assert world.versions() == before
    assert None not in before.values()


def test_row_order_changes_nothing(warehouse: Warehouse, dice: Callable[[int], random.Random]) -> None:
    random_ = dice(5)
    rows = [row for record in _random_world(random_, 80) for row in record]
    outcomes = []
    for _ in range(3):
        random_.shuffle(rows)
        seen = identifier_frame(warehouse.spark, [rows]).repartition(random_.randrange(1, 4))
        solution = solution_of(graph_of(seen, warehouse.config.identity, warehouse.as_of), warehouse.config.identity)
        outcomes.append(({tuple(r) for r in solution.members.collect()}, {tuple(r) for r in solution.held.collect()}))
        assert solution.n_split
    assert outcomes[0] == outcomes[1] == outcomes[2]


def test_evidence_counts_from_its_time_and_within_the_window(warehouse: Warehouse) -> None:
    warehouse.with_identity(window="10d")
    late = T0 + timedelta(days=5)
    records = [a_record("r1", T0, anonymous_id="c"), a_record("r2", late, anonymous_id="c", user_id="u")]
    seen = identifier_frame(warehouse.spark, records)

    def nodes_and_links(as_of: datetime) -> tuple[int, int]:
        counts = graph_of(seen, warehouse.config.identity, as_of).counts
        return counts["nodes"], counts["links"]

    assert nodes_and_links(late - timedelta(microseconds=1)) == (1, 0)
    assert nodes_and_links(late) == (2, 1)
    assert nodes_and_links(late + timedelta(days=10) - timedelta(microseconds=1)) == (2, 1)
    assert nodes_and_links(late + timedelta(days=10)) == (2, 0)


def test_colliding_ids_stop_the_run(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "node_ids", lambda namespace, value: F.length(value).cast("bigint"))
    warehouse.add([a_record("r", user_id="u1", email="u2")])
    with pytest.raises(ContractError, match="collide"):
        warehouse.run()
    assert set(warehouse.versions().values()) == {None}


def _random_world(random_: random.Random, records: int) -> list[list[Row]]:
    """Records over few enough identifiers that persons, violations and shared devices come about."""
    shares = (("user_id", 0.4, 15), ("email", 0.4, 20), ("loyalty_id", 0.2, 20))
    world = []
    for i in range(records):
        identifiers = {"anonymous_id": f"c{random_.randrange(30)}"}
        identifiers |= {n: f"{n}{random_.randrange(values)}" for n, share, values in shares if random_.random() < share}
        world.append(a_record(f"w{i}", T0 + timedelta(minutes=random_.randrange(600)), **identifiers))
    return world
