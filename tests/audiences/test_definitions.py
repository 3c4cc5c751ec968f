"""Definitions: versions that follow the meaning, and an order that follows the references."""

from typing import Any

import pytest

from cdp_spark.audiences.definitions import Definition, definitions
from cdp_spark.config.audiences import AudienceConfig
from cdp_spark.config.traits import TraitConfig
from cdp_spark.errors import ConfigError

VIEWS = TraitConfig(kind="count", event="Viewed")


def _defined(traits: dict[str, TraitConfig] | None = None, /, **audiences: Any) -> dict[str, Definition]:
    configs = {
        n: AudienceConfig.model_validate({"audience": n, **({"where": a} if "where" not in a else a)})
        for n, a in audiences.items()
    }
    return {d.name: d for d in definitions(configs, traits or {"views": VIEWS})}


def _version(where: Any, traits: dict[str, TraitConfig] | None = None, **more: Any) -> str:
    return _defined(traits, a={"where": where, **more})["a"].version


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"event": "Bought"}, {"event": " bought ", "count": {"gte": 1}}),
        ({"event": "x", "window": {"last": "2w"}}, {"event": "x", "window": {"last": "336h"}}),
        ({"all": [{"event": "x"}, {"event": "y"}]}, {"all": [{"event": "y"}, {"event": "x"}, {"event": "x"}]}),
        ({"any": [{"event": "x"}]}, {"all": [{"event": "x"}]}),
        ({"field": "city", "one_of": ["Graz", "Wien"]}, {"field": "city", "one_of": ["wien", "GRAZ", "graz"]}),
        ({"trait": "views", "gte": 3}, {"trait": "views", "gte": 3.0}),
        (
            {"event": "x", "where": [{"property": "p", "gt": 1}, {"property": "q", "eq": "A"}]},
            {"event": "x", "where": [{"property": "q", "eq": "a"}, {"property": "p", "gt": 1}]},
        ),
    ],
)
def test_the_same_meaning_has_the_same_version(one: Any, other: Any) -> None:
    assert _version(one) == _version(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"event": "x"}, {"event": "y"}),
        ({"event": "x"}, {"event": "x", "count": {"gt": 1}}),
        ({"event": "x", "window": {"last": "7d"}}, {"event": "x", "window": {"between": ["1d", "7d"]}}),
        ({"all": [{"event": "x"}, {"event": "y"}]}, {"any": [{"event": "x"}, {"event": "y"}]}),
        ({"event": "x"}, {"not": {"event": "x"}}),
        ({"field": "city", "eq": "Graz"}, {"field": "city", "eq": "graz", "exact": True}),
        ({"field": "city", "eq": "5"}, {"field": "region", "eq": "5"}),
        (
            {"event": "x", "where": [{"property": "p", "eq": "5"}]},
            {"event": "x", "where": [{"property": "p", "eq": 5}]},
        ),
        (
            {"event": "x", "where": [{"property": "p", "eq": "true"}]},
            {"event": "x", "where": [{"property": "p", "eq": True}]},
        ),
        # An event whose name reads like a label.
        ({"event": 'x" last 7d count gte 1'}, {"event": "x", "window": {"last": "7d"}}),
    ],
)
def test_another_meaning_has_another_version(one: Any, other: Any) -> None:
    assert _version(one) != _version(other)


def test_gates_and_what_is_referred_to_belong_to_the_version() -> None:
    where = {"trait": "views", "gte": 1}
    versions = {
        _version(where),
        _version(where, include_anonymous=True),
        _version(where, {"views": TraitConfig(kind="count", event="Seen")}),
    }
    assert len(versions) == 3
    assert _version(where) == _version(where, {"views": VIEWS.model_copy(update={"about": "words"})}, about="words")
    first = _defined(a={"event": "x"}, b={"audience": "a"})["b"]
    assert first.version != _defined(a={"event": "y"}, b={"audience": "a"})["b"].version


def test_who_is_referred_to_comes_first() -> None:
    found = _defined(
        a={"where": {"audience": "b"}, "exclude": ["c"]},
        b={"not": {"audience": "d"}},
        c={"event": "x"},
        d={"event": "x"},
    )
    assert {n: d.level for n, d in found.items()} == {"a": 2, "b": 1, "c": 0, "d": 0}


def test_a_circle_is_refused() -> None:
    with pytest.raises(ConfigError, match="circle"):
        _defined(a={"audience": "b"}, b={"audience": "a"})


def test_long_labels_stay_apart_and_short() -> None:
    many = [f"value {i}" for i in range(500)]
    found = _defined(a={"field": "city", "one_of": many}, b={"field": "city", "one_of": [*many, "one more"]})
    labels = {d.labels()[0] for d in found.values()}
    assert len(labels) == 2
    assert all(len(label) < 330 for label in labels)
