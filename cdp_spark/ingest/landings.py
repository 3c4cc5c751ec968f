"""What has been taken, and what is to be: ``ops.landings`` as plain values."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

PLANNED, LANDED, TRUNCATED, EMPTY, IGNORED = "planned", "landed", "truncated", "empty", "ignored"

Place = tuple[str, str, str]


@dataclass(frozen=True)
class Part:
    """What is taken as a whole; ``path`` says where it lies within its stream."""

    source: str
    stream: str
    path: str

    @property
    def place(self) -> Place:
        """Where it lies, whatever its version or position."""
        return (self.source, self.stream, self.path)


@dataclass(frozen=True)
class Stretch(Part):
    """What lies between two positions of a partition or a table: from ``begins`` up to, not with, ``ends``.

    None: the beginning, and an end that is known once the stretch has landed.
    """

    begins: str | None
    ends: str | None


@dataclass(frozen=True)
class LandingRow:
    """A row of ops.landings."""

    landing_id: int
    part: Part
    state: str
    reason: str
    rows: int | None
    at: datetime


@dataclass(frozen=True)
class Landing:
    """Parts to take as one landing, and parts whose end is known without reading them."""

    landing_id: int
    at: datetime
    to_read: tuple[LandingRow, ...] = ()
    settled: tuple[LandingRow, ...] = ()


@dataclass(frozen=True)
class Taken:
    """What ops.landings says: the last known state of every place, and a landing that never came to its end."""

    last: dict[Place, LandingRow] = field(default_factory=dict)
    unfinished: Landing | None = None
    next_id: int = 1

    def position(self, place: Place) -> str | None:
        """Where a place's next stretch begins; None where nothing was taken from it."""
        row = self.last.get(place)
        if row is None or not isinstance(row.part, Stretch):
            return None
        return row.part.begins if row.state == IGNORED else row.part.ends


def taken(rows: Iterable[LandingRow]) -> Taken:
    """Folds ops.landings."""
    last: dict[Place, LandingRow] = {}
    newest = 0
    for row in sorted(rows, key=lambda r: (r.landing_id, r.state != PLANNED)):
        last[row.part.place] = row
        newest = max(newest, row.landing_id)
    unfinished = [r for r in last.values() if r.state == PLANNED]
    landing = Landing(newest, unfinished[0].at, tuple(unfinished)) if unfinished else None
    return Taken(last, landing, newest + 1)


def new_landing(known: Taken, now: datetime, rows: Iterable[LandingRow]) -> Landing:
    """The landing that takes the planned ones of the rows."""
    all_rows = tuple(rows)
    to_read = tuple(r for r in all_rows if r.state == PLANNED)
    return Landing(known.next_id, now, to_read, tuple(r for r in all_rows if r.state != PLANNED))
