"""What has been taken, and what is to be: pure decisions over file listings and ``ops.landings``."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from cdp_spark.config.sources import Read
from cdp_spark.ingest.files import StreamFile

PLANNED, LANDED, TRUNCATED, EMPTY, IGNORED = "planned", "landed", "truncated", "empty", "ignored"


@dataclass(frozen=True)
class LandingRow:
    """A row of ops.landings."""

    landing_id: int
    file: StreamFile
    state: str
    reason: str
    rows: int | None
    at: datetime


@dataclass(frozen=True)
class Landing:
    """Files to take as one landing, and files whose end is known without reading them."""

    landing_id: int
    at: datetime
    to_read: tuple[LandingRow, ...] = ()
    settled: tuple[LandingRow, ...] = ()


@dataclass(frozen=True)
class Taken:
    """What ops.landings says: the last known state of every file, and a landing that never came to its end."""

    last: dict[tuple[str, str, str], LandingRow] = field(default_factory=dict)
    unfinished: Landing | None = None
    next_id: int = 1


def taken(rows: Iterable[LandingRow]) -> Taken:
    """Folds ops.landings."""
    last: dict[tuple[str, str, str], LandingRow] = {}
    newest = 0
    for row in sorted(rows, key=lambda r: (r.landing_id, r.state != PLANNED)):
        last[row.file.place] = row
        newest = max(newest, row.landing_id)
    unfinished = [r for r in last.values() if r.state == PLANNED]
    landing = Landing(newest, unfinished[0].at, tuple(unfinished)) if unfinished else None
    return Taken(last, landing, newest + 1)


def next_landing(
    found: Iterable[StreamFile], known: Taken, now: datetime, read_of: Callable[[StreamFile], Read]
) -> Landing:
    """What a new landing takes: files never seen, and files that are other than when they were taken."""
    to_read: list[LandingRow] = []
    ends: list[LandingRow] = []
    for file in found:
        before = known.last.get(file.place)
        if before is not None and (before.file.size, before.file.mtime) == (file.size, file.mtime):
            continue
        reason = "new" if before is None or before.state == EMPTY else "rewritten"
        state = _state(file, before, reason, read_of(file))
        row = LandingRow(known.next_id, file, state, reason, None if state == PLANNED else 0, now)
        (to_read if state == PLANNED else ends).append(row)
    return Landing(known.next_id, now, tuple(to_read), tuple(ends))


def _state(file: StreamFile, before: LandingRow | None, reason: str, read: Read) -> str:
    if file.size == 0:
        return EMPTY
    was_cut = before is not None and before.state == TRUNCATED
    if reason == "rewritten" and read.rewritten == "ignore" and not was_cut:
        return IGNORED
    return PLANNED
