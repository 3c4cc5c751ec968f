"""What no single file can see: names that one file uses and another must define."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cdp_spark.config.audiences import AudienceConfig
from cdp_spark.config.conditions import All, Any, AudienceLeaf, Condition, EventLeaf, FieldLeaf, Not, TraitLeaf
from cdp_spark.config.destinations import DestinationConfig
from cdp_spark.config.nearest import instead
from cdp_spark.config.sources import EVENT_CLOCKS, Object
from cdp_spark.config.traits import ORDER_COLUMNS
from cdp_spark.config.values import misfit, value_kind
from cdp_spark.contracts.gold import PROFILES
from cdp_spark.contracts.silver import AD_SPEND, CONSENT_EVENTS, CUSTOMERS, EVENTS, ORDER_LINES, ORDERS
from cdp_spark.contracts.traits import trait_type

if TYPE_CHECKING:
    from cdp_spark.config.load import Config


def inconsistencies(config: "Config") -> list[str]:
    """One line a name that is used and not defined, or defined in a circle."""
    return [
        *_mappings(config),
        *_traits(config),
        *_audiences(config),
        *_audience_cycles(config),
        *_destinations(config),
        *_profiles(config),
        *_quality(config),
        *_tracking_plan(config),
    ]


def leaves(condition: Condition) -> Iterator[Condition]:
    """The leaves of a condition tree, in order."""
    if isinstance(condition, All):
        for part in condition.all:
            yield from leaves(part)
    elif isinstance(condition, Any):
        for part in condition.any:
            yield from leaves(part)
    elif isinstance(condition, Not):
        yield from leaves(condition.not_)
    else:
        yield condition


def referenced_audiences(audience: AudienceConfig) -> list[str]:
    """The audiences an audience is made from."""
    return [leaf.audience for leaf in leaves(audience.where) if isinstance(leaf, AudienceLeaf)] + list(audience.exclude)


def named_events(config: "Config") -> dict[str, list[str]]:
    """Event name → the traits and audiences that count it, in words."""
    named: dict[str, list[str]] = {}
    for name, trait in config.traits.traits.items():
        if trait.event is not None:
            named.setdefault(trait.event, []).append(f"trait {name}")
    for name, audience in config.audiences.items():
        for event in sorted({leaf.event for leaf in leaves(audience.where) if isinstance(leaf, EventLeaf)}):
            named.setdefault(event, []).append(f"audience {name}")
    return named


def _columns() -> dict[str, tuple[str, ...]]:
    """Silver table → the columns that a mapping may set and a rule may look at."""
    tables = (EVENTS, CUSTOMERS, ORDERS, ORDER_LINES, CONSENT_EVENTS, AD_SPEND)
    more = {EVENTS.table: EVENT_CLOCKS}
    return {t.table: (*t.column_names, *more.get(t.table, ())) for t in tables}


def _mappings(config: "Config") -> Iterator[str]:
    columns = _columns()
    for source in config.sources.values():
        for stream_name, stream in source.streams.items():
            for i, mapping in enumerate(stream.mappings):
                where = f"sources/{source.source}: streams.{stream_name}.mappings.{mapping.name or i}"
                bad = [c for c in mapping.set if c not in columns[mapping.to]]
                yield from (
                    f"{where}.set.{c}: {mapping.to} has no column {c}{instead(c, columns[mapping.to])}" for c in bad
                )
                if mapping.lines:
                    bad = [c for c in mapping.lines.set if c not in ORDER_LINES.column_names]
                    yield from (
                        f"{where}.lines.set.{c}: order_lines has no column {c}{instead(c, ORDER_LINES.column_names)}"
                        for c in bad
                    )


def _traits(config: "Config") -> Iterator[str]:
    known = _order_properties(config)
    for name, trait in config.traits.traits.items():
        if known is None or not trait.orders:
            continue
        paths = [*([trait.property] if trait.property else []), *[part.property for part in trait.where]]
        for first in [path.partition(".")[0] for path in paths]:
            if first not in known:
                yield f"traits.yml: traits.{name}: orders have no {first}{instead(first, known)}"


def _order_properties(config: "Config") -> set[str] | None:
    """What traits can find in orders: columns, and what mappings put into their properties; None where all may be there."""
    known = set(ORDER_COLUMNS)
    streams = [s for source in config.sources.values() for s in source.streams.values()]
    for mapping in [m for s in streams for m in s.mappings if m.to == ORDERS.table and "properties" in m.set]:
        value = mapping.set["properties"]
        if not isinstance(value, Object):
            return None
        known |= set(value.object)
    return known


def _audiences(config: "Config") -> Iterator[str]:
    for name, audience in config.audiences.items():
        where = f"audiences/{name}"
        for leaf in leaves(audience.where):
            if isinstance(leaf, TraitLeaf):
                yield from (f"{where}: {problem}" for problem in _trait_leaf(leaf, config))
            if isinstance(leaf, FieldLeaf):
                yield from (f"{where}: {problem}" for problem in _field_leaf(leaf))
        for other in referenced_audiences(audience):
            if other not in config.audiences:
                yield f"{where}: audience {other} is not defined{instead(other, config.audiences)}"
        if audience.purpose and audience.purpose not in config.consent.purposes:
            yield f"{where}: {_no_purpose(audience.purpose, config)}"


def _trait_leaf(leaf: TraitLeaf, config: "Config") -> Iterator[str]:
    trait = config.traits.traits.get(leaf.trait)
    if trait is None:
        yield _no_trait(leaf.trait, config)
    elif problem := misfit(leaf, value_kind(trait_type(trait))):
        yield f"trait {leaf.trait} {problem}"


def _field_leaf(leaf: FieldLeaf) -> Iterator[str]:
    types = {c.name: c.type for c in PROFILES.columns}
    if leaf.field not in types:
        yield _no_field(leaf.field)
    elif problem := misfit(leaf, value_kind(types[leaf.field])):
        yield f"field {leaf.field} {problem}"


def _audience_cycles(config: "Config") -> Iterator[str]:
    graph = {n: [o for o in referenced_audiences(a) if o in config.audiences] for n, a in config.audiences.items()}
    done: set[str] = set()

    def walk(name: str, trail: list[str]) -> Iterator[str]:
        if name in trail:
            yield f"audiences: {' → '.join([*trail[trail.index(name) :], name])} is a circle"
            return
        if name not in done:
            for other in graph[name]:
                yield from walk(other, [*trail, name])
            done.add(name)

    for name in graph:
        yield from walk(name, [])


def _destinations(config: "Config") -> Iterator[str]:
    for name, destination in config.destinations.items():
        where = f"destinations/{name}"
        yield from (f"{where}: {problem}" for problem in _syncs(config, destination))
        for field, output in destination.fields.items():
            if output.profile and output.profile not in PROFILES.column_names:
                yield f"{where}: fields.{field}: {_no_field(output.profile)}"
            if output.trait and output.trait not in config.traits.traits:
                yield f"{where}: fields.{field}: {_no_trait(output.trait, config)}"


def _syncs(config: "Config", destination: DestinationConfig) -> Iterator[str]:
    for i, sync in enumerate(destination.syncs):
        for audience in (sync.audience, *sync.suppress):
            if audience not in config.audiences:
                yield f"syncs.{i}: audience {audience} is not defined{instead(audience, config.audiences)}"
        for purpose in sync.purposes:
            if purpose not in config.consent.purposes:
                yield f"syncs.{i}: {_no_purpose(purpose, config)}"


def _profiles(config: "Config") -> Iterator[str]:
    seen: set[str] = set()
    for rule in config.profiles.fields:
        for field in rule.fields:
            if field not in PROFILES.column_names:
                yield f"profiles.yml: {_no_field(field)}"
            if field in seen:
                yield f"profiles.yml: field {field} stands in two rules"
            seen.add(field)


def _quality(config: "Config") -> Iterator[str]:
    columns = _columns()
    for source in config.quality.freshness_of:
        if source not in config.sources:
            yield f"quality.yml: freshness_of.{source}: {_no_source(source, config)}"
    for rule in config.quality.rules:
        where = f"quality.yml: rules.{rule.id}"
        if rule.source is not None and rule.source not in config.sources:
            yield f"{where}: {_no_source(rule.source, config)}"
        looks_at = [(rule.table, rule.field)]
        looks_at += [(rule.table, rule.when.field)] if rule.when else []
        looks_at += [(rule.references.table, rule.references.field)] if rule.references else []
        for table, field in looks_at:
            column = field.partition(".")[0]
            if column not in columns[table]:
                yield f"{where}: {table} has no column {column}{instead(column, columns[table])}"


def _tracking_plan(config: "Config") -> Iterator[str]:
    for source in config.tracking_plan.sources:
        if source not in config.sources:
            yield f"tracking_plan.yml: sources: {_no_source(source, config)}"


def _no_trait(name: str, config: "Config") -> str:
    return f"trait {name} is not defined in traits.yml{instead(name, config.traits.traits)}"


def _no_field(name: str) -> str:
    return f"profiles have no field {name}{instead(name, PROFILES.column_names)}"


def _no_purpose(name: str, config: "Config") -> str:
    return f"purpose {name} is not defined in consent.yml{instead(name, config.consent.purposes)}"


def _no_source(name: str, config: "Config") -> str:
    return f"there is no source {name}{instead(name, config.sources)}"
