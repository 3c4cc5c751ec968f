"""Decisions outrank rules, are refused where they contradict each other, and cost nothing where there are none."""

from datetime import timedelta

import pytest
from pyspark.sql import SparkSession

from cdp_spark.config.identity import IdentityConfig
from cdp_spark.contracts.identity import DECISIONS
from cdp_spark.errors import UsageError
from cdp_spark.identity.decisions import Decision, Decisions, Kind, decisions_in_force, refuse_contradiction
from cdp_spark.identity.graph import Solution, graph_of, solution_of
from cdp_spark.identity.ids import node_id
from cdp_spark.runtime.rows import frame_of_rows
from cdp_spark.runtime.tables import Tables
from tests.identity.world import T0, Row, a_record, identifier_frame

A, B, C, D = 1, 2, 3, 4
AS_OF = T0 + timedelta(days=9)


def _decisions(*said: tuple[Kind, int, int | None]) -> Decisions:
    return Decisions(tuple(Decision(f"d_{i}", kind, a, b, T0) for i, (kind, a, b) in enumerate(said)))


def test_a_contradiction_by_closure_names_every_decision_in_it() -> None:
    joined = _decisions((Kind.MUST_LINK, A, B), (Kind.MUST_LINK, B, C), (Kind.MUST_LINK, 8, 9))
    with pytest.raises(UsageError, match="d_0, d_1") as refused:
        refuse_contradiction(joined, Kind.MUST_NOT_LINK, A, C)
    assert refused.value.facts["decisions"] == ["d_0", "d_1"]
    refuse_contradiction(joined, Kind.MUST_NOT_LINK, A, D)
    refuse_contradiction(joined, Kind.MUST_LINK, A, C)


def test_a_link_around_a_forbidden_pair_is_refused() -> None:
    standing = _decisions((Kind.MUST_LINK, A, B), (Kind.MUST_NOT_LINK, B, C), (Kind.MUST_LINK, C, D))
    with pytest.raises(UsageError, match="d_1, d_0, d_2"):
        refuse_contradiction(standing, Kind.MUST_LINK, A, D)
    refuse_contradiction(standing, Kind.MUST_LINK, A, 7)


@pytest.mark.parametrize(
    ("first", "second"), [(Kind.BLOCK_VALUE, Kind.UNBLOCK_VALUE), (Kind.UNBLOCK_VALUE, Kind.BLOCK_VALUE)]
)
def test_a_value_is_not_blocked_and_unblocked(first: Kind, second: Kind) -> None:
    with pytest.raises(UsageError, match="d_0"):
        refuse_contradiction(_decisions((first, A, None)), second, A, None)
    refuse_contradiction(_decisions((first, A, None)), second, B, None)


def test_a_warehouse_without_decisions_has_none(tables: Tables) -> None:
    assert decisions_in_force(tables) == Decisions()


def _node(identifier: str) -> int:
    return node_id(*identifier.split(":"))


def _said(*said: tuple[Kind, str, str | None]) -> Decisions:
    rows: list[tuple[Kind, int, int | None]] = []
    for kind, one, other in said:
        low, *high = sorted(_node(i) for i in (one, other) if i)
        rows.append((kind, low, high[0] if high else None))
    return _decisions(*rows)


def _solved(spark: SparkSession, records: list[list[Row]], decisions: Decisions) -> Solution:
    config = IdentityConfig()
    graph = graph_of(identifier_frame(spark, records), config, AS_OF, decisions)
    return solution_of(graph, config, decisions)


WORLD = [
    a_record("r1", user_id="u1", email="a@x.com"),
    a_record("r2", user_id="u1", email="b@x.com"),
    a_record("r3", user_id="u2", email="c@x.com"),
    a_record("r4", user_id="0000", email="d@x.com"),
    a_record("r5", email="a@x.com", phone="+431"),
    a_record("r6", email="z@x.com", phone="+431"),
    *[a_record(f"f{i}", user_id=f"f{i}", email="info@x.com") for i in range(5)],
]
SAID = (
    (Kind.MUST_LINK, "user_id:u1", "user_id:u2"),
    (Kind.MUST_NOT_LINK, "user_id:u1", "email:b@x.com"),
    (Kind.UNBLOCK_VALUE, "user_id:0000", None),
    (Kind.BLOCK_VALUE, "phone:+431", None),
    (Kind.UNBLOCK_VALUE, "email:info@x.com", None),
)


def test_decisions_outrank_every_rule_and_say_so(spark: SparkSession) -> None:
    solution = _solved(spark, WORLD, _said(*SAID))
    names = {node_id(n, v): f"{n}:{v}" for record in WORLD for _, n, v, *_ in record}
    parts: dict[int, set[str]] = {}
    for r in solution.members.collect():
        parts.setdefault(r["part"], set()).add(names[r["node_id"]])
    held = {(names[r["src"]], names[r["dst"]], r["reason"]) for r in solution.held.collect()}
    found = set(map(frozenset, parts.values()))
    assert frozenset({"user_id:u1", "user_id:u2", "email:a@x.com", "email:c@x.com"}) in found  # over the limit of 1
    assert frozenset({"email:b@x.com"}) in found
    assert frozenset({"user_id:0000", "email:d@x.com"}) in found
    assert frozenset({"email:z@x.com"}) in found
    assert [p for p in found if "email:info@x.com" in p and len(p) == 2]  # five logins share it: it goes with one
    assert {frozenset(h[:2]) for h in held if h[2] == "must_not_link"} == {frozenset({"user_id:u1", "email:b@x.com"})}
    assert {h[2] for h in held} == {"must_not_link", "blocked_identifier", "namespace_limit"}
    assert not any("+431" in name for part in found for name in part)


def test_must_not_link_wins_where_a_contradiction_remains(spark: SparkSession) -> None:
    pair = ("user_id:u1", "user_id:u2")
    solution = _solved(spark, WORLD, _said((Kind.MUST_LINK, *pair), (Kind.MUST_NOT_LINK, *pair)))
    part = {r["node_id"]: r["part"] for r in solution.members.collect()}
    assert part[_node(pair[0])] != part[_node(pair[1])]
    assert {r["reason"] for r in solution.held.collect() if r["rule"] == "must_link"} == {"must_not_link"}


def test_revoked_and_unseen_pairs_change_nothing(spark: SparkSession) -> None:
    def partition(decisions: Decisions) -> set[tuple[object, ...]]:
        return {tuple(r) for r in _solved(spark, WORLD, decisions).members.collect()}

    unseen = _said(
        (Kind.MUST_LINK, "email:never@x.com", "user_id:u1"), (Kind.MUST_NOT_LINK, "email:never@x.com", "user_id:u2")
    )
    assert partition(unseen) == partition(Decisions())


def test_a_decision_is_of_the_time_it_was_made_wherever_the_machine_stands(
    spark: SparkSession, tables: Tables, far_east: None
) -> None:
    row = ("d_1", Kind.MUST_LINK.value, A, B, "ana", "same card", T0, None, None)
    tables.append(DECISIONS, frame_of_rows(spark, DECISIONS.schema, [row]))
    assert decisions_in_force(tables).all == (Decision("d_1", Kind.MUST_LINK, A, B, T0),)
