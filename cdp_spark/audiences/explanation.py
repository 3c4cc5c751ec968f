"""Why a person is, or is not, in an audience: each part of its condition, whether it holds, and what was found."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from cdp_spark.audiences.counters import event_counts
from cdp_spark.audiences.definitions import Definition, definitions, event_leaves
from cdp_spark.audiences.evaluation import leaves_with_values
from cdp_spark.audiences.labels import KNOWN_PERSON, leaf_label
from cdp_spark.config import Config
from cdp_spark.config.conditions import All, Any, AudienceLeaf, Condition, FieldLeaf, Not
from cdp_spark.contracts import TableContract
from cdp_spark.contracts.gold import AUDIENCE_MEMBERS, PROFILES
from cdp_spark.contracts.identity import DEVICE_SLICES, MEMBERSHIPS, NODES
from cdp_spark.contracts.silver import EVENTS, IDENTIFIERS
from cdp_spark.contracts.traits import contract_of_traits
from cdp_spark.errors import UsageError
from cdp_spark.runtime.conditions.windows import Moment
from cdp_spark.runtime.people import people_of_records, slice_tables
from cdp_spark.runtime.published import Published


@dataclass(frozen=True)
class Part:
    """A part of a condition: what it says, whether it holds for the person, what was found where it compares a value."""

    says: str
    holds: bool
    found: str | None = None
    is_personal: bool = False
    """``found`` may name the person."""
    parts: tuple["Part", ...] = ()


@dataclass(frozen=True)
class Explanation:
    """An audience's condition for one person; ``is_member``: whether the publication has the person in it."""

    person_id: str
    audience: Part
    is_member: bool


def explained(published: Published, as_of: datetime, config: Config, audience: str, person_id: str) -> Explanation:
    """An audience of the configuration, evaluated for a person as of the publication's time.

    Raises UsageError where there is no such audience, or the person has no profile.
    """
    if audience not in config.audiences:
        there = ", ".join(sorted(config.audiences)) or "none"
        raise UsageError(f"there is no audience {audience!r}", fix=f"name one of {there}")
    defined = definitions(config.audiences, config.traits.traits)
    row = _values(published, Moment(as_of, config.project.timezone), config, defined, person_id).first()
    if row is None:
        raise UsageError("that person has no published profile", fix="`cdp run` makes one of new identifiers")
    members = _of(published, AUDIENCE_MEMBERS, person_id).filter(F.col("audience") == audience)
    return Explanation(person_id, _of_audience(audience, {d.name: d for d in defined}, row), not members.isEmpty())


def _values(
    published: Published, moment: Moment, config: Config, defined: list[Definition], person_id: str
) -> DataFrame:
    traits, counts = config.traits, None
    if asked := list(event_leaves(defined)):
        slices = published.read(DEVICE_SLICES) if slice_tables(config) else None
        identifiers, nodes, memberships = (published.read(c) for c in (IDENTIFIERS, NODES, MEMBERSHIPS))
        everyone = people_of_records(identifiers, nodes, memberships, slices)
        counts = event_counts(published.read(EVENTS), everyone.filter(F.col("person_id") == person_id), asked, moment)
    profile = _of(published, PROFILES, person_id)
    own_traits = _of(published, contract_of_traits(traits), person_id)
    return leaves_with_values(profile, own_traits, counts, defined, traits.traits, moment)


def _of(published: Published, contract: TableContract, person_id: str) -> DataFrame:
    return published.read(contract).filter(F.col("person_id") == person_id)


def _of_audience(name: str, defined: Mapping[str, Definition], row: Row) -> Part:
    audience = defined[name]
    parts = [_part(audience.where, defined, row)]
    parts += [_none_of(_of_audience(other, defined, row)) for other in audience.exclude]
    if not audience.include_anonymous:
        parts.append(Part(KNOWN_PERSON, row["is_known"]))
    return Part(f"audience {name}", name in row["audiences"], parts=tuple(parts))


def _part(condition: Condition, defined: Mapping[str, Definition], row: Row) -> Part:
    if isinstance(condition, All):
        parts = tuple(_part(c, defined, row) for c in condition.all)
        return Part("all of", all(p.holds for p in parts), parts=parts)
    if isinstance(condition, Any):
        parts = tuple(_part(c, defined, row) for c in condition.any)
        return Part("any of", any(p.holds for p in parts), parts=parts)
    if isinstance(condition, Not):
        return _none_of(_part(condition.not_, defined, row))
    if isinstance(condition, AudienceLeaf):
        return _of_audience(condition.audience, defined, row)
    label = leaf_label(condition)
    outcome = row["leaves"][label]
    return Part(label, outcome["holds"], outcome["found"], isinstance(condition, FieldLeaf))


def _none_of(part: Part) -> Part:
    return Part("not", not part.holds, parts=(part,))
