"""The guard holds a sync that would lose more than a day explains."""

import pytest

from cdp_spark.activation.guards import SyncCounts, check_guard
from cdp_spark.config.destinations import Guard
from cdp_spark.errors import GuardHeld

GUARD = Guard(max_removed_share=0.2, min_removed=10)


def test_a_large_loss_is_held_and_exits_with_3() -> None:
    with pytest.raises(GuardHeld, match="30 of 100") as e:
        check_guard(SyncCounts("ads.carts", held=100, removed=30), GUARD)
    assert e.value.exit_code == 3


@pytest.mark.parametrize(
    "counts",
    [
        SyncCounts("s", held=100, removed=20),
        SyncCounts("s", held=12, removed=10),
        SyncCounts("s", held=0, desired=500, added=500),
        SyncCounts("s", held=100, removed=90, lost_consent=85),
    ],
    ids=["share allowed", "few", "first run", "withdrawals always go out"],
)
def test_what_a_day_explains_passes(counts: SyncCounts) -> None:
    check_guard(counts, GUARD)
