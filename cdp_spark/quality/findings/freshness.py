"""How long each stream has been silent."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median

from cdp_spark.config.quality import QualityConfig
from cdp_spark.contracts.findings import Severity
from cdp_spark.quality.findings.finding import Finding, a_finding
from cdp_spark.quality.findings.measured import Measured, daily
from cdp_spark.quality.marks import LANDED, ORDERS, VOLUME

_GAPS = 3


def freshness_findings(measured: Measured, config: QualityConfig, as_of: datetime) -> Iterator[Finding]:
    """Streams whose newest fact is older than allowed.

    Streams with facts by day are judged by when the newest happened, others by when the newest landed. A stream that
    always came in larger steps may be silent for three of its usual steps, unless quality.yml says how long.
    """
    newest = _newest(measured)
    steps = _usual_steps(measured)
    for (source, stream), at in sorted(newest.items()):
        silent = as_of - at
        allowed = config.freshness_of.get(source, config.freshness)
        step = timedelta(0) if source in config.freshness_of else steps.get((source, stream), timedelta(0)) * _GAPS
        if silent > max(allowed.warn_after, step):
            is_error = silent > max(allowed.error_after, step)
            yield a_finding(
                "stale_source", source, stream, affected=silent.days,
                severity=Severity.ERROR if is_error else Severity.WARN, details=f"the newest is of {at:%Y-%m-%d %H:%M}Z",
            )  # fmt: skip


def _newest(measured: Measured) -> dict[tuple[str, str], datetime]:
    landed: dict[tuple[str, str], datetime] = {}
    happened: dict[tuple[str, str], datetime] = {}
    for m in measured.every:
        of = landed if m.measure == LANDED else happened if m.measure in (VOLUME, ORDERS) else None
        if of is not None and m.latest is not None:
            place = (m.source, m.stream)
            of[place] = max(m.latest, of.get(place, m.latest))
    return {**landed, **happened}


def _usual_steps(measured: Measured) -> dict[tuple[str, str], timedelta]:
    days: dict[tuple[str, str], set[str]] = {}
    for measure in (VOLUME, ORDERS):
        for (source, stream, _), by_day in daily(measured.every, measure).items():
            days.setdefault((source, stream), set()).update(by_day)
    found = {}
    for place, texts in days.items():
        ordered = sorted(date.fromisoformat(t) for t in texts)
        gaps = [(b - a).days for a, b in pairwise(ordered)]
        found[place] = timedelta(days=median(gaps)) if gaps else timedelta(0)
    return found
