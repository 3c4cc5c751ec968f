"""Rules that stop a run or compare rows, and what a later landing adds to what was measured before."""

from decimal import Decimal
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from cdp_spark.contracts.ops import FINDINGS, QUALITY
from cdp_spark.errors import GuardHeld
from cdp_spark.runtime.tables import Tables
from tests.quality.world import AS_OF, FIRST, Row, World, a_config, ids

RULES = [
    {"id": "parent_is_known", "table": "orders", "field": "properties.parent", "references": {"table": "orders", "field": "order_id"}},
    {"id": "one_phone_each", "table": "customers", "field": "phone", "unique": True},
    {"id": "total_is_small", "table": "orders", "field": "total", "range": {"max": 1000}, "severity": "stop"},
]  # fmt: skip


def affected(world: World) -> dict[tuple[str, str], tuple[int, int | None]]:
    found: list[Row] = world.findings()
    return {(f["kind"], f["subject"]): (f["affected"], f["persons"]) for f in found if f["kind"] != "stale_source"}


def test_a_stop_holds_the_run_and_landings_add_up(spark: SparkSession, tables: Tables) -> None:  # noqa: PLR0915  # one story
    world = World(spark, tables, a_config(Path("x"), rules=RULES))
    world.order("o1", FIRST, total=Decimal(5000), warnings=["rule:total_is_small"])
    world.order("o2", FIRST, properties='{"parent": "o1"}')
    world.order("o3", FIRST, properties='{"parent": "gone"}')
    for i in range(3):
        world.customer(f"c{i}", phone=f"+4{i // 2}", identifiers=ids(user_id="u1"))
        world.event(
            "Email Bounced", FIRST, "mail", user_id=None, anonymous_id=None, identifiers=ids(email=f"{i}@b.example")
        )
    world.write()
    with pytest.raises(GuardHeld, match=r"total_is_small \(1 rows of orders\)") as held:
        world.run()
    assert held.value.exit_code == 3
    # Nothing was taken down, so that the next run holds again.
    assert (tables.version(QUALITY), tables.version(FINDINGS)) == (None, None)
    world.run(accept_guard=True)
    assert affected(world) == {
        ("rule_violation", "total_is_small"): (1, 1),
        ("rule_violation", "parent_is_known"): (1, 1),
        ("rule_violation", "one_phone_each"): (2, 1),
        ("same_phone_several_ids", ""): (2, 1),
        ("bounced_email", ""): (3, 3),
    }
    first_seen = {f["finding_id"]: f["first_seen"] for f in world.findings()}

    world.landing = 2
    for i in (2, 3):
        world.event(
            "Email Bounced", FIRST, "mail", user_id=None, anonymous_id=None, identifiers=ids(email=f"{i}@b.example")
        )
    world.customer("c2", valid_from=AS_OF, phone="+4", email=None)
    world.write()
    counts = world.run(accept_guard=True)
    now = affected(world)
    assert now["bounced_email", ""] == (5, 4)
    assert now["same_phone_several_ids", ""] == (2, 1)
    assert counts.changed > 0
    kept = {f["finding_id"]: f["first_seen"] for f in world.findings()}
    assert {i: kept[i] for i in first_seen if i in kept} == {i: first_seen[i] for i in first_seen if i in kept}
    # Of events only the new ones were looked at.
    volumes = {m["landing_id"]: m["n"] for m in world.measured() if m["measure"] == "volume"}
    assert volumes == {1: 3, 2: 2}
    # What a table seen whole shows no longer is gone, also without a landing.
    world.customer("c0", valid_from=AS_OF, phone=None, email=None)
    world.customer("c1", valid_from=AS_OF, phone=None, email=None)
    world.write()
    world.run(accept_guard=True)
    assert ("same_phone_several_ids", "") not in affected(world)
    # The clock alone measures nothing again.
    assert world.run(accept_guard=True).changed == 0


def test_refunds_of_lost_orders_are_neither_forgotten_nor_counted_again(spark: SparkSession, tables: Tables) -> None:
    world = World(spark, tables, a_config(Path("x")))
    lost = ("refund_without_order", "")
    for i in range(3):
        world.event("Order Refunded", FIRST, "shop", stream="orders", properties=f'{{"order_id": "lost{i}"}}')
    world.order("part0", FIRST, total=Decimal(-5), properties='{"refund_of": "lost0"}')
    world.write()
    world.run()
    assert affected(world)[lost][0] == 3
    world.landing = 2
    world.order("o1", AS_OF)
    world.write()
    world.run()
    assert affected(world)[lost][0] == 3
