"""Why somebody is in an audience or not: the same as the evaluation of all found, part by part."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from pyspark.sql import SparkSession
from rich.console import Console

from cdp_spark.audiences.explanation import Explanation, Part, explained
from cdp_spark.audiences.terminal import explained_membership
from cdp_spark.config.traits import TraitsConfig
from cdp_spark.contracts.warehouse import all_contracts
from cdp_spark.errors import UsageError
from cdp_spark.runtime.published import Published
from cdp_spark.runtime.tables import Tables
from cdp_spark.runtime.warehouse import Warehouse
from tests.audiences.world import T0, World

TRAITS: dict[str, Any] = {"traits": {"orders_count": {"kind": "count", "orders": True}}}


@pytest.fixture(scope="module")
def world(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> World:
    made = World(spark, Tables(spark, Warehouse(str(tmp_path_factory.mktemp("audiences")))))
    made.traits = TraitsConfig.model_validate(TRAITS)
    made.person("ana", country="AT", email="ana@example.com")
    made.person("bob", country="DE")
    made.person("cookie", is_anonymous=True)
    made.trait_rows = {"ana": {"orders_count": 3}, "cookie": {"orders_count": 1}}
    for day in range(3):
        made.did("ana", "Viewed", T0 - timedelta(days=day))
    made.did("cookie", "Viewed", T0)
    made.audience("buyers", {"trait": "orders_count", "gte": 1})
    viewed = {"event": "Viewed", "count": {"gte": 2}, "window": {"last": "7d"}}
    at_home = {"any": [{"field": "country", "eq": "AT"}, {"not": {"field": "email", "exists": True}}]}
    made.audience("keen", {"all": [viewed, at_home]}, exclude=["buyers"])
    made.audience("keen_buyers", {"all": [{"audience": "buyers"}, viewed]})
    made.run_step()
    return made


@pytest.fixture(scope="module")
def published(world: World) -> Published:
    versions = {c.name: v for c in all_contracts(world.config) if (v := world.tables.version(c)) is not None}
    return Published(world.tables, versions)


def leaves(part: Part) -> dict[str, tuple[bool, str | None]]:
    own = {} if part.parts else {part.says: (part.holds, part.found)}
    return own | {k: v for inner in part.parts for k, v in leaves(inner).items()}


@pytest.fixture(scope="module")
def keen(world: World, published: Published) -> Explanation:
    return explained(published, world.as_of, world.config, "keen", "ana")


def test_each_part_says_whether_it_holds_and_what_was_found(world: World, keen: Explanation) -> None:
    told = keen
    assert told.is_member == ("ana" in world.who("keen"))
    condition, excluded, known = told.audience.parts
    assert (told.audience.holds, condition.holds, excluded.holds, known.holds) == (False, True, False, True)
    assert leaves(told.audience) == {
        'event "viewed" last 7d count gte 2': (True, "3"),
        'field country eq "at"': (True, "AT"),
        "field email exists true": (True, "ana@example.com"),
        "trait orders_count gte 1": (True, "3"),
        "known person": (True, None),
    }


@pytest.mark.parametrize(
    ("audience", "person", "leaf", "outcome"),
    [
        ("keen_buyers", "ana", "trait orders_count gte 1", (True, "3")),
        ("keen_buyers", "bob", "trait orders_count gte 1", (False, "missing")),
        ("buyers", "cookie", "known person", (False, None)),
    ],
)
def test_it_says_what_the_evaluation_of_all_found(
    world: World, published: Published, audience: str, person: str, leaf: str, outcome: tuple[bool, str | None]
) -> None:
    told = explained(published, world.as_of, world.config, audience, person)
    assert told.audience.holds == told.is_member == (person in world.who(audience))
    assert leaves(told.audience)[leaf] == outcome


def test_what_names_the_person_is_masked_unless_asked_for(keen: Explanation) -> None:
    def text(in_clear: bool) -> str:
        console = Console(width=100, file=StringIO(), record=True)
        console.print(explained_membership(keen, in_clear))
        return console.export_text()

    assert text(in_clear=False).startswith("ana is not in audience keen\n✗ audience keen\n")
    assert "✓ field email exists true: an…om" in text(in_clear=False)
    assert "✗ not\n" in text(in_clear=False)
    assert "ana@example.com" in text(in_clear=True)


def test_a_changed_audience_is_told_from_what_was_published(world: World, published: Published) -> None:
    before = dict(world.audiences)
    world.audience("buyers", {"trait": "orders_count", "gte": 9})
    told = explained(published, world.as_of, world.config, "buyers", "ana")
    assert (told.audience.holds, told.is_member) == (False, True)
    console = Console(width=100, file=StringIO(), record=True)
    console.print(explained_membership(told, in_clear=False))
    assert "as published the person is in it" in console.export_text()
    world.audiences = before


def test_who_or_what_is_not_there_is_named(world: World, published: Published) -> None:
    with pytest.raises(UsageError, match="no audience 'byers'"):
        explained(published, world.as_of, world.config, "byers", "ana")
    with pytest.raises(UsageError, match="no published profile"):
        explained(published, world.as_of, world.config, "buyers", "nobody")
