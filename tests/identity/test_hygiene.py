"""Caps and links over random records, against the same rules written down plainly."""

import math
import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import count

from pyspark.sql import DataFrame, SparkSession

from cdp_spark.config.identity import IdentityConfig, Namespace
from cdp_spark.identity.hygiene import capped_nodes
from cdp_spark.identity.links import drawn_links
from cdp_spark.identity.namespaces import Namespaces
from tests.identity.world import T0

# Small caps, that random records are on both sides of them.
_CONFIG = IdentityConfig(
    namespaces={
        "user_id": Namespace(strong=True, limit=1),
        "email": Namespace(strong=True, limit=2, shared_above=2, generic_above=6),
        "handle": Namespace(limit=3, generic_above=4),
        "cookie": Namespace(device=True, shared_above=1, generic_above=5),
    }
)
_RULES = list(_CONFIG.namespaces.values())
_SETS = (
    "members ARRAY<STRUCT<priority: INT, node_id: BIGINT, is_blocked: BOOLEAN>>, n_obs BIGINT, first_seen TIMESTAMP,"
    " last_seen TIMESTAMP, sources ARRAY<STRING>, example_record_id STRING, is_crowded BOOLEAN"
)
Member = tuple[int, int, bool]
Set = tuple[list[Member], bool]


def random_sets(random_: random.Random) -> list[Set]:
    """Distinct sets of two and more identifiers, some of a blocked value, some crowded."""
    found: dict[str, Set] = {}
    while len(found) < 120:
        kinds = random_.choices(range(4), (3, 3, 2, 4), k=random_.randrange(2, 5))
        members = sorted({(k, 1000 * k + random_.randrange((30, 15, 10, 8)[k]), False) for k in kinds})
        members = [(k, n, n % 1000 == 7) for k, n, _ in members]
        if len(members) > 1:
            found[str(members)] = members, random_.random() < 0.05
    return list(found.values())


def just_over() -> list[Set]:
    """A device of two logins and a handle of five addresses, met once each: one more than their caps."""
    device: list[Set] = [([(0, user, False), (3, 3900, False)], False) for user in (900, 901)]
    handle: list[Set] = [([(1, email, False), (2, 2900, False)], False) for email in range(1900, 1905)]
    return [*device, *handle]


def frame_of(spark: SparkSession, sets: Iterable[Set]) -> DataFrame:
    numbers = count()
    rows = [(m, 2, T0, T0 + timedelta(1), ["crm"], f"r{next(numbers)}", crowded) for m, crowded in sets]
    return spark.createDataFrame(rows, _SETS)


def plainly_capped(sets: list[Set]) -> dict[int, str]:
    met: dict[tuple[int, int], dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for members, crowded in sets:
        for kind, node, blocked in [] if crowded else members:
            others = [m for m in members if not _RULES[m[0]].device and not m[2]]
            for other_kind, other, _ in [] if blocked else others:
                met[node, kind][other_kind].add(other)
    capped = {}
    for (node, kind), by_kind in met.items():
        counts = {k: len(v) for k, v in by_kind.items() if len(v) > 1}
        persons = [math.ceil(n / a_person) for k, n in counts.items() if (a_person := _RULES[k].limit)]
        shared_above = _RULES[kind].shared_above
        if max(counts.values(), default=0) > _RULES[kind].generic_above:
            capped[node] = "generic"
        elif shared_above and max(persons, default=0) > shared_above:
            capped[node] = "shared"
    return capped


def plainly_drawn(sets: list[Set], capped: dict[int, str]) -> set[tuple[int, int, str | None]]:
    reasons: dict[tuple[int, int], set[str | None]] = defaultdict(set)
    for members, crowded in sets:
        status = {n: "blocked" if blocked else capped.get(n) for _, n, blocked in members}
        (_, hub), *others = sorted((k, n) for k, n, _ in members if status[n] is None) + sorted(
            (k, n) for k, n, _ in members if status[n] is not None
        )
        for _, other in others:
            inactive = status[other] or status[hub]
            reason = "crowded_record" if crowded else inactive and f"{inactive}_identifier"
            reasons[min(hub, other), max(hub, other)].add(reason)
    return {
        (src, dst, None if None in found else min(r for r in found if r is not None))
        for (src, dst), found in reasons.items()
    }


def test_caps_and_links_are_those_of_the_plain_rules(spark: SparkSession, dice: Callable[[int], random.Random]) -> None:
    sets, namespaces = [*random_sets(dice(11)), *just_over()], Namespaces(_CONFIG)
    frame = frame_of(spark, sets)
    capped = capped_nodes(frame, namespaces)
    want = plainly_capped(sets)
    assert (want[3900], want[2900]) == ("shared", "generic")
    assert {r["node_id"]: r["status"] for r in capped.collect()} == want
    drawn = drawn_links(frame, capped, namespaces).select("src", "dst", "reason").collect()
    assert {tuple(r) for r in drawn} == plainly_drawn(sets, want)
