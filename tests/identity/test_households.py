"""Who shares an identifier without being one person."""

from collections import defaultdict
from collections.abc import Callable

from cdp_spark.contracts.identity import HOUSEHOLD_MEMBERSHIPS, NODES
from tests.identity.world import Row, Warehouse, a_record

FAMILY = ("anna", "ben", "cleo")


def logins(device: str, *users: str) -> list[list[Row]]:
    """One record a user, all on one device."""
    return [a_record(f"{device}-{u}", user_id=u, anonymous_id=device) for u in users]


def homes(warehouse: Warehouse) -> dict[str, tuple[set[str], list[str]]]:
    """Household → the users in it now, and the namespaces they share."""
    now = warehouse.tables.read(HOUSEHOLD_MEMBERSHIPS).filter("is_current")
    rows = now.join(warehouse.tables.read(NODES).select("node_id", "value"), on="node_id")
    found: dict[str, tuple[set[str], list[str]]] = defaultdict(lambda: (set(), []))
    for row in rows.select("household_id", "value", "basis").collect():
        users, _ = found[row["household_id"]]
        found[row["household_id"]] = (users | {row["value"]}, row["basis"])
    return dict(found)


def test_a_tablet_and_a_landline_make_a_household_and_no_person(warehouse: Warehouse) -> None:
    warehouse.add([*logins("tablet", *FAMILY), *logins("laptop", "cleo", "dora"), *logins("phone", "eve")])
    line = [a_record(f"line-{u}", user_id=u, phone="+4366012345") for u in ("f1", "f2", "f3", "f4")]
    warehouse.add(line)
    warehouse.run()
    found = sorted((sorted(users), basis) for users, basis in homes(warehouse).values())
    assert found == [
        (["anna", "ben", "cleo", "dora"], ["anonymous_id"]),
        (["f1", "f2", "f3", "f4"], ["phone"]),
    ]
    assert len(set(warehouse.persons().values())) == 9


def test_a_kiosk_makes_no_household(warehouse: Warehouse) -> None:
    warehouse.add([*logins("kiosk", *[f"guest{i}" for i in range(9)]), *logins("tablet", *FAMILY)])
    warehouse.run()
    assert [users for users, _ in homes(warehouse).values()] == [set(FAMILY)]


def test_a_household_that_shares_nothing_any_more_ends_and_its_history_stays(warehouse: Warehouse) -> None:
    warehouse.add(logins("tablet", *FAMILY))
    warehouse.run()
    began = warehouse.as_of
    warehouse.remove([f"tablet-{u}" for u in FAMILY[1:]])
    warehouse.run()
    assert homes(warehouse) == {}
    spans = {(r["valid_from"], r["valid_to"]) for r in warehouse.rows(HOUSEHOLD_MEMBERSHIPS)}
    assert spans == {(began.replace(tzinfo=None), warehouse.as_of.replace(tzinfo=None))}


def test_households_hang_neither_on_order_nor_on_how_many_runs(new_warehouse: Callable[[str], Warehouse]) -> None:
    records = [*logins("tablet", *FAMILY), *logins("laptop", "cleo", "dora"), *logins("office", "x", "y")]
    at_once, in_parts = new_warehouse("at once"), new_warehouse("in parts")
    in_parts.follows_change = True
    at_once.add(records)
    at_once.run()
    for batch in (records[4:], records[1:4], records[:1]):
        in_parts.add(batch)
        in_parts.run()
    assert homes(in_parts) == homes(at_once) != {}
