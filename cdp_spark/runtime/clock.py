"""The one place that reads the time."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from cdp_spark.errors import UsageError


class Clock(Protocol):
    """Gives the current time, with zone."""

    def now(self) -> datetime:
        """The current time in UTC."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The current time in UTC, to the microsecond."""
        return datetime.now(UTC)


@dataclass(frozen=True)
class FixedClock:
    """A clock that stands still, for tests and replays."""

    at: datetime

    def now(self) -> datetime:
        """The fixed time."""
        return self.at


def as_of_time(text: str) -> datetime:
    """An ``--as-of`` argument as a UTC time.

    Raises UsageError when it is no ISO 8601 time or has no zone: a run's result must not depend on where it runs.
    """
    if not re.search(r"(Z|[+-]\d\d:?\d\d)\Z", text):
        raise UsageError(f"--as-of {text!r} has no time zone", fix="write it like 2026-03-01T00:00:00Z")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError as e:
        raise UsageError(f"--as-of {text!r} is no ISO 8601 time", fix="write it like 2026-03-01T00:00:00Z") from e
