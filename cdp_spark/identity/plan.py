"""What-if: what other settings would make of the published evidence. Nothing is written."""

from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from cdp_spark.config.identity import IdentityConfig
from cdp_spark.contracts.gold import AUDIENCE_MEMBERS
from cdp_spark.contracts.identity import MEMBERSHIPS, MODELS, PERSONS
from cdp_spark.contracts.silver import CUSTOMERS, IDENTIFIERS
from cdp_spark.identity.claims import claims, origins, part_persons, parts_of
from cdp_spark.identity.decisions import Decisions
from cdp_spark.identity.graph import Graph, Solution, graph_of, solution_of
from cdp_spark.identity.matching.linked import matched_records
from cdp_spark.identity.namespaces import Namespaces
from cdp_spark.runtime.published import Published
from cdp_spark.runtime.staging import staged

_LARGEST = 10


@dataclass(frozen=True)
class Evidence:
    """The strongest link that joins what was apart, or was held and so parts what was together (``reason``).

    Its ends are (namespace, value), None where an identifier links nobody before and after.
    """

    rule: str
    tier: int | None
    reason: str | None
    one: tuple[str, str] | None
    other: tuple[str, str] | None


@dataclass(frozen=True)
class Move:
    """Identifiers that would change person; None: nobody's, as shared or blocked."""

    old: str | None
    new: str | None
    identifiers: int
    evidence: Evidence | None = None


@dataclass(frozen=True)
class Plan:
    """The difference that other settings would make.

    ``merged``: persons that would go into others; ``split``: persons that would come about; ``gone``: persons left
    without identifiers. ``audiences``: name, members now, members then; estimated from today's memberships, which go with
    the person ids: merged members count once, a person split off is in no audience.
    """

    before: int
    after: int
    unchanged: int
    merged: int
    split: int
    gone: int
    moves: tuple[Move, ...]
    audiences: tuple[tuple[str, int, int], ...]


def identity_plan(published: Published, config: IdentityConfig, decisions: Decisions, as_of: datetime) -> Plan:
    """What ``config`` would make of the published evidence at the publication's ``as_of``, with the newest model where
    matching is enabled.
    """
    known = published.read(CUSTOMERS) if CUSTOMERS.name in published.versions else None
    matched = None
    if known is not None and config.matching.enabled:
        matched = matched_records(known, published.newest(MODELS), config.matching, as_of)
    customers = known if config.tell_people_apart else None
    graph = graph_of(published.read(IDENTIFIERS), config, as_of, decisions, customers, matched)
    solution = solution_of(graph, config, decisions)
    persons, memberships = published.read(PERSONS), published.read(MEMBERSHIPS)
    claimed = staged(claims(solution.members, persons, memberships))
    parts = parts_of(solution.members, Namespaces(config))
    holders = staged(
        part_persons(parts, claimed, origins(solution.members, claimed, persons, memberships), persons, as_of)
    )
    sides = staged(_old_and_new(memberships, solution, holders))
    counts = _counts(sides, holders, claimed)
    moves = _largest_moves(graph, solution, sides)
    return Plan(**counts, moves=moves, audiences=_audiences(published, claimed, holders))


def _old_and_new(memberships: DataFrame, solution: Solution, holders: DataFrame) -> DataFrame:
    """node_id, old, new: the person of every identifier that has one before or after."""
    old = memberships.filter("is_current").select("node_id", F.col("person_id").alias("old"))
    new = solution.members.join(holders.select("part", F.col("person_id").alias("new")), on="part")
    return old.join(new.select("node_id", "new"), on="node_id", how="full_outer")


def _counts(sides: DataFrame, holders: DataFrame, claimed: DataFrame) -> dict[str, int]:
    touched = F.when(~F.col("old").eqNullSafe(F.col("new")), True)
    of_old = sides.filter("old IS NOT NULL").groupBy("old").agg(F.count(touched).alias("n"))
    of_new = sides.filter("new IS NOT NULL").groupBy("new").agg(F.count(touched).alias("gained"))
    both = of_old.join(of_new, F.col("old") == F.col("new"), "left")
    is_same = (F.col("n") == 0) & (F.coalesce("gained", F.lit(0)) == 0)
    before = both.agg(F.count(F.lit(1)).alias("before"), F.count_if(is_same).alias("unchanged"))
    after = holders.agg(F.count(F.lit(1)).alias("after"), F.count_if("is_new").alias("split"))
    claimants = claimed.agg(F.count(F.lit(1)).alias("claimants"))
    row = before.crossJoin(after).crossJoin(claimants).first()
    found: dict[str, int] = row.asDict() if row else {}
    claimants_n = found.pop("claimants")
    found["merged"] = claimants_n - (found["after"] - found["split"])
    found["gone"] = found["before"] - claimants_n
    return found


def _largest_moves(graph: Graph, solution: Solution, sides: DataFrame) -> tuple[Move, ...]:
    changed = sides.filter(~F.col("old").eqNullSafe(F.col("new")))
    largest = staged(changed.groupBy("old", "new").count().orderBy(F.col("count").desc(), "old", "new").limit(_LARGEST))
    same_move = [F.col(f"m.{c}").eqNullSafe(F.col(f"l.{c}")) for c in ("old", "new")]
    moved = changed.alias("m").join(F.broadcast(largest).alias("l"), on=same_move).select("m.*", "l.count")
    best = moved.groupBy("old", "new").agg(F.max("count").alias("n"))
    crossing = _crossing(graph, solution, sides)
    touching = [
        moved.join(crossing, on=F.col("node_id") == F.col(end), how="inner").select("old", "new", "link")
        for end in ("src", "dst")
    ]
    strongest = touching[0].unionByName(touching[1]).groupBy("old", "new").agg(F.min("link").alias("link"))
    same = [F.col(f"b.{c}").eqNullSafe(F.col(f"s.{c}")) for c in ("old", "new")]
    joined = best.alias("b").join(strongest.alias("s"), on=same, how="left")
    rows = joined.select("b.old", "b.new", "b.n", "s.link.*").collect()
    in_order = sorted(rows, key=lambda r: (-r["n"], r["old"] or "", r["new"] or ""))
    return tuple(Move(r["old"], r["new"], r["n"], _evidence(r)) for r in in_order)


def _crossing(graph: Graph, solution: Solution, sides: DataFrame) -> DataFrame:
    """The kept links between different old persons, and the held ones between different new ones: src, dst, link."""
    reasons = solution.held.select("link_id", F.col("reason").alias("why"))
    names = graph.nodes.select("node_id", F.struct("namespace", "value").alias("name"))
    found = graph.drawn.join(reasons, on="link_id", how="left")
    for end in ("src", "dst"):
        side = sides.join(names, on="node_id", how="left").select(
            F.col("node_id").alias(end), *[F.col(c).alias(f"{end}_{c}") for c in ("old", "new", "name")]
        )
        found = found.join(side, on=end, how="left")
    joins = F.col("why").isNull() & ~F.col("src_old").eqNullSafe(F.col("dst_old"))
    parts = F.col("why").isNotNull() & ~F.col("src_new").eqNullSafe(F.col("dst_new"))
    strength = ("tier", (-F.col("weight")).alias("weakness"), "link_id")
    link = F.struct(*strength, "rule", "why", F.col("src_name").alias("one"), F.col("dst_name").alias("other"))
    return found.filter(joins | parts).select("src", "dst", link.alias("link"))


def _evidence(row: Row) -> Evidence | None:
    if row["link_id"] is None:
        return None
    one, other = ((r["namespace"], r["value"]) if r else None for r in (row["one"], row["other"]))
    return Evidence(row["rule"], row["tier"], row["why"], one, other)


def _audiences(published: Published, claimed: DataFrame, holders: DataFrame) -> tuple[tuple[str, int, int], ...]:
    if AUDIENCE_MEMBERS.name not in published.versions:
        return ()
    survivors = claimed.select("person_id", "part").join(
        holders.select("part", F.col("person_id").alias("survivor")), on="part"
    )
    members = published.read(AUDIENCE_MEMBERS).select("audience", "person_id").join(survivors, "person_id", "left")
    sizes = members.groupBy("audience").agg(F.count(F.lit(1)).alias("now"), F.count_distinct("survivor").alias("then"))
    return tuple((r["audience"], r["now"], r["then"]) for r in sizes.orderBy("audience").collect())
