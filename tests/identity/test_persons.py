"""Person ids over time: kept, merged, split, retired, never given twice."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from cdp_spark.contracts.identity import (
    IDENTITY_LOG,
    MEMBERSHIPS,
    PERSONS,
)
from tests.identity.world import T0, Row, Warehouse, a_record

# Scenes that have no identifier in common, each with its own prefix, in three runs.
FIRST = [
    a_record("m1", anonymous_id="m-cookie"),
    a_record("o1", loyalty_id="o-l1"),
    a_record("s1", anonymous_id="s-tablet", user_id="s-u1"),
    a_record("s2", anonymous_id="s-tablet", social_handle="s-handle"),
    a_record("b1", user_id="b-u1"),
    a_record("b2", social_handle="b-handle"),
    a_record("r1", anonymous_id="r-cookie"),
    a_record("a1", email="a-hub", crm_contact_id="a-x1"),
    a_record("a2", crm_contact_id=["a-x1", "a-x2"]),
]
SECOND = [
    a_record("m2", user_id="m-u1"),
    a_record("o2", loyalty_id="o-l2"),
    a_record("s3", anonymous_id="s-tablet", user_id="s-u2"),
    a_record("b3", anonymous_id="b-cookie", user_id="b-u1"),
    a_record("b4", anonymous_id="b-cookie", social_handle="b-handle"),
    a_record("r2", anonymous_id="r-cookie", user_id="r-u1"),
    a_record("r3", anonymous_id="r-cookie", user_id="r-u2"),
    *[a_record(f"a3{i}", email="a-hub", user_id=f"a-u{i}") for i in range(4)],
]
THIRD = [
    a_record("m3", anonymous_id="m-cookie", user_id="m-u1"),
    a_record("w1", anonymous_id="w-cookie", user_id="w-u1"),
    a_record("o3", loyalty_id=["o-l1", "o-l2"]),
    a_record("b5", anonymous_id="b-cookie", user_id="b-u2"),
]
# Comes when the third run is done, and is taken in by a run at the same time.
STRAGGLER = [a_record("w2", anonymous_id="w-cookie", user_id="w-u2")]


@dataclass
class History:
    """A warehouse after three runs, and who was who after each."""

    warehouse: Warehouse
    persons: list[dict[tuple[str, str], str]] = field(default_factory=list)
    redirects: list[dict[str, str | None]] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)

    def states(self) -> dict[str, str]:
        """Person id → status."""
        return self.warehouse.person_states()


@pytest.fixture(scope="module")
def history(shared_warehouse: Warehouse) -> History:
    """A run over nothing, then three over the scenes."""
    history = History(shared_warehouse)
    shared_warehouse.add([[]])
    empty = shared_warehouse.run()
    assert (empty.rows_in, empty.changed) == (0, 0)
    assert None not in shared_warehouse.versions().values()
    for records in (FIRST, SECOND, THIRD):
        shared_warehouse.add(records)
        shared_warehouse.run()
        history.persons.append(shared_warehouse.persons())
        history.redirects.append(shared_warehouse.redirects())
        history.times.append(shared_warehouse.as_of.replace(tzinfo=None))
    return history


def test_a_merge_keeps_the_id_with_a_strong_identifier_and_redirects_the_other(history: History) -> None:
    cookie, login = history.persons[1]["anonymous_id", "m-cookie"], history.persons[1]["user_id", "m-u1"]
    assert history.persons[2]["anonymous_id", "m-cookie"] == history.persons[2]["user_id", "m-u1"] == login
    assert history.redirects[2][cookie] == login
    assert (history.states()[cookie], history.states()[login]) == ("merged", "active")
    entries = [e for e in history.warehouse.rows(IDENTITY_LOG) if e["person_id"] == cookie]
    assert [(e["operation"], e["other_person_id"], e["run_id"]) for e in entries] == [("merged", login, "r4")]


def test_of_two_equals_the_older_id_stays(history: History) -> None:
    older = history.persons[0]["loyalty_id", "o-l1"]
    assert history.persons[2]["loyalty_id", "o-l1"] == history.persons[2]["loyalty_id", "o-l2"] == older


def test_a_newly_shared_device_splits_a_person_and_its_history_says_so(history: History) -> None:
    before, after = history.persons[0], history.persons[1]
    one = before["user_id", "s-u1"]
    assert before["anonymous_id", "s-tablet"] == before["social_handle", "s-handle"] == one
    assert after["user_id", "s-u1"] == one
    assert ("anonymous_id", "s-tablet") not in after
    assert len({after["user_id", "s-u1"], after["user_id", "s-u2"], after["social_handle", "s-handle"]}) == 3
    origin = {p["person_id"]: p["split_from"] for p in history.warehouse.rows(PERSONS)}
    assert origin[after["social_handle", "s-handle"]] == one
    assert origin[one] is origin[after["user_id", "s-u2"]] is None
    rows = [r for r in history.warehouse.rows(MEMBERSHIPS) if r["person_id"] == one]
    ended = [(r["valid_from"], r["valid_to"]) for r in rows if not r["is_current"]]
    assert ended == [(history.times[0], history.times[1])] * 2  # the tablet and the handle
    assert len(rows) == 3


def test_a_redirect_follows_its_anchor_back_after_a_merge_is_undone(history: History) -> None:
    handle = history.persons[0]["social_handle", "b-handle"]
    survivor = history.persons[1]["user_id", "b-u1"]
    again = history.persons[2]["social_handle", "b-handle"]
    assert history.redirects[1][handle] == survivor
    assert again not in (handle, survivor)
    assert history.redirects[2][handle] == again


def test_a_person_whose_only_identifier_stops_identifying_is_retired(history: History) -> None:
    person = history.persons[0]["anonymous_id", "r-cookie"]
    assert history.states()[person] == "retired"
    assert history.redirects[2][person] is None
    assert person not in history.persons[2].values()


def test_an_anchor_that_is_lost_leaves_the_person_with_most_of_its_identifiers(history: History) -> None:
    assert history.warehouse.status()["email", "a-hub"] == ("shared", "user_id")
    one = history.persons[0]["email", "a-hub"]
    assert history.persons[2]["crm_contact_id", "a-x1"] == history.persons[2]["crm_contact_id", "a-x2"] == one


def test_a_run_at_the_same_time_rewrites_only_what_holds_from_then_on(history: History) -> None:
    warehouse = history.warehouse
    before = warehouse.person("user_id", "w-u1")
    warehouse.add(STRAGGLER)
    warehouse.run(warehouse.as_of)
    assert (before, warehouse.person("user_id", "w-u1")) == (
        {("user_id", "w-u1"), ("anonymous_id", "w-cookie")},
        {("user_id", "w-u1")},
    )
    _assert_history(warehouse.rows(MEMBERSHIPS))
    assert warehouse.run(warehouse.as_of).changed == 0


def test_ids_stay_over_random_batches_and_a_rebuild(warehouse: Warehouse, dice: Callable[[int], random.Random]) -> None:
    random_ = dice(21)
    past = _Past()
    for batch in range(5):
        warehouse.add(_batch(random_, batch))
        warehouse.run()
        past.check_and_add(warehouse)
        if batch == 0:
            _forget_persons(warehouse)
            warehouse.run()
            assert warehouse.persons() == past.persons
    assert {"merged", "split_from"} <= {e["operation"] for e in warehouse.rows(IDENTITY_LOG)}


@dataclass
class _Past:
    """What held after the last run, and every id there ever was."""

    persons: dict[tuple[str, str], str] = field(default_factory=dict)
    ever: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    log: set[tuple[object, object, object]] = field(default_factory=set)

    def check_and_add(self, warehouse: Warehouse) -> None:
        after, states, redirects = warehouse.persons(), warehouse.person_states(), warehouse.redirects()
        active = {p for p, s in states.items() if s == "active"}
        assert active == set(after.values())
        assert self.ever <= set(states)
        assert not active & self.ended
        assert set(redirects) == set(states) - active
        assert {t for t in redirects.values() if t} <= active
        anchors = {p["person_id"]: p["anchor_node"] for p in warehouse.rows(PERSONS)}
        assert len({anchors[p] for p in active}) == len(active)
        _assert_kept(self.persons, after, states)
        _assert_history(warehouse.rows(MEMBERSHIPS))
        log = {(e["log_id"], e["run_id"], e["at"]) for e in warehouse.rows(IDENTITY_LOG)}
        assert self.log <= log
        self.persons, self.ever, self.ended, self.log = after, set(states), set(states) - active, log


def _forget_persons(warehouse: Warehouse) -> None:
    for contract in (PERSONS, MEMBERSHIPS, IDENTITY_LOG):
        warehouse.tables.replace(contract, warehouse.spark.createDataFrame([], contract.schema))


def _assert_kept(before: dict[tuple[str, str], str], after: dict[tuple[str, str], str], states: dict[str, str]) -> None:
    """A person that is still active still holds at least one identifier it held before, or none of them is active."""
    for person in {p for p in before.values() if states[p] == "active"}:
        held = [i for i, p in before.items() if p == person]
        assert any(after.get(i) == person for i in held)


def _assert_history(rows: list[dict[str, object]]) -> None:
    by_node: dict[object, list[tuple[object, object]]] = {}
    for r in rows:
        by_node.setdefault(r["node_id"], []).append((r["valid_from"], r["valid_to"]))
    for spans in by_node.values():
        spans.sort(key=lambda s: str(s[0]))
        assert all(a[1] is not None and str(a[1]) <= str(b[0]) for a, b in pairwise(spans))
        assert all(s[1] is None or str(s[0]) < str(s[1]) for s in spans)


def _batch(random_: random.Random, batch: int) -> list[list[Row]]:
    records = []
    for i in range(40):
        identifiers = {"anonymous_id": f"c{random_.randrange(40)}"}
        for namespace, share, values in (("user_id", 0.25, 25), ("email", 0.3, 40), ("social_handle", 0.3, 40)):
            if random_.random() < share:
                identifiers[namespace] = f"{namespace}{random_.randrange(values)}"
        records.append(a_record(f"b{batch}-{i}", T0 + timedelta(minutes=batch), **identifiers))
    return records
