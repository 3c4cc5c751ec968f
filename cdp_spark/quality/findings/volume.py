"""Events a day against the same stream's own past."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from statistics import median

from cdp_spark.config.quality import Volume
from cdp_spark.contracts.findings import Severity
from cdp_spark.quality.findings.finding import Finding, a_finding
from cdp_spark.quality.findings.measured import Measured, daily
from cdp_spark.quality.marks import ORDERS, VOLUME

_DAY = timedelta(days=1)
_NORMAL = 0.6745
_LOOK_BACK = 60


def volume_findings(measured: Measured, config: Volume, as_of: datetime) -> Iterator[Finding]:
    """Events that stopped, for some days or until now, and a last day that is far from its weekday's usual."""
    last_whole = as_of.date() - _DAY
    for measure in (VOLUME, ORDERS):
        series = daily(measured.every, measure)
        ends = _last_days(series)
        for (source, stream, subject), by_day in sorted(series.items()):
            # A stream that is silent as a whole is stale; its events did not stop one by one.
            days = _filled(by_day, min(last_whole, ends[source, stream]))
            if sum(n > 0 for _, n in days) < config.history_days:
                continue
            name = subject or "orders"
            gap = _gap(days, config)
            if gap:
                yield _stopped(source, stream, name, gap, days)
            elif found := _unusual(days, config):
                yield a_finding("volume_unusual", source, stream, subject=name, affected=found[0], details=found[1])


def robust_z(value: float, usual: list[float]) -> float:
    """Distance from the median in units of the spread: 0.6745 (x - median) / MAD (Iglewicz and Hoaglin 1993).

    The spread counts as at least that of chance, the root of the median, so that a steady past is no trap.
    """
    middle = median(usual)
    spread = max(median(abs(u - middle) for u in usual), _NORMAL * max(middle, 1.0) ** 0.5)
    return float(_NORMAL * (value - middle) / spread)


def _last_days(series: dict[tuple[str, str, str], Counter[str]]) -> dict[tuple[str, str], date]:
    ends: dict[tuple[str, str], date] = {}
    for (source, stream, _), by_day in series.items():
        last = date.fromisoformat(max(by_day))
        ends[source, stream] = max(last, ends.get((source, stream), last))
    return ends


def _filled(by_day: Counter[str], end: date) -> list[tuple[date, int]]:
    """Every day from the first to ``end``, those without events as 0."""
    first = date.fromisoformat(min(by_day))
    return [(first + i * _DAY, by_day[(first + i * _DAY).isoformat()]) for i in range((end - first).days + 1)]


def _usual(days: list[tuple[date, int]], day: date) -> float:
    """The median of the same weekday on other days."""
    same = [n for d, n in days if d != day and d.weekday() == day.weekday()]
    return median(same) if same else 0.0


def _gap(days: list[tuple[date, int]], config: Volume) -> tuple[date, date, float] | None:
    """The newest run of days without events in which enough of them were to be expected: first day, last day, how many."""
    run: list[date] = []
    newest: tuple[date, date, float] | None = None
    for day, n in [*days[-_LOOK_BACK:], (days[-1][0] + _DAY, 1)]:
        if not n:
            run.append(day)
            continue
        expected = sum(_usual(days, d) for d in run)
        if run and expected >= config.expected:
            newest = (run[0], run[-1], expected)
        run = []
    return newest


def _stopped(
    source: str, stream: str, subject: str, gap: tuple[date, date, float], days: list[tuple[date, int]]
) -> Finding:
    first, last, expected = gap
    is_over = last < days[-1][0]
    between = f"none from {first} to {last}" if is_over else f"none since {first}"
    return a_finding(
        "volume_dropped", source, stream, subject=subject, affected=round(expected),
        severity=Severity.WARN if is_over else Severity.ERROR,
        details=f"{between}; about so many were to be expected",
    )  # fmt: skip


def _unusual(days: list[tuple[date, int]], config: Volume) -> tuple[int, str] | None:
    """The last day, where it is unusual: how many events, and what is usual."""
    day, n = days[-1]
    same = [float(v) for d, v in days[:-1] if d.weekday() == day.weekday()][-8:]
    usual = same if len(same) >= 4 else [float(v) for _, v in days[:-1]][-28:]
    middle = median(usual)
    if abs(robust_z(n, usual)) < config.z or abs(n - middle) < config.change * max(middle, 1):
        return None
    return n, f"on {day}, usually {middle:,.0f}"
