"""Splitting against its own definition: order-free, within limits, and no cut that was not needed."""

import random
from collections import Counter
from collections.abc import Callable

import pandas as pd
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from cdp_spark.identity.bridges import Edge
from cdp_spark.identity.decisions import MANUAL
from cdp_spark.identity.personal_facts import are_different_people
from cdp_spark.identity.split import Rules, parts_and_marked, split_components, split_edges

LIMITS = {0: 1, 1: 2}
FACTS = ("", "", "19540803anna", "19540803ana", "19820417bernd", "20000101cora")
COLUMNS = ["link_id", "src", "dst", "tier", "weight", "last_seen", "src_kind", "dst_kind", "src_fact", "dst_fact"]


def _random_component(random_: random.Random) -> pd.DataFrame:
    kinds = [random_.randrange(4) for _ in range(25)]
    facts = [random_.choice(FACTS) for _ in range(25)]
    base = 2**62  # ids beyond what a float holds
    rows = []
    for link_id in range(60):
        a, b = sorted(random_.sample(range(25), 2))
        seen = pd.Timestamp("2026-01-01") + pd.Timedelta(days=random_.randrange(3))
        rows.append(
            (
                base + link_id,
                base + a,
                base + b,
                random_.randrange(1, 4),
                float(random_.randrange(3)),
                seen,
                kinds[a],
                kinds[b],
                facts[a],
                facts[b],
            )
        )
    return pd.DataFrame(rows, columns=COLUMNS).assign(raw_component=base)


@pytest.mark.parametrize("seed", range(15))
def test_row_order_changes_nothing(seed: int, dice: Callable[[int], random.Random]) -> None:
    random_ = dice(seed)
    component = _random_component(random_)
    want = _comparable(_split(component))
    for _ in range(5):
        assert _comparable(_split(component.sample(frac=1, random_state=random_.randrange(2**32)))) == want


@pytest.mark.parametrize("seed", range(15))
def test_parts_keep_limits_and_every_held_link_would_break_one(seed: int, dice: Callable[[int], random.Random]) -> None:
    component = _random_component(dice(seed))
    kind = dict(zip(component["src"], component["src_kind"], strict=True)) | dict(
        zip(component["dst"], component["dst_kind"], strict=True)
    )
    fact = dict(zip(component["src"], component["src_fact"], strict=True)) | dict(
        zip(component["dst"], component["dst_fact"], strict=True)
    )
    result = _split(component)
    members, refused = result[result["reason"].isna()], result[result["reason"].notna()]
    part = dict(zip(members["id"].tolist(), members["part"].tolist(), strict=True))
    held = set(refused["id"].tolist())
    counts = Counter((part[n], k) for n, k in kind.items())
    assert set(part) == set(kind)
    assert all(min(n for n, q in part.items() if q == p) == p for p in part.values())
    assert all(counts[p, k] <= limit for p in part.values() for k, limit in LIMITS.items())
    for link in component.itertuples():
        if link.link_id not in held:
            assert part[link.src] == part[link.dst]
        else:
            over = any(counts[part[link.src], k] + counts[part[link.dst], k] > limit for k, limit in LIMITS.items())
            both = [
                (fact[a], fact[b]) for a in fact for b in fact if {part[a], part[b]} == {part[link.src], part[link.dst]}
            ]
            assert over or any(are_different_people(a, b) for a, b in both)
    assert not any(are_different_people(fact[a], fact[b]) for a in fact for b in fact if part[a] == part[b])


def test_the_better_link_wins() -> None:
    edges = [Edge(1, 10, 30, 0, 2, 2), Edge(2, 20, 30, 0, 2, 2)]
    rules = Rules({0: 1})
    assert parts_and_marked(edges, rules) == ({10: 10, 30: 10, 20: 20}, {2: "namespace_limit"})
    assert parts_and_marked(edges[::-1], rules) == ({20: 20, 30: 20, 10: 10}, {1: "namespace_limit"})


def test_people_join_the_persons_that_evidence_makes() -> None:
    by_hand = Edge(1, 10, 20, 2, 2, MANUAL)
    ana, ben = Edge(2, 10, 11, 2, 0, 2), Edge(3, 20, 21, 2, 0, 2)  # an e-mail and an account each
    both = Edge(4, 11, 20, 0, 2, 3)
    rules = Rules({0: 1})
    assert parts_and_marked([by_hand, ana, ben, both], rules) == ({n: 10 for n in (10, 11, 20, 21)}, {})
    third = Edge(5, 20, 31, 2, 0, 3)
    parts, held = parts_and_marked([by_hand, ana, ben, both, third], rules)
    assert (parts[31], held) == (31, {5: "namespace_limit"})


def test_what_people_joined_and_what_they_forbade_hold_together() -> None:
    by_hand = Edge(1, 10, 20, 2, 2, MANUAL)
    edges = [by_hand, Edge(2, 10, 11, 2, 0, 2), Edge(3, 20, 21, 2, 0, 2)]
    parts, held = parts_and_marked(edges, Rules({0: 1}, forbidden=((11, 21),)))
    assert (parts, held) == ({10: 10, 20: 10, 11: 10, 21: 21}, {3: "must_not_link"})


@pytest.mark.parametrize("seed", range(15))
def test_what_people_joined_is_as_if_they_had_joined_the_persons_found(
    seed: int, dice: Callable[[int], random.Random]
) -> None:
    random_ = dice(seed)
    component = _random_component(random_)
    by_hand = component.sample(3, random_state=random_.randrange(2**32)).assign(tier=MANUAL)
    found = component.drop(by_hand.index)
    alone = _split(found)
    part = dict(alone[alone["reason"].isna()][["id", "part"]].itertuples(index=False, name=None))
    joined = dict(part)
    for a, b in by_hand[["src", "dst"]].itertuples(index=False):
        one, other = sorted((joined.get(a, a), joined.get(b, b)))
        joined = {n: one if p == other else p for n, p in ({a: one, b: other} | joined).items()}
    result = _split(pd.concat([by_hand, found]))
    together = dict(result[result["reason"].isna()][["id", "part"]].itertuples(index=False, name=None))
    assert together == joined
    assert set(result["id"][result["reason"].notna()]) <= set(alone["id"][alone["reason"].notna()])


EMAIL, LOGIN, SUBSCRIBER, COOKIE = range(4)
FORWARDING = Rules({LOGIN: 1}, strong=frozenset({EMAIL, LOGIN}), forwardable=frozenset({SUBSCRIBER}))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_followed_link_names_an_unknown_device_and_joins_nobody_who_is_known(order: tuple[int, ...]) -> None:
    mail = Edge(1, 10, 20, EMAIL, SUBSCRIBER, 2)
    follows = Edge(2, 20, 30, SUBSCRIBER, COOKIE, 4)
    assert parts_and_marked([mail, follows], FORWARDING) == ({10: 10, 20: 10, 30: 10}, {})
    edges = [mail, Edge(3, 30, 40, COOKIE, EMAIL, 3), follows]  # somebody else's cookie
    parts, held = parts_and_marked([*(edges[i] for i in order), follows], FORWARDING)
    assert (parts, held) == ({10: 10, 20: 10, 30: 30, 40: 30}, {2: "followed_link"})


def test_a_device_on_which_two_mails_were_followed_joins_no_subscribers() -> None:
    edges = [Edge(1, 10, 20, EMAIL, SUBSCRIBER, 2), Edge(2, 11, 21, EMAIL, SUBSCRIBER, 2),
             Edge(3, 20, 30, SUBSCRIBER, COOKIE, 4), Edge(4, 21, 30, SUBSCRIBER, COOKIE, 4)]  # fmt: skip
    assert parts_and_marked(edges, FORWARDING) == ({10: 10, 20: 10, 30: 10, 11: 11, 21: 11}, {4: "followed_link"})


@pytest.mark.parametrize("by_driver_at_most", [3, 0])
def test_only_violating_components_are_split(spark: SparkSession, by_driver_at_most: int) -> None:
    big = 2**62
    components = spark.createDataFrame(
        [
            (big + 1, 0, big + 1, None),
            (big + 2, 2, big + 1, None),
            (big + 3, 0, big + 1, None),
            (5, 0, 5, None),
            (6, 2, 5, None),
        ],
        "node_id BIGINT, priority INT, raw_component BIGINT, fact STRING",
    )
    links = spark.createDataFrame(
        [(71, big + 1, big + 2, 3, 1.0), (72, big + 2, big + 3, 2, 1.0), (73, 5, 6, 1, 1.0)],
        "link_id BIGINT, src BIGINT, dst BIGINT, tier INT, weight DOUBLE",
    ).selectExpr("*", "TIMESTAMP '2026-01-01' AS last_seen")
    violating = spark.createDataFrame([(big + 1,)], "raw_component BIGINT")
    split = split_components(links, components, violating, Rules({0: 1}), by_driver_at_most)
    rows = {tuple(r) for r in split.collect()}
    assert rows == {
        (big + 1, big + 1, big + 1, None),
        (big + 1, big + 2, big + 2, None),
        (big + 1, big + 3, big + 2, None),
        (big + 1, 71, 71, "namespace_limit"),
    }


def _split(component: pd.DataFrame) -> pd.DataFrame:
    parts: pd.DataFrame = split_edges(pa.Table.from_pandas(component), Rules(LIMITS)).to_pandas()
    return parts


def _comparable(result: pd.DataFrame) -> set[tuple[object, ...]]:
    return set(result.itertuples(index=False, name=None))
