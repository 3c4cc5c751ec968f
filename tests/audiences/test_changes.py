"""Audiences over several runs: who is in, since when, and what the log says."""

from datetime import timedelta
from typing import Any

import pytest
from pyspark.sql import SparkSession

from cdp_spark.config.traits import TraitsConfig
from cdp_spark.runtime.tables import Tables
from tests.audiences.world import T0, World

DAY = timedelta(days=1)
BOUGHT_LATELY = {"event": "Bought", "window": {"last": "7d"}}


@pytest.fixture
def world(spark: SparkSession, tables: Tables) -> World:
    """Ana bought yesterday, Bob never did; nobody knows who Cleo is, and she bought."""
    made = World(spark, tables)
    made.person("ana")
    made.person("bob")
    made.person("cleo", is_anonymous=True)
    made.did("ana", "Bought", T0)
    made.did("cleo", "Bought", T0)
    made.audience("buyers", BOUGHT_LATELY)
    return made


def _replayed(world: World) -> dict[tuple[str, str], Any]:
    there: dict[tuple[str, str], Any] = {}
    for row in world.log():
        key = (row["audience"], row["person_id"])
        if row["change"] == "entered":
            assert key not in there, f"{key} enters twice"
            there[key] = row["changed_at"]
        else:
            assert key in there, f"{key} exits without having entered"
            del there[key]
    return there


def _assert_replay_gives_members(world: World) -> None:
    assert _replayed(world) == {key: row["entered_at"] for key, row in world.members().items()}


def test_the_first_run_says_who_why_and_since_when(world: World) -> None:
    world.run()
    row = world.members()["buyers", "ana"]
    leaf = 'event "bought" last 7d count gte 1'
    assert world.who("buyers") == {"ana"}
    assert row["entered_at"] == world.as_of
    assert row["evidence"] == {leaf: "1", "known person": "true"}
    entry = world.log_of_last_run()["buyers", "ana"]
    assert (entry["change"], entry["reason"]) == ("entered", "audience_added")
    assert entry["leaves"] == [leaf, "known person"]


def test_anonymous_persons_are_let_in_where_the_audience_says_so(world: World) -> None:
    world.audience("buyers", BOUGHT_LATELY, include_anonymous=True)
    world.run()
    assert world.who("buyers") == {"ana", "cleo"}


def test_time_alone_lets_a_member_out_and_entering_again_starts_anew(world: World) -> None:
    world.run()
    first = world.members()["buyers", "ana"]["entered_at"]
    world.run(as_of=T0 + 7 * DAY - timedelta(microseconds=1))
    assert world.members()["buyers", "ana"]["entered_at"] == first
    world.run(as_of=T0 + 7 * DAY)
    exit_ = world.log_of_last_run()["buyers", "ana"]
    assert world.who("buyers") == set()
    assert (exit_["change"], exit_["reason"]) == ("exited", "condition")
    assert exit_["leaves"] == ['event "bought" last 7d count gte 1']
    world.did("ana", "Bought", T0 + 8 * DAY)
    world.run(as_of=T0 + 9 * DAY)
    entry = world.log_of_last_run()["buyers", "ana"]
    assert (entry["change"], entry["reason"]) == ("entered", "condition")
    assert world.members()["buyers", "ana"]["entered_at"] == T0 + 9 * DAY
    _assert_replay_gives_members(world)


def test_references_follow_this_run_and_exclusion_comes_last(world: World) -> None:
    world.audience("active", {"any": [{"event": "Viewed"}, {"audience": "buyers"}]}, exclude=["staff"])
    world.audience("a_first_by_name", {"not": {"audience": "active"}})
    world.audience("staff", {"field": "email", "ends_with": "@SHOP.example"})
    world.profiles["bob"]["email"] = "bob@shop.example"
    world.did("bob", "Viewed", T0)
    world.run()
    assert (world.who("active"), world.who("a_first_by_name"), world.who("staff")) == ({"ana"}, {"bob"}, {"bob"})
    world.profiles["bob"]["email"] = None
    world.run()
    assert world.who("active") == {"ana", "bob"}
    exit_, entry = world.log_of_last_run()["a_first_by_name", "bob"], world.log_of_last_run()["active", "bob"]
    assert exit_["leaves"] == ["audience active"]
    assert entry["leaves"] == ['event "viewed" count gte 1', "known person"]
    world.profiles["ana"]["email"] = "ana@shop.example"
    world.run()
    assert world.log_of_last_run()["active", "ana"]["leaves"] == ["excluded audience staff"]
    _assert_replay_gives_members(world)


def test_a_value_of_a_profile_is_no_evidence(world: World) -> None:
    world.audience("known", {"field": "email", "exists": True})
    world.profiles["ana"]["email"] = "ana@x.example"
    world.run()
    assert world.members()["known", "ana"]["evidence"]["field email exists true"] == "true"


def test_traits_are_evidence_with_their_value(world: World) -> None:
    world.traits = TraitsConfig.model_validate({"traits": {"views": {"kind": "count", "event": "Viewed"}}})
    world.trait_rows = {"ana": {"views": 12}, "bob": {"views": 2}}
    world.audience("lookers", {"trait": "views", "gte": 10})
    world.run()
    assert world.who("lookers") == {"ana"}
    assert world.members()["lookers", "ana"]["evidence"]["trait views gte 10"] == "12"


def test_a_changed_definition_is_the_reason_and_who_stays_keeps_the_date(world: World) -> None:
    world.did("bob", "Bought", T0 - DAY)
    world.did("ana", "Bought", T0 - DAY)
    world.run()
    before = world.members()["buyers", "ana"]
    world.audience("buyers", {"event": "bought", "count": {"gte": 2}, "window": {"last": "7d"}})
    world.run()
    after = world.members()["buyers", "ana"]
    assert world.who("buyers") == {"ana"}
    assert world.log_of_last_run().keys() == {("buyers", "bob")}
    assert world.log_of_last_run()["buyers", "bob"]["reason"] == "definition_changed"
    assert after["entered_at"] == before["entered_at"]
    assert after["definition_version"] != before["definition_version"]
    assert after["evidence"]['event "bought" last 7d count gte 2'] == "2"
    _assert_replay_gives_members(world)
    world.run(as_of=T0 + 7 * DAY)
    assert world.log_of_last_run()["buyers", "ana"]["reason"] == "condition"


def test_words_about_an_audience_change_no_row(world: World) -> None:
    world.run()
    world.audience(
        "buyers", {"all": [{"event": " BOUGHT", "count": {"gte": 1}, "window": {"last": "168h"}}]}, about="x"
    )
    assert world.run() == 0


def test_deleting_the_file_of_an_audience_lets_all_out_and_it_may_come_back(world: World) -> None:
    world.did("bob", "Bought", T0)
    world.run()
    definition = world.audiences.pop("buyers")
    world.run()
    log = world.log_of_last_run()
    assert {key: (r["change"], r["reason"]) for key, r in log.items()} == {
        ("buyers", "ana"): ("exited", "audience_removed"),
        ("buyers", "bob"): ("exited", "audience_removed"),
    }
    assert world.members() == {}
    assert world.run() == 0
    world.audiences["buyers"] = definition
    world.run()
    assert world.who("buyers") == {"ana", "bob"}
    _assert_replay_gives_members(world)


def test_a_merge_takes_the_absorbed_id_out_and_points_to_the_survivor(world: World) -> None:
    world.run()
    world.merge("ana", "bob")
    world.run()
    log = world.log_of_last_run()
    assert world.who("buyers") == {"bob"}
    gone, came = log["buyers", "ana"], log["buyers", "bob"]
    assert (gone["change"], gone["reason"], gone["survivor_id"]) == ("exited", "identity_merge", "bob")
    assert (came["change"], came["reason"]) == ("entered", "identity_merge")
    _assert_replay_gives_members(world)


def test_a_person_who_is_no_more_exits(world: World) -> None:
    world.run()
    del world.profiles["ana"]
    del world.owners["ana"]
    world.run()
    exit_ = world.log_of_last_run()["buyers", "ana"]
    assert (exit_["change"], exit_["reason"], exit_["survivor_id"]) == ("exited", "identity_ended", None)
