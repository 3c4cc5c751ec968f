"""An incremental run gives the rows of a run over everything, whatever came, went, or time passed."""

import random
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from cdp_spark.contracts.identity import IDENTITY
from cdp_spark.errors import UsageError
from cdp_spark.identity.decisions import Kind
from cdp_spark.runtime.run import Counts
from tests.identity.world import T0, Row, Warehouse, a_record

Pair = tuple[Warehouse, Warehouse]


def _rows(warehouse: Warehouse) -> dict[str, list[str]]:
    """Every identity table's rows."""
    return {c.name: sorted(str(sorted(r.items())) for r in warehouse.rows(c)) for c in IDENTITY}


def _assert_equal(incremental: Warehouse, full: Warehouse) -> None:
    one, other = _rows(incremental), _rows(full)
    for table, rows in other.items():
        assert one[table] == rows, table


def _both(pair: Pair, add: list[list[Row]], remove: list[str], days: float = 1) -> Counts:
    for warehouse in pair:
        if add:
            warehouse.add(add)
        if remove:
            warehouse.remove(remove)
    counts = [warehouse.run(warehouse.as_of + timedelta(days=days)) for warehouse in pair]
    _assert_equal(*pair)
    return counts[0]


@pytest.fixture
def pair(new_warehouse: Callable[[str], Warehouse]) -> Pair:
    """Two warehouses with the same evidence; the first follows what changed."""
    incremental, full = new_warehouse("incremental"), new_warehouse("full")
    incremental.follows_change = True
    bystanders = [
        a_record(f"by{i}", user_id=f"by{i}", email=f"by{i}@x.com", anonymous_id=f"by-c{i}") for i in range(60)
    ]
    tablet = [
        a_record("t1", anonymous_id="tablet", user_id="u1", social_handle="h1"),
        a_record("t2", anonymous_id="tablet", email="e1@x.com"),
        a_record("t3", anonymous_id="tablet", social_handle="h3"),
    ]
    for warehouse in (incremental, full):
        warehouse.add([*bystanders, *tablet])
        warehouse.run()
    return incremental, full


def test_a_newly_shared_device_and_a_withdrawn_record_touch_their_persons_alone(pair: Pair) -> None:
    # A second login makes the tablet shared: what it held together falls apart.
    touched = _both(pair, [a_record("t4", anonymous_id="tablet", user_id="u2")], []).details["nodes"]
    assert pair[0].status()["anonymous_id", "tablet"][0] == "shared"
    assert touched == 6
    # Without that record it is one person's again.
    _both(pair, [], ["t4"])
    assert pair[0].status()["anonymous_id", "tablet"][0] == "active"


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_incremental_equals_full_over_random_batches(
    pair: Pair, dice: Callable[[int], random.Random], seed: int
) -> None:
    random_, live = dice(seed), list[str]()
    for batch in range(10):
        added = _batch(random_, batch)
        gone = random_.sample(live, min(len(live), random_.randrange(3))) if batch % 3 == 2 else []
        live = [r for r in live if r not in gone] + [rows[0][0] for rows in added]
        _both(pair, added, gone, days=random_.choice((0.5, 1, 2)))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [7])
def test_incremental_equals_full_while_cookies_grow_old(
    pair: Pair, dice: Callable[[int], random.Random], seed: int
) -> None:
    random_ = dice(seed)
    for warehouse in pair:
        namespaces = dict(warehouse.config.identity.namespaces)
        namespaces["anonymous_id"] = namespaces["anonymous_id"].model_copy(update={"window": timedelta(days=2)})
        warehouse.with_identity(namespaces=namespaces)
        # Other settings are a full run's.
        warehouse.since = {}
    for batch in range(5):
        _both(pair, _batch(random_, batch), [], days=random_.choice((0.5, 1, 2)))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [5, 6])
def test_incremental_equals_full_with_decisions_and_contacts(
    pair: Pair, dice: Callable[[int], random.Random], seed: int
) -> None:
    random_, standing = dice(seed), list[str]()
    for batch in range(8):
        contact, decision = _contact(random_, batch), _decision(random_)
        for warehouse in pair:
            warehouse.add_contact(**contact)  # type: ignore[arg-type]  # the keys are its parameters
        taken = {_taken(warehouse, batch, *decision) for warehouse in pair if batch}
        assert len(taken) <= 1
        standing += [t for t in taken if t is not None]
        if batch % 3 == 2 and standing:
            gone = standing.pop(random_.randrange(len(standing)))
            for warehouse in pair:
                warehouse.desk(T0 + timedelta(days=100 + batch)).revoke(gone)
        _both(pair, _batch(random_, batch), [])


def _contact(random_: random.Random, batch: int) -> dict[str, object]:
    who = random_.randrange(4)
    born, name = date(1950 + 10 * who, 1 + who, 5 + 6 * who), ("anna", "bernd", "cora", "dov")[who]
    shared = {"email": f"email{random_.randrange(5)}", "phone": f"+43{random_.randrange(3)}"}
    return {
        "key": f"K{who}{batch % 2}",
        "seen_at": T0 + timedelta(days=batch),
        "born": born,
        "first_name": name,
        **shared,
    }


_PAIRS = ("email", "email", "user_id", "social_handle")


def _decision(random_: random.Random) -> tuple[Kind, str, str]:
    kind = random_.choice((Kind.MUST_LINK, Kind.MUST_LINK, Kind.MUST_NOT_LINK, Kind.BLOCK_VALUE))
    one, other = (f"{n}:{n}{random_.randrange(6)}" for n in random_.sample(_PAIRS, 2))
    return kind, one, other


def _taken(warehouse: Warehouse, batch: int, kind: Kind, one: str, other: str) -> str | None:
    desk = warehouse.desk(T0 + timedelta(days=50 + batch))
    try:
        taken = desk.value(kind, one, "why") if kind is Kind.BLOCK_VALUE else desk.pair(kind, one, other, "why")
    except UsageError:
        return None
    return taken.decision_id if taken.is_new else None


def _batch(random_: random.Random, batch: int) -> list[list[Row]]:
    records = []
    for i in range(8):
        identifiers = {"anonymous_id": f"c{random_.randrange(25)}"}
        for namespace, share, values in (("user_id", 0.25, 15), ("email", 0.3, 25), ("social_handle", 0.3, 25)):
            if random_.random() < share:
                identifiers[namespace] = f"{namespace}{random_.randrange(values)}"
        # Some happen after the run that takes them in: they count only from a later one on.
        records.append(a_record(f"b{batch}-{i}", T0 + timedelta(days=batch + random_.choice((0, 0, 4))), **identifiers))
    return records
