"""Everything the published tables say about one person, for ``cdp person``."""

from dataclasses import dataclass

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from cdp_spark.config import Config
from cdp_spark.contracts.gold import AUDIENCE_MEMBERS, CONTACT_POINTS, PROFILES, SESSIONS, TOUCHPOINTS
from cdp_spark.contracts.identity import DEVICE_SLICES, HELD_LINKS, LINKS, MEMBERSHIPS, NODES, REDIRECTS
from cdp_spark.contracts.ops import ACKNOWLEDGED
from cdp_spark.contracts.traits import contract_of_traits
from cdp_spark.errors import UsageError
from cdp_spark.runtime.tables import Published


@dataclass(frozen=True)
class PersonView:
    """One person: rows of each table that speaks of them."""

    person_id: str
    profile: Row | None
    traits: Row | None
    identifiers: list[Row]
    devices: list[Row]
    links: list[Row]
    contact_points: list[Row]
    audiences: list[Row]
    sessions: list[Row]
    touchpoints: list[Row]
    syncs: list[Row]


def person_view(published: Published, config: Config, identifier: str) -> PersonView:
    """The person an identifier or a person id (also a retired one) leads to.

    ``identifier`` may be written ``namespace:value``. Raises UsageError when it leads to nobody or to several.
    """
    person_id = _person_id(published, identifier)
    nodes = published.read(NODES)
    members = published.read(MEMBERSHIPS).filter(F.col("is_current") & (F.col("person_id") == person_id))
    own = members.select("node_id").join(nodes, "node_id").persist()
    view = PersonView(
        person_id=person_id,
        profile=_of(published.read(PROFILES), person_id).first(),
        traits=_of(published.read(contract_of_traits(config.traits)), person_id).first(),
        identifiers=own.orderBy("priority", "namespace", "value").collect(),
        devices=_devices(published, nodes, person_id),
        links=_links(published, own),
        contact_points=_of(published.read(CONTACT_POINTS), person_id).orderBy("namespace", "value").collect(),
        audiences=_of(published.read(AUDIENCE_MEMBERS), person_id).orderBy("audience").collect(),
        sessions=_of(published.read(SESSIONS), person_id).orderBy("started_at").collect(),
        touchpoints=_of(published.read(TOUCHPOINTS), person_id).orderBy("occurred_at").collect(),
        syncs=_syncs(published, person_id),
    )
    own.unpersist()
    return view


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


def _person_id(published: Published, identifier: str) -> str:
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
        raise UsageError(
            "that identifier leads to no person", fix="write it as namespace:value, or try another of theirs"
        )
    if len(people) > 1:
        raise UsageError(
            f"that identifier leads to {len(people)} persons",
            fix="write it as namespace:value, e.g. email:ana@example.com",
        )
    return str(people[0])


def _links(published: Published, own: DataFrame) -> list[Row]:
    ends = own.select("node_id", F.concat_ws(":", "namespace", "value").alias("name"))
    kept = published.read(LINKS).select("link_id", "src", "dst", "rule", "n_obs", "first_seen", "last_seen", "sources")
    held = published.read(HELD_LINKS).select("link_id", "reason")
    return (
        kept.join(ends.select(F.col("node_id").alias("src"), F.col("name").alias("from")), "src")
        .join(ends.select(F.col("node_id").alias("dst"), F.col("name").alias("to")), "dst")
        .join(held, "link_id", "left")
        .select("from", "to", "rule", "n_obs", "first_seen", "last_seen", "sources", F.col("reason").alias("held"))
        .orderBy("first_seen", "from", "to")
        .collect()
    )
