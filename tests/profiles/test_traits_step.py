"""gold.traits as the step writes it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from pyspark.sql import SparkSession

from cdp_spark.config.identity import IdentityConfig
from cdp_spark.config.traits import TraitsConfig
from cdp_spark.contracts.identity import DEVICE_SLICES, NODES
from cdp_spark.contracts.traits import contract_of_traits
from cdp_spark.errors import ConfigError
from cdp_spark.profiles.traits_step import write_traits
from cdp_spark.runtime.tables import Tables
from tests.audiences.world import T0, World

DAY = timedelta(days=1)


@pytest.fixture
def world(spark: SparkSession, tables: Tables) -> World:
    """Ana has two devices, looked around and bought in two currencies; Bob did nothing."""
    made = World(spark, tables)
    made.person("ana")
    made.person("bob")
    made.owners["anas_phone"] = "ana"
    made.did("ana", "Viewed", T0)
    made.did("anas_phone", "viewed", T0)
    made.did("a_stranger", "Viewed", T0)
    made.ordered("ana", T0, revenue=Decimal(10), currency="EUR")
    made.ordered("anas_phone", T0 - 30 * DAY, revenue=Decimal(5), currency="EUR")
    made.ordered("ana", T0, revenue=Decimal(7), currency="USD")
    made.traits = TraitsConfig.model_validate(
        {
            "traits": {
                "views": {"kind": "count", "event": "Viewed", "window": {"last": "7d"}},
                "orders_count": {"kind": "count", "orders": True},
                "revenue": {
                    "kind": "sum",
                    "orders": True,
                    "property": "revenue",
                    "currency": "EUR",
                    "window": {"last": "31d"},
                },
                "pages": {"kind": "unique_list", "event": "Viewed", "property": "page"},
            }
        }
    )
    return made


def _rows(world: World) -> dict[str, dict[str, object]]:
    rows = world.tables.read(contract_of_traits(world.traits)).collect()
    return {r["person_id"]: {k: v for k, v in r.asDict().items() if k != "person_id"} for r in rows}


def test_every_person_has_a_row_and_devices_count_for_their_person(world: World) -> None:
    world.write()
    write_traits(world.next_run(T0))
    assert _rows(world) == {
        "ana": {"views": 2, "orders_count": 3, "revenue": Decimal(15), "pages": [], "truncated": None},
        "bob": {"views": 0, "orders_count": 0, "revenue": Decimal(0), "pages": [], "truncated": None},
    }


def test_an_event_on_a_shared_device_counts_for_whom_it_was_then(world: World) -> None:
    world.did("tablet", "Viewed", T0 - DAY)
    world.did("tablet", "Viewed", T0)
    world.write()
    tablet = {"node_id": 99, "namespace": "user_id", "value": "tablet", "priority": 7, "status": "shared"}
    world.tables.append(NODES, world.frame(NODES, [tablet]))
    of_bob = {"node_id": 99, "valid_from": T0, "person_id": "bob"}
    world.tables.append(DEVICE_SLICES, world.frame(DEVICE_SLICES, [of_bob]))
    write_traits(world.next_run(T0))
    assert _rows(world)["bob"]["views"] == 0
    world.identity = IdentityConfig(shared_devices="last_seen")
    write_traits(world.next_run(T0))
    assert _rows(world)["bob"]["views"] == 1


def test_a_later_run_writes_only_what_time_changed(world: World) -> None:
    world.write()
    write_traits(world.next_run(T0))
    assert write_traits(world.next_run(T0)).changed == 0
    assert write_traits(world.next_run(T0 + DAY)).updated == 1  # the older order leaves its window
    assert write_traits(world.next_run(T0 + 2 * DAY)).changed == 0
    assert _rows(world)["ana"]["revenue"] == 10


def test_a_merge_adds_up_and_a_new_trait_is_a_new_column(world: World) -> None:
    world.write()
    write_traits(world.next_run(T0))
    world.merge("ana", "bob")
    world.traits = TraitsConfig(
        traits={
            **world.traits.traits,
            **TraitsConfig.model_validate({"traits": {"looked": {"kind": "exists", "event": "Viewed"}}}).traits,
        }
    )
    world.write()
    write_traits(world.next_run(T0))
    rows = _rows(world)
    assert rows.keys() == {"bob"}
    assert (rows["bob"]["views"], rows["bob"]["looked"]) == (2, True)


def test_amounts_of_several_currencies_are_not_added_up(world: World) -> None:
    world.traits = TraitsConfig.model_validate(
        {"traits": {"spent": {"kind": "sum", "orders": True, "property": "revenue"}}}
    )
    world.write()
    with pytest.raises(ConfigError, match="trait spent takes amounts of several currencies") as refused:
        write_traits(world.next_run(T0))
    assert refused.value.facts == {"trait": "spent"}


def test_without_traits_there_are_only_the_persons(world: World) -> None:
    world.traits = TraitsConfig()
    world.write()
    assert write_traits(world.next_run(T0)).inserted == 2
