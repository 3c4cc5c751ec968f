"""Events a day against the same stream's own past."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
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
# What a day still has on which a stream was down: the calls of devices that were offline before, and sent later.
_LEFT = 0.1
_EVERY = "every event"


@dataclass(frozen=True)
class _Gap:
    """Days with as good as no events: how many were missing, how many there were."""

    first: date
    last: date
    missing: float
    there: int

    def is_within(self, other: "_Gap | None") -> bool:
        """Whether the other has all of its days."""
        return other is not None and other.first <= self.first and self.last <= other.last


def volume_findings(measured: Measured, config: Volume, as_of: datetime) -> Iterator[Finding]:
    """Events that stopped, for some days or until now, and a last day that is far from its weekday's usual.

    A stream is looked at as a whole, too: where it stopped, its events did not stop one by one.
    """
    last_whole = as_of.date() - _DAY
    for measure in (VOLUME, ORDERS):
        series = daily(measured.every, measure)
        wholes = _wholes(series) if measure == VOLUME else {}
        ends = _last_days(series)
        gaps: dict[tuple[str, str], _Gap] = {}
        for (source, stream, subject), by_day in [*sorted(wholes.items()), *sorted(series.items())]:
            # A stream that is silent as a whole is stale.
            days = _filled(by_day, min(last_whole, ends[source, stream]))
            if sum(n > 0 for _, n in days) < config.history_days:
                continue
            gap = _gap(days, config)
            if gap and subject == _EVERY:
                gaps[source, stream] = gap
            if gap and (subject == _EVERY or not gap.is_within(gaps.get((source, stream)))):
                yield _stopped(source, stream, subject or "orders", gap, days)
            elif not gap and subject != _EVERY and (found := _unusual(days, config)):
                name = subject or "orders"
                yield a_finding("volume_unusual", source, stream, subject=name, affected=found[0], details=found[1])


def robust_z(value: float, usual: list[float]) -> float:
    """Distance from the median in units of the spread: 0.6745 (x - median) / MAD (Iglewicz and Hoaglin 1993).

    The spread counts as at least that of chance, the root of the median, so that a steady past is no trap.
    """
    middle = median(usual)
    spread = max(median(abs(u - middle) for u in usual), _NORMAL * max(middle, 1.0) ** 0.5)
    return float(_NORMAL * (value - middle) / spread)


def _wholes(series: dict[tuple[str, str, str], Counter[str]]) -> dict[tuple[str, str, str], Counter[str]]:
    """All events of each stream that has several."""
    names = Counter((source, stream) for source, stream, _ in series)
    wholes: dict[tuple[str, str, str], Counter[str]] = {}
    for (source, stream, _), by_day in series.items():
        if names[source, stream] > 1:
            wholes.setdefault((source, stream, _EVERY), Counter()).update(by_day)
    return wholes


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


def _gap(days: list[tuple[date, int]], config: Volume) -> _Gap | None:
    """The newest run of days with as good as no events in which enough of them were to be expected."""
    run: list[tuple[date, int]] = []
    newest: _Gap | None = None
    end = days[-1][0]
    for day, n in [*days[-_LOOK_BACK:], (end + _DAY, 1)]:
        # The last day may not have come whole: it is empty only where nothing came.
        if not n or (day < end and n <= _LEFT * _usual(days, day)):
            run.append((day, n))
            continue
        missing = sum(max(_usual(days, d) - there, 0) for d, there in run)
        if run and missing >= config.expected:
            newest = _Gap(run[0][0], run[-1][0], missing, sum(there for _, there in run))
        run = []
    return newest


def _stopped(source: str, stream: str, subject: str, gap: _Gap, days: list[tuple[date, int]]) -> Finding:
    is_over = gap.last < days[-1][0]
    how_many = f"only {gap.there:,}" if gap.there else "none"
    between = f"{how_many} from {gap.first} to {gap.last}" if is_over else f"{how_many} since {gap.first}"
    return a_finding(
        "volume_dropped", source, stream, subject=subject, affected=round(gap.missing),
        severity=Severity.WARN if is_over else Severity.ERROR,
        details=f"{between}; about so many more were to be expected",
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
