"""Anonymous on Tuesday, subscribed on Thursday, in the shop on Saturday: one person, in any order of arrival."""

import random
from collections.abc import Callable
from datetime import timedelta
from itertools import permutations

import pytest
from pyspark.sql import SparkSession

from cdp_spark.config.identity import IdentityConfig
from cdp_spark.identity.graph import graph_of, solution_of
from cdp_spark.identity.ids import node_id
from tests.identity.world import T0, Row, Warehouse, a_record, identifier_frame

COPIES = 20


def _story(copy: str = "") -> list[list[list[Row]]]:
    """The records of Tuesday, Thursday and Saturday."""
    cookie, email, card = f"cookie{copy}", f"anna{copy}@example.com", f"L1{copy}"
    thursday, saturday = T0 + timedelta(days=2), T0 + timedelta(days=4)
    return [
        [a_record(f"tue{copy}", T0, anonymous_id=cookie)],
        [
            a_record(f"thu{copy}", thursday, anonymous_id=cookie, email=email),
            a_record(f"crm{copy}", thursday, "crm", crm_contact_id=f"C1{copy}", email=email, loyalty_id=card),
        ],
        [a_record(f"sat{copy}", saturday, "pos", loyalty_id=card)],
    ]


def test_twenty_shuffled_arrivals_make_twenty_persons(
    spark: SparkSession, dice: Callable[[int], random.Random]
) -> None:
    random_, config = dice(11), IdentityConfig()
    records = [record for i in range(COPIES) for day in _story(f"-{i}") for record in day]
    random_.shuffle(records)
    graph = graph_of(identifier_frame(spark, records).repartition(3), config, T0 + timedelta(days=9))
    parts: dict[int, set[int]] = {}
    for r in solution_of(graph, config).members.collect():
        parts.setdefault(r["part"], set()).add(r["node_id"])
    values = ("anonymous_id:cookie", "email:anna{}@example.com", "crm_contact_id:C1", "loyalty_id:L1")
    want = {
        frozenset(node_id(*(v.format(f"-{i}") if "{" in v else f"{v}-{i}").split(":")) for v in values)
        for i in range(COPIES)
    }
    assert set(map(frozenset, parts.values())) == want


@pytest.mark.slow
@pytest.mark.parametrize("follows_change", [True, False])
def test_one_person_in_any_order_of_arrival(new_warehouse: Callable[[str], Warehouse], follows_change: bool) -> None:
    bystanders = [a_record(f"by{i}", user_id=f"by{i}", email=f"by{i}@x.com") for i in range(40)]
    outcomes = set()
    for order in permutations(range(3)):
        world = new_warehouse(f"{follows_change}{order}")
        world.follows_change = follows_change
        world.add(bystanders)
        world.run()
        for day in order:
            world.add(_story()[day])
            world.run()  # a day later each; Saturday's receipt may lie beyond the first of them
        person = world.person("anonymous_id", "cookie")
        assert ("loyalty_id", "L1") in person
        outcomes.add(frozenset(world.partition()))
    assert len(outcomes) == 1
