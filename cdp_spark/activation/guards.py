"""What holds a sync before it sends: more removals than a day explains."""

from dataclasses import dataclass

from cdp_spark.config.destinations import Guard
from cdp_spark.errors import GuardHeld


@dataclass(frozen=True)
class SyncCounts:
    """What a sync would do. ``lost_consent`` removals always go out and do not count against the guard."""

    sync_id: str
    held: int = 0
    desired: int = 0
    added: int = 0
    updated: int = 0
    removed: int = 0
    lost_consent: int = 0
    withheld: int = 0
    suppressed: int = 0


def check_guard(counts: SyncCounts, guard: Guard) -> None:
    """Raises GuardHeld when the sync would take back a larger share than ``guard`` allows, or empty the list."""
    removed = counts.removed - counts.lost_consent
    share = removed / counts.held if counts.held else 0.0
    too_many = removed > guard.min_removed and share > guard.max_removed_share
    if too_many:
        raise GuardHeld(
            f"{counts.sync_id} would lose {removed} of {counts.held} entries "
            f"({share:.0%}, allowed {guard.max_removed_share:.0%})",
            fix="look at the audience's changes; if they are right, run again with --accept-guard",
            sync_id=counts.sync_id,
            removed=removed,
            held=counts.held,
        )
