"""Everything the published tables say about one person, for ``cdp person``."""

from dataclasses import dataclass

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from cdp_spark.config import Config
from cdp_spark.contracts.gold import AUDIENCE_MEMBERS, CONTACT_POINTS, PROFILES, SESSIONS, TOUCHPOINTS
from cdp_spark.contracts.identity import (
    BRIDGE_REVIEW,
    DEVICE_SLICES,
    HELD_LINKS,
    HOUSEHOLD_MEMBERSHIPS,
    LINKS,
    MEMBERSHIPS,
    NODES,
    REDIRECTS,
)
from cdp_spark.contracts.ops import ACKNOWLEDGED
from cdp_spark.contracts.traits import contract_of_traits
from cdp_spark.contracts.unknown_identifiers import fix_of_unknown
from cdp_spark.errors import UsageError
from cdp_spark.runtime.published import Published

_IDS_SHOWN = 5


@dataclass(frozen=True)
class PersonView:
    """One person: rows of each table that speaks of them."""

    person_id: str
    profile: Row | None
    traits: Row | None
    identifiers: list[Row]
    devices: list[Row]
    links: list[Row]
    """What makes them one person: links kept between their identifiers."""
    refused: list[Row]
    """Links to theirs that were held, and why."""
    household: list[Row]
    contact_points: list[Row]
    audiences: list[Row]
    sessions: list[Row]
    touchpoints: list[Row]
    syncs: list[Row]


def person_view(published: Published, config: Config, identifier: str) -> PersonView:
    """The person an identifier or a person id (also a retired one) leads to.

    ``identifier`` may be written ``namespace:value``. Raises UsageError when it leads to nobody or to several.
    """
    person_id = person_id_of(published, identifier)
    nodes = published.read(NODES)
    members = published.read(MEMBERSHIPS).filter(F.col("is_current") & (F.col("person_id") == person_id))
    own = members.select("node_id").join(nodes, "node_id").orderBy("priority", "namespace", "value").collect()
    links = _links(published, nodes, [i["node_id"] for i in own])
    return PersonView(
        person_id=person_id,
        profile=_of(published.read(PROFILES), person_id).first(),
        traits=_of(published.read(contract_of_traits(config.traits)), person_id).first(),
        identifiers=own,
        devices=_devices(published, nodes, person_id),
        links=[k for k in links if k["is_kept"]],
        refused=[k for k in links if not k["is_kept"]],
        household=_household(published, person_id),
        contact_points=_of(published.read(CONTACT_POINTS), person_id).orderBy("namespace", "value").collect(),
        audiences=_of(published.read(AUDIENCE_MEMBERS), person_id).orderBy("audience").collect(),
        sessions=_of(published.read(SESSIONS), person_id).orderBy("started_at").collect(),
        touchpoints=_of(published.read(TOUCHPOINTS), person_id).orderBy("occurred_at").collect(),
        syncs=_syncs(published, person_id),
    )


def _of(table: DataFrame, person_id: str) -> DataFrame:
    return table.filter(F.col("person_id") == person_id)


def _devices(published: Published, nodes: DataFrame, person_id: str) -> list[Row]:
    """The shared devices that were theirs for a time."""
    if DEVICE_SLICES.name not in published.versions:
        return []
    theirs = _of(published.read(DEVICE_SLICES), person_id)
    return (
        theirs.join(nodes.select("node_id", "namespace", "value"), "node_id").orderBy("valid_from", "value").collect()
    )


def _syncs(published: Published, person_id: str) -> list[Row]:
    if ACKNOWLEDGED.name not in published.versions:
        return []
    return _of(published.read(ACKNOWLEDGED), person_id).orderBy("sync_id").collect()


def person_id_of(published: Published, identifier: str) -> str:
    """The person an identifier or a person id (also a retired one) leads to; see ``person_view``."""
    nodes, memberships = published.read(NODES), published.read(MEMBERSHIPS)
    namespace, _, rest = identifier.partition(":")
    by_value = F.lower("value") == identifier.lower()
    if rest:
        by_value = by_value | ((F.col("namespace") == namespace) & (F.lower("value") == rest.lower()))
    by_identifier = nodes.filter(by_value).join(memberships.filter("is_current"), "node_id").select("person_id")
    by_id = published.read(PROFILES).filter(F.col("person_id") == identifier).select("person_id")
    retired = published.read(REDIRECTS).filter(F.col("old_person_id") == identifier).select("person_id")
    found = [r["person_id"] for r in by_identifier.unionByName(by_id).unionByName(retired).distinct().collect()]
    people = [p for p in found if p is not None]
    if not people:
        raise UsageError("that identifier leads to no person", fix=fix_of_unknown(nodes, identifier))
    if len(people) > 1:
        ids = ", ".join(sorted(map(str, people))[:_IDS_SHOWN])
        fix = f"name one of them by another identifier, or by person id: {ids}"
        raise UsageError(f"that identifier leads to {len(people)} persons", fix=fix)
    return str(people[0])


def _household(published: Published, person_id: str) -> list[Row]:
    """The households they belong to: household_id, basis, and the other persons in it."""
    if HOUSEHOLD_MEMBERSHIPS.name not in published.versions:
        return []
    persons = published.read(MEMBERSHIPS).filter("is_current").select("node_id", "person_id")
    homes = published.read(HOUSEHOLD_MEMBERSHIPS).filter("is_current").select("node_id", "household_id", "basis")
    living = homes.join(persons, "node_id").select("household_id", "basis", "person_id").distinct()
    theirs = living.filter(F.col("person_id") == person_id).select("household_id")
    others = F.array_sort(F.collect_set(F.when(F.col("person_id") != person_id, F.col("person_id"))))
    by_home = living.join(theirs, "household_id").groupBy("household_id", "basis").agg(others.alias("others"))
    return by_home.orderBy("household_id").collect()


def _links(published: Published, nodes: DataFrame, own: list[int]) -> list[Row]:
    """The links with an end among their own identifiers."""
    src_is_own, dst_is_own = (F.col(end).isin(own) for end in ("src", "dst"))
    figures = published.read(LINKS).select(
        "link_id", "src", "dst", "rule", "n_obs", "first_seen", "last_seen", "sources"
    )
    held = published.read(HELD_LINKS).select("link_id", "src", "dst", "rule", F.col("reason").alias("held"))
    touching = [frame.filter(src_is_own | dst_is_own) for frame in (figures, held)]
    named = touching[0].join(touching[1], ["link_id", "src", "dst", "rule"], "full")
    names = nodes.select("node_id", F.concat_ws(":", "namespace", "value").alias("name"))
    for end, name in (("src", "from"), ("dst", "to")):
        named = named.join(names.select(F.col("node_id").alias(end), F.col("name").alias(name)), end)
    is_kept = src_is_own & dst_is_own & (F.col("held").isNull() | (F.col("held") == BRIDGE_REVIEW))
    columns = ("from", "to", "rule", "n_obs", "first_seen", "last_seen", "sources", "held")
    return named.select(*columns, is_kept.alias("is_kept")).orderBy("first_seen", "from", "to").collect()
