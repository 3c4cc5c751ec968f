"""Decisions through the whole stage: they outlive runs, late data and a rebuild from nothing."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from cdp_spark.contracts.identity import HELD_LINKS, IDENTITY, IDENTITY_LOG, REDIRECTS
from cdp_spark.errors import ContractError, UsageError
from cdp_spark.identity.decide import Desk
from cdp_spark.identity.decisions import Kind
from cdp_spark.identity.explain import explanation
from cdp_spark.runtime.published import Published
from cdp_spark.runtime.rows import frame_of_rows
from cdp_spark.runtime.tables import Tables
from cdp_spark.runtime.warehouse import Warehouse as Home
from tests.identity.world import T0, Warehouse, a_record

RECORDS = [
    a_record("r1", user_id="mother", email="family@x.com"),
    a_record("r2", email="family@x.com", loyalty_id="daughters-card"),
    a_record("r3", loyalty_id="daughters-card", phone="+432"),
]


def _published(world: Warehouse) -> Published:
    return Published(world.tables, {n: v for n, v in world.versions().items() if v is not None})


def _desk(world: Warehouse, minutes: int = 0) -> Desk:
    return world.desk(T0 + timedelta(days=400, minutes=minutes))  # later than every run: a decision holds at any as_of


def test_an_unmerge_holds_over_ten_runs_late_data_and_a_rebuild(  # noqa: PLR0915  # one story
    warehouse: Warehouse, tmp_path: Path
) -> None:
    warehouse.add(RECORDS)
    warehouse.run()
    assert len(warehouse.partition()) == 1
    before = explanation(_published(warehouse), "user_id:mother", "phone:+432")
    assert before.is_one_person
    assert len(before.path) == 3
    assert before.sides is not None

    taken = _desk(warehouse).pair(Kind.MUST_NOT_LINK, "user_id:mother", "loyalty_id:daughters-card", "two people")
    assert taken.is_new
    assert (
        not _desk(warehouse, 1).pair(Kind.MUST_NOT_LINK, "loyalty_id:daughters-card", "user_id:mother", "again").is_new
    )
    with pytest.raises(UsageError, match=taken.decision_id):
        _desk(warehouse, 2).pair(Kind.MUST_LINK, "user_id:mother", "loyalty_id:daughters-card", "no, one")

    for day in range(10):
        late = a_record(f"late{day}", T0 - timedelta(days=day), user_id="mother", loyalty_id="daughters-card")
        warehouse.add([late] if day % 3 == 0 else [])
        warehouse.run()
        persons = warehouse.persons()
        assert persons["user_id", "mother"] != persons["loyalty_id", "daughters-card"] == persons["phone", "+432"]
    ids = warehouse.persons()
    assert {r["reason"] for r in warehouse.rows(HELD_LINKS)} == {"must_not_link"}
    assert [r["operation"] for r in warehouse.rows(IDENTITY_LOG)] == ["split_from"]
    after = explanation(_published(warehouse), "user_id:mother", "phone:+432")
    assert not after.is_one_person
    assert [h.reason for h in after.path if h.reason] == ["must_not_link"]

    for contract in IDENTITY:  # nothing is left but the evidence and the decision
        shutil.rmtree(tmp_path / "warehouse" / contract.layer / contract.table)
    warehouse.tables = Tables(warehouse.spark, Home(str(tmp_path / "warehouse")))
    warehouse.run()
    rebuilt = warehouse.persons()
    assert {frozenset(k for k, p in rebuilt.items() if p == q) for q in rebuilt.values()} == {
        frozenset(k for k, p in ids.items() if p == q) for q in ids.values()
    }

    _desk(warehouse, 3).revoke(taken.decision_id)
    with pytest.raises(UsageError, match="no decision"):
        _desk(warehouse, 4).revoke(taken.decision_id)
    warehouse.run()
    assert len(warehouse.partition()) == 1


def test_unmerging_two_person_ids_leads_the_old_one_back(warehouse: Warehouse) -> None:
    warehouse.add([a_record("a", user_id="u1", email="a@x.com"), a_record("b", email="b@x.com", loyalty_id="L1")])
    warehouse.run()
    first = warehouse.persons()
    old = (first["user_id", "u1"], first["email", "b@x.com"])
    merged = _desk(warehouse).pair(Kind.MUST_LINK, *old, "same person")
    warehouse.run()
    assert len(warehouse.partition()) == 1
    gone, stays = sorted(old, key=lambda p: p in warehouse.persons().values())
    assert warehouse.redirects() == {gone: stays}
    _desk(warehouse, 1).revoke(merged.decision_id)
    _desk(warehouse, 2).pair(Kind.MUST_NOT_LINK, gone, stays, "were two after all")
    warehouse.add([a_record("c", email=["a@x.com", "b@x.com"])])
    warehouse.run()
    persons = warehouse.persons()
    assert persons["user_id", "u1"] != persons["loyalty_id", "L1"]
    assert stays in persons.values()
    anchors = dict(zip(old, (("user_id", "u1"), ("loyalty_id", "L1")), strict=True))
    assert warehouse.redirects()[gone] == persons[anchors[gone]]


def test_bad_references_are_refused_in_words(warehouse: Warehouse) -> None:
    warehouse.add(
        [
            a_record("a", user_id="u1", email="u1"),
            *[a_record(f"k{i}", user_id=f"k{i}", anonymous_id="kiosk") for i in range(60)],
        ]
    )
    warehouse.run()
    desk = _desk(warehouse)
    for one, other, said in (
        ("never", "user_id:u1", "never seen"),
        ("u1", "user_id:k1", "two identifiers"),
        ("user_id:u1", "user_id:u1", "same identifier"),
        ("user_id:u1", "anonymous_id:kiosk", "generic"),
    ):
        with pytest.raises(UsageError, match=said):
            desk.pair(Kind.MUST_LINK, one, other, "because")
    with pytest.raises(UsageError, match="reason"):
        desk.pair(Kind.MUST_LINK, "user_id:u1", "user_id:k1", "  ")
    for text in ("u1", "fax:1", "email:"):
        with pytest.raises(UsageError, match="namespace"):
            desk.value(Kind.BLOCK_VALUE, text, "because")


def test_planted_circles_of_redirects_stop_the_run(warehouse: Warehouse) -> None:
    warehouse.add([a_record("a", user_id="u1", email="a@x.com")])
    warehouse.run()
    rows = [("p_1", "p_2", "merged", T0), ("p_2", "p_1", "merged", T0)]
    warehouse.tables.append(REDIRECTS, frame_of_rows(warehouse.spark, REDIRECTS.schema, rows))
    before = warehouse.versions()
    with pytest.raises(ContractError, match="2 redirects to redirected ids"):
        warehouse.run()
    assert {n: v for n, v in warehouse.versions().items() if "persons" in n or "memberships" in n} == {
        n: v for n, v in before.items() if "persons" in n or "memberships" in n
    }
