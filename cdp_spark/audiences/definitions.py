"""Definitions: audiences ready to be evaluated, in the order of their references, each with its version."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from cdp_spark.audiences.labels import KNOWN_PERSON, Leaf, exclusion_label, leaf_label
from cdp_spark.config.audiences import AudienceConfig
from cdp_spark.config.conditions import All, Any, AudienceLeaf, Condition, EventLeaf, Not, TraitLeaf
from cdp_spark.config.consistency import leaves, referenced_audiences
from cdp_spark.config.traits import TraitConfig
from cdp_spark.errors import ConfigError

Tree = list[object]


@dataclass(frozen=True)
class Definition:
    """An audience. ``version`` is the hash of all that decides who is in; ``level`` is above those it refers to."""

    name: str
    where: Condition
    exclude: tuple[str, ...]
    include_anonymous: bool
    version: str
    level: int

    def leaves(self) -> list[Leaf]:
        """The leaves of its condition."""
        return list(leaves(self.where))  # type: ignore[arg-type]  # leaves() yields no inner node

    def labels(self) -> tuple[str, ...]:
        """Labels of all that decides who is in, sorted."""
        gate = [] if self.include_anonymous else [KNOWN_PERSON]
        return tuple(
            sorted({*(leaf_label(x) for x in self.leaves()), *(exclusion_label(e) for e in self.exclude), *gate})
        )


def definitions(audiences: Mapping[str, AudienceConfig], traits: Mapping[str, TraitConfig]) -> list[Definition]:
    """One definition an audience; every audience stands after those it refers to.

    Raises ConfigError when they refer to each other in a circle.
    """
    made: dict[str, Definition] = {}
    for level, names in enumerate(_levels(audiences)):
        for name in names:
            audience = audiences[name]
            made[name] = Definition(
                name=name,
                where=audience.where,
                exclude=tuple(sorted(set(audience.exclude))),
                include_anonymous=audience.include_anonymous,
                version=_version(audience, traits, made),
                level=level,
            )
    return list(made.values())


def event_leaves(defined: Iterable[Definition]) -> Iterator[EventLeaf]:
    """The event leaves of all audiences."""
    return (leaf for d in defined for leaf in d.leaves() if isinstance(leaf, EventLeaf))


def _levels(audiences: Mapping[str, AudienceConfig]) -> Iterator[list[str]]:
    sorter = TopologicalSorter({name: referenced_audiences(a) for name, a in audiences.items()})
    try:
        sorter.prepare()
    except CycleError as e:
        raise ConfigError("audiences refer to each other in a circle", fix="break it", audiences=e.args[1]) from e
    while sorter.is_active():
        ready = sorter.get_ready()
        yield sorted(ready)
        sorter.done(*ready)


def _version(audience: AudienceConfig, traits: Mapping[str, TraitConfig], made: Mapping[str, Definition]) -> str:
    used = {leaf.trait for leaf in leaves(audience.where) if isinstance(leaf, TraitLeaf)}
    parts = {
        "where": _canonical(audience.where),
        "exclude": sorted(set(audience.exclude)),
        "include_anonymous": audience.include_anonymous,
        "traits": {t: traits[t].model_dump(mode="json", exclude={"about"}) for t in sorted(used)},
        "audiences": {a: made[a].version for a in sorted(set(referenced_audiences(audience)))},
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def _canonical(condition: Condition) -> Tree:
    if isinstance(condition, All | Any):
        name, parts = ("all", condition.all) if isinstance(condition, All) else ("any", condition.any)
        distinct = {json.dumps(tree): tree for tree in map(_canonical, parts)}
        # The order of parts, a part twice and a list of one say nothing.
        trees = [distinct[k] for k in sorted(distinct)]
        return trees[0] if len(trees) == 1 else [name, *trees]
    if isinstance(condition, Not):
        return ["not", _canonical(condition.not_)]
    return ["audience", condition.audience] if isinstance(condition, AudienceLeaf) else [leaf_label(condition)]
