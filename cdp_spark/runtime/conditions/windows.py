"""Half-open windows that end at as_of."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from pyspark.sql import Column
from pyspark.sql import functions as F

from cdp_spark.config.conditions import Window


@dataclass(frozen=True)
class Moment:
    """The time a run looks from, and the zone in which days begin and times without a zone are meant."""

    as_of: datetime
    zone: str = "UTC"

    def instant(self, text: str) -> datetime:
        """An ISO 8601 day or time as a time with a zone."""
        at = datetime.fromisoformat(text)
        return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(self.zone))

    def ago(self, duration: timedelta) -> datetime | None:
        """as_of minus the duration; None where that lies before all times."""
        try:
            return self.as_of - duration
        except OverflowError:
            return None


@dataclass(frozen=True)
class Bounds:
    """From when (``after`` is left out, ``since`` belongs to it) until when, inclusive; None is open."""

    until: datetime | None
    after: datetime | None = None
    since: datetime | None = None


def bounds(window: Window | None, moment: Moment) -> Bounds:
    """A window seen from ``moment``: (as_of - L, as_of]; no window is everything up to as_of."""
    if window is None:
        return Bounds(moment.as_of)
    if window.last is not None:
        return Bounds(moment.as_of, after=moment.ago(window.last))
    if window.between is not None:
        near, far = window.between
        # Nothing lies before all times.
        return Bounds(moment.ago(near) or datetime.min.replace(tzinfo=moment.as_of.tzinfo), after=moment.ago(far))
    day = datetime.fromisoformat(str(window.since)).date()
    return Bounds(moment.as_of, since=datetime.combine(day, time(), ZoneInfo(moment.zone)))


def is_within(at: Column, window: Bounds) -> Column:
    """True where the time lies within the window."""
    held = F.lit(True)
    if window.until is not None:
        held = at <= F.lit(window.until)
    if window.after is not None:
        held = held & (at > F.lit(window.after))
    if window.since is not None:
        held = held & (at >= F.lit(window.since))
    return held


def widest(windows: list[Bounds]) -> Bounds:
    """Bounds that take in all of them: what an input may be cut to before anything is counted."""
    starts = [w.after or w.since for w in windows]
    ends = [w.until for w in windows]
    # An inclusive start is cut as inclusive: a row too many does no harm, each window is checked again.
    since = None if None in starts else min((s for s in starts if s is not None), default=None)
    until = None if None in ends else max((e for e in ends if e is not None), default=None)
    return Bounds(until, since=since)
