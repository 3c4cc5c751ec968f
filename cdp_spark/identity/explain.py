"""Explanations: why two identifiers are one person, or why they are not."""

from dataclasses import dataclass

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from cdp_spark.contracts.identity import BRIDGE_REVIEW, HELD_LINKS, LINKS, MEMBERSHIPS, NODES
from cdp_spark.identity.paths import Hop, fewest_held, sides_without, strongest_path
from cdp_spark.identity.references import Reference, reference
from cdp_spark.runtime.published import Published

_FIGURES = ("tier", "weight", "n_obs", "first_seen", "last_seen", "sources", "example_record_id")


@dataclass(frozen=True)
class Explanation:
    """How two identifiers hang together.

    ``path``: the strongest way over kept links, where they are one person, else the way with fewest held links, empty
    where none leads. ``weakest``: its weakest kept hop; ``sides``: how many identifiers would part without it, None where
    others still connect its ends. ``names``: node → (namespace, value) of every identifier on the path.
    """

    one: Reference
    other: Reference
    path: tuple[Hop, ...]
    weakest: Hop | None
    sides: tuple[int, int] | None
    names: dict[int, tuple[str, str]]

    @property
    def is_one_person(self) -> bool:
        """Whether both belong to the same person."""
        return self.one.person_id is not None and self.one.person_id == self.other.person_id


def explanation(published: Published, one: str, other: str) -> Explanation:
    """Explains two identifiers or persons, from the links of their components alone.

    Raises UsageError when one of them was never seen.
    """
    a, b = reference(published, one), reference(published, other)
    hops = _hops(published, a, b)
    kept = [h for h in hops if h.reason is None]
    same = a.person_id is not None and a.person_id == b.person_id
    path = strongest_path(kept, a.node_id, b.node_id) if same else fewest_held(hops, a.node_id, b.node_id)
    weakest = max((h for h in path if h.reason is None), key=lambda h: h.rank, default=None)
    sides = sides_without(kept, weakest) if same and weakest else None
    return Explanation(a, b, tuple(path), weakest, sides, _names(published, path, a, b))


def _hops(published: Published, a: Reference, b: Reference) -> list[Hop]:
    """The kept links of the two components, and the held ones that touch them."""
    current = published.read(MEMBERSHIPS).filter("is_current")
    components = [c for c in (a.raw_component, b.raw_component) if c is not None]
    inside = current.filter(F.col("raw_component").isin(*components)).select("node_id")
    alone = [r.node_id for r in (a, b) if r.raw_component is None]
    if alone:
        inside = inside.unionByName(published.read(NODES).filter(F.col("node_id").isin(*alone)).select("node_id"))
    held = published.read(HELD_LINKS).select("link_id", "src", "dst", "rule", "reason")
    links = published.read(LINKS).select("link_id", "src", "dst", "rule", *_FIGURES)
    kept = links.join(held.select("link_id"), "link_id", "left_anti").withColumn("reason", F.lit(None).cast("string"))
    refused = held.join(links.select("link_id", *_FIGURES), "link_id", "left")
    touching = _touching(kept.unionByName(refused), inside.transform(F.broadcast))
    return [_hop(r) for r in touching.collect()]


def _touching(links: DataFrame, inside: DataFrame) -> DataFrame:
    by_src = links.join(inside.withColumnRenamed("node_id", "src"), "src", "left_semi")
    by_dst = links.join(inside.withColumnRenamed("node_id", "dst"), "dst", "left_semi")
    return by_src.unionByName(by_dst).dropDuplicates(["link_id"])


def _hop(row: Row) -> Hop:
    said = row.asDict()
    sources = tuple(said.pop("sources") or ())
    reason = said.pop("reason")
    return Hop(**said, sources=sources, reason=None if reason == BRIDGE_REVIEW else reason)


def _names(published: Published, path: list[Hop], a: Reference, b: Reference) -> dict[int, tuple[str, str]]:
    on_path = sorted({n for h in path for n in (h.src, h.dst)} - {a.node_id, b.node_id})
    names = {r.node_id: (r.namespace, r.value) for r in (a, b)}
    if on_path:
        for r in published.read(NODES).filter(F.col("node_id").isin(*on_path)).collect():
            names[r["node_id"]] = (r["namespace"], r["value"])
    return names
