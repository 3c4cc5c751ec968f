"""Evaluation: for every person which leaves hold and which audiences they are in."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import reduce
from operator import and_, or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.audiences.definitions import Definition
from cdp_spark.audiences.labels import KNOWN_PERSON, Leaf, counter_name, exclusion_label, leaf_label
from cdp_spark.config.conditions import All, Any, AudienceLeaf, Condition, EventLeaf, FieldLeaf, Not, TraitLeaf
from cdp_spark.config.traits import TraitConfig
from cdp_spark.config.values import ValueKind, value_kind
from cdp_spark.contracts.gold import PROFILES
from cdp_spark.contracts.traits import trait_type
from cdp_spark.runtime.conditions.comparisons import holds
from cdp_spark.runtime.conditions.windows import Moment

_FIELD, _TRAIT, _IN = "field_", "trait_", "in_"


def evaluated(
    profiles: DataFrame,
    traits: DataFrame,
    counts: DataFrame | None,
    defined: Sequence[Definition],
    trait_configs: Mapping[str, TraitConfig],
    moment: Moment,
) -> DataFrame:
    """One row a profile: person_id, ``held`` (label of each leaf that holds → value, count or true), ``audiences``.

    ``counts`` has a count under ``counter_name`` of every event leaf (None: there are none); who is not in it did
    nothing. ``audiences`` names those the person is in.
    """
    leaves, compiler = _own_leaves(defined), _Compiler(trait_configs, moment)
    people = _judged(_people(profiles, traits, counts, list(leaves.values())), leaves, defined, compiler)
    held = [_held(label, _column(label), compiler.evidence(leaf)) for label, leaf in leaves.items()]
    return people.select("person_id", _map_of(held + _held_references(defined)).alias("held"), _audiences(defined))


def leaves_with_values(
    profiles: DataFrame,
    traits: DataFrame,
    counts: DataFrame | None,
    defined: Sequence[Definition],
    trait_configs: Mapping[str, TraitConfig],
    moment: Moment,
) -> DataFrame:
    """The same of every leaf, held or not: person_id, is_known, ``leaves`` (label → holds, found), ``audiences``.

    ``found`` is the value that was compared, as text; that of a profile field may name the person.
    """
    leaves, compiler = _own_leaves(defined), _Compiler(trait_configs, moment)
    people = _judged(_people(profiles, traits, counts, list(leaves.values())), leaves, defined, compiler)
    outcomes = [
        F.struct(
            F.lit(label).alias("key"),
            F.struct(F.col(_column(label)).alias("holds"), compiler.found(leaf).alias("found")).alias("value"),
        )
        for label, leaf in leaves.items()
    ]
    return people.select(
        "person_id", _is_known().alias("is_known"), _map_of(outcomes).alias("leaves"), _audiences(defined)
    )


def _own_leaves(defined: Sequence[Definition]) -> dict[str, Leaf]:
    return {leaf_label(leaf): leaf for d in defined for leaf in d.leaves() if not isinstance(leaf, AudienceLeaf)}


def _judged(
    people: DataFrame, leaves: Mapping[str, Leaf], defined: Sequence[Definition], compiler: "_Compiler"
) -> DataFrame:
    """People with a column a leaf and one an audience."""
    people = people.withColumns({_column(label): compiler.leaf(leaf) for label, leaf in leaves.items()})
    for level in range(1 + max((d.level for d in defined), default=-1)):
        # By levels: an audience is a column of its own before others refer to it.
        people = people.withColumns({_IN + d.name: _is_in(d) for d in defined if d.level == level})
    return people


def _audiences(defined: Sequence[Definition]) -> Column:
    names = [F.when(F.col(_IN + d.name), F.lit(d.name)) for d in defined]
    return F.array_compact(F.array(*names)).cast("ARRAY<STRING>").alias("audiences")


class _Compiler:
    """Leaves as Columns over the columns of ``_people``."""

    def __init__(self, traits: Mapping[str, TraitConfig], moment: Moment) -> None:
        self._traits, self._moment = traits, moment
        self._fields = {c.name: c.type for c in PROFILES.columns}

    def leaf(self, leaf: Leaf) -> Column:
        """Whether the leaf holds; never NULL."""
        if isinstance(leaf, EventLeaf):
            operator, n = leaf.count.operator()
            count, other = F.col(counter_name(leaf)), F.lit(n)
            compared = {
                "eq": count == other,
                "gte": count >= other,
                "gt": count > other,
                "lte": count <= other,
                "lt": count < other,
            }
            return compared[operator]
        if isinstance(leaf, TraitLeaf):
            return holds(F.col(_TRAIT + leaf.trait), _kind(trait_type(self._traits[leaf.trait])), leaf, self._moment)
        if isinstance(leaf, FieldLeaf):
            return holds(F.col(_FIELD + leaf.field), _kind(self._fields[leaf.field]), leaf, self._moment)
        return F.col(_IN + leaf.audience)

    def evidence(self, leaf: Leaf) -> Column:
        """What to show of a leaf that holds. A profile field is not shown: it may name the person."""
        if isinstance(leaf, EventLeaf):
            return F.col(counter_name(leaf)).cast("string")
        if isinstance(leaf, TraitLeaf):
            return F.coalesce(F.col(_TRAIT + leaf.trait).cast("string"), F.lit("missing"))
        return F.lit("true")

    def found(self, leaf: Leaf) -> Column:
        """The value that a leaf compares, as text."""
        if isinstance(leaf, FieldLeaf):
            return F.coalesce(F.col(_FIELD + leaf.field).cast("string"), F.lit("missing"))
        return self.evidence(leaf)


def _kind(sql_type: str) -> ValueKind:
    kind = value_kind(sql_type)
    if kind is None:
        raise ValueError(f"no condition compares a {sql_type}")
    return kind


def _people(profiles: DataFrame, traits: DataFrame, counts: DataFrame | None, leaves: Sequence[Leaf]) -> DataFrame:
    fields = sorted({leaf.field for leaf in leaves if isinstance(leaf, FieldLeaf)})
    names = sorted({leaf.trait for leaf in leaves if isinstance(leaf, TraitLeaf)})
    counters = sorted({counter_name(leaf) for leaf in leaves if isinstance(leaf, EventLeaf)})
    people = profiles.select("person_id", "is_anonymous", *[F.col(f).alias(_FIELD + f) for f in fields])
    if names:
        own = traits.select("person_id", *[F.col(n).alias(_TRAIT + n) for n in names])
        people = people.join(own, on="person_id", how="left")  # one row a person
    if counters and counts is not None:
        people = people.join(counts, on="person_id", how="left")  # one row a person
        people = people.withColumns({c: F.coalesce(F.col(c), F.lit(0).cast("bigint")) for c in counters})
    return people


def _is_in(defined: Definition) -> Column:
    held = _tree(defined.where)
    for other in defined.exclude:
        held = held & ~F.col(_IN + other)
    return held if defined.include_anonymous else held & _is_known()


def _is_known() -> Column:
    return ~F.coalesce(F.col("is_anonymous"), F.lit(True))


def _tree(condition: Condition) -> Column:
    if isinstance(condition, All):
        return reduce(and_, map(_tree, condition.all))
    if isinstance(condition, Any):
        return reduce(or_, map(_tree, condition.any))
    if isinstance(condition, Not):
        return ~_tree(condition.not_)
    return (
        F.col(_IN + condition.audience)
        if isinstance(condition, AudienceLeaf)
        else F.col(_column(leaf_label(condition)))
    )


def _column(label: str) -> str:
    return "leaf_" + hashlib.sha256(label.encode()).hexdigest()[:16]


def _held(label: str, column: str, evidence: Column) -> Column:
    return F.when(F.col(column), F.struct(F.lit(label).alias("key"), evidence.alias("value")))


def _held_references(defined: Sequence[Definition]) -> list[Column]:
    referred = {leaf_label(x): _IN + x.audience for d in defined for x in d.leaves() if isinstance(x, AudienceLeaf)}
    excluded = {exclusion_label(e): _IN + e for d in defined for e in d.exclude}
    held = [_held(label, column, F.lit("true")) for label, column in sorted({**referred, **excluded}.items())]
    known = F.struct(F.lit(KNOWN_PERSON).alias("key"), F.lit("true").alias("value"))
    return [*held, F.when(_is_known(), known)]


def _map_of(entries: list[Column]) -> Column:
    return F.map_from_entries(F.array_compact(F.array(*entries)))
