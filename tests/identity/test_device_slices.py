"""Whose a shared device was, from when to when."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from pyspark.sql import SparkSession

from cdp_spark.config.identity import IdentityConfig
from cdp_spark.contracts.identity import DEVICE_SLICES, MEMBERSHIPS, NODES
from cdp_spark.contracts.silver import IDENTIFIERS
from cdp_spark.identity.device_slices import device_slices, shared_devices
from cdp_spark.runtime.people import people_of_records
from tests.identity.world import T0, Row, Warehouse, a_record, identifier_frame

Slice = tuple[str, int, int | None, str]


def seen(minute: int, device: str = "tablet", **identifiers: str) -> list[Row]:
    """A record on a device, named after it and the minute."""
    return a_record(f"{device}-{minute}", T0 + timedelta(minutes=minute), anonymous_id=device, **identifiers)


TABLET = [
    seen(0),
    seen(10, user_id="mum"),
    seen(20),
    seen(30, user_id="mum"),
    seen(40, user_id="dad"),
    seen(50),
    seen(60, user_id="mum"),
    seen(70),
]
MUMS_AND_DADS = [("tablet", 10, 40, "mum"), ("tablet", 40, 60, "dad"), ("tablet", 60, None, "mum")]
KIOSK = [*(seen(i, "kiosk", user_id=f"guest{i}") for i in range(51)), seen(60, "kiosk")]
OFFICE = [*(seen(i, "office", user_id=f"clerk{i}") for i in range(9)), seen(60, "office")]


def slices(warehouse: Warehouse) -> list[Slice]:
    """The stored slices: device, first and last minute, a login (else an address) of the person."""
    who = {p: v for (kind, v), p in sorted(warehouse.persons().items()) if kind in ("email", "user_id")}
    devices = warehouse.tables.read(NODES).select("node_id", "value")
    rows = warehouse.tables.read(DEVICE_SLICES).join(devices, "node_id").collect()
    return sorted((r.value, _minute(r.valid_from), r.valid_to and _minute(r.valid_to), who[r.person_id]) for r in rows)


def _minute(at: datetime) -> int:
    return int((at.replace(tzinfo=UTC) - T0) / timedelta(minutes=1))


def owners(warehouse: Warehouse) -> dict[str, str]:
    """Record → a login of the person it belongs to."""
    read, logins = warehouse.tables.read, {p: v for (_, v), p in warehouse.persons().items()}
    found = people_of_records(read(IDENTIFIERS), read(NODES), read(MEMBERSHIPS), read(DEVICE_SLICES))
    return {r["record_id"]: logins[r["person_id"]] for r in found.collect()}


def test_between_two_logins_a_tablet_is_theirs_who_logged_in_last_and_a_kiosk_nobodys(warehouse: Warehouse) -> None:
    warehouse.with_identity(shared_devices="last_seen")
    warehouse.add([*TABLET, *KIOSK, *OFFICE])
    warehouse.run()
    assert slices(warehouse) == MUMS_AND_DADS
    whose = owners(warehouse)
    assert {m: whose.get(f"tablet-{m}") for m in (0, 20, 50, 70)} == {0: None, 20: "mum", 50: "dad", 70: "mum"}
    assert not {"kiosk-60", "office-60"} & set(whose)
    assert warehouse.status()["anonymous_id", "office"] == ("shared", "user_id")

    warehouse.with_identity(shared_devices="nobody")
    warehouse.run()
    assert warehouse.rows(DEVICE_SLICES) == []


def test_a_moment_that_names_several_is_the_strongest_identifiers_in_any_order(
    spark: SparkSession, dice: Callable[[int], random.Random]
) -> None:
    rows = [
        (1, "user_id", "mum", 0, "active"),
        (2, "user_id", "dad", 0, "active"),
        (3, "email", "kid", 2, "active"),
        (4, "anonymous_id", "tablet", 7, "shared"),
    ]
    nodes = spark.createDataFrame(rows, "node_id BIGINT, namespace STRING, value STRING, priority INT, status STRING")
    holders = [(1, "mum", True), (2, "dad", True), (3, "kid", True)]
    memberships = spark.createDataFrame(holders, "node_id BIGINT, person_id STRING, is_current BOOLEAN")
    at_ten = [a_record(f"r{i}", T0 + timedelta(minutes=10), anonymous_id="tablet", **who)
              for i, who in enumerate(({"email": "kid"}, {"user_id": "dad"}, {"user_id": "mum"}))]  # fmt: skip
    records = [seen(5, email="kid"), *at_ten, seen(20, user_id="mum"), seen(31, user_id="dad")]
    shared = shared_devices(nodes, IdentityConfig())
    for _ in range(2):
        dice(3).shuffle(records)
        seen_ = identifier_frame(spark, records)
        made = device_slices(seen_, shared, nodes, memberships, 2, T0 + timedelta(minutes=30)).collect()
        spans = sorted((_minute(r.valid_from), r.valid_to and _minute(r.valid_to), r.person_id) for r in made)
        assert spans == [(5, 10, "kid"), (10, None, "mum")]


@pytest.mark.slow
def test_slices_are_those_of_a_full_run_whatever_came_when(warehouse: Warehouse) -> None:
    warehouse.with_identity(shared_devices="last_seen")
    warehouse.follows_change = True
    warehouse.add([*[seen(i, f"phone{i}", user_id=f"by{i}") for i in range(30)], *TABLET[1:4]])
    warehouse.run()
    assert slices(warehouse) == []  # one login alone: it is hers

    def after(*records: list[Row]) -> list[Slice]:
        warehouse.add(records)
        warehouse.run()
        found = slices(warehouse)
        warehouse.follows_change = False
        assert warehouse.run(warehouse.as_of).changed == 0
        warehouse.follows_change = True
        return found

    assert after(*TABLET[4:]) == MUMS_AND_DADS
    assert after(TABLET[0]) == MUMS_AND_DADS
    assert after(seen(5, user_id="dad"), seen(65)) == [("tablet", 5, 10, "dad"), *MUMS_AND_DADS]
    # An address, known to be hers only later.
    hers = seen(45, email="mum@x.com")
    began = [("tablet", 5, 10, "dad"), ("tablet", 10, 40, "mum"), ("tablet", 40, 45, "dad")]
    assert after(hers) == [*began, ("tablet", 45, 60, "mum@x.com"), ("tablet", 60, None, "mum")]
    assert after(a_record("crm", email="mum@x.com", user_id="mum")) == [*began, ("tablet", 45, None, "mum")]
    warehouse.remove(["tablet-5", "tablet-40"])
    assert after() == []
