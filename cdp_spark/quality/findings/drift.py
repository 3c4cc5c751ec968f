"""Fields of raw records that are new, gone, of another type or emptier than before."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from statistics import median

from cdp_spark.quality.fields import NOTHING
from cdp_spark.quality.findings.finding import Finding, a_finding
from cdp_spark.quality.findings.measured import Measured
from cdp_spark.quality.marks import EXAMINED, FIELD

_FEWEST = 20
_ALWAYS, _THINNED = 0.5, 0.4
_REPORTED_FOR = 5  # landings

Place = tuple[str, str]


def drift_findings(measured: Measured) -> Iterator[Finding]:
    """What the newest landings of each stream bring that those before did not, or no longer."""
    examined: dict[Place, Counter[int]] = defaultdict(Counter)
    fields: dict[Place, dict[int, dict[str, Counter[str]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(Counter))
    )
    for m in measured.every:
        if m.measure == EXAMINED:
            examined[m.source, m.stream][m.landing_id] += m.n
        elif m.measure == FIELD and m.subject:
            fields[m.source, m.stream][m.landing_id][m.subject][m.part] += m.n
    for place in sorted(examined):
        yield from _of_stream(place, examined[place], fields[place])


def _of_stream(place: Place, examined: Counter[int], fields: dict[int, dict[str, Counter[str]]]) -> Iterator[Finding]:
    landings = sorted(examined)
    if len(landings) < 2:
        return
    newest, before = landings[-1], landings[:-1]
    yield from _new_and_retyped(place, landings, examined, fields)
    if examined[newest] < _FEWEST:
        return
    for path in sorted({p for landing in before for p in fields[landing]}):
        shares = [_filled(fields[i][path]) / examined[i] for i in before if examined[i] >= _FEWEST]
        usual = median(shares) if shares else 0.0
        now = _filled(fields[newest][path]) / examined[newest]
        details = f"filled in {now:.0%}, before in {usual:.0%}"
        if usual >= _ALWAYS and now == 0 and not _parent_is_gone(path, fields[newest]):
            yield a_finding(
                "vanished_field", *place, subject=path, affected=examined[newest], of=examined[newest], details=details
            )
        elif usual - now >= _THINNED and now > 0:
            missing = round((usual - now) * examined[newest])
            yield a_finding(
                "thinned_field", *place, subject=path, affected=missing, of=examined[newest], details=details
            )


def _new_and_retyped(
    place: Place, landings: list[int], examined: Counter[int], fields: dict[int, dict[str, Counter[str]]]
) -> Iterator[Finding]:
    known: dict[str, set[str]] = {p: set(types) - {NOTHING} for p, types in fields[landings[0]].items()}
    for landing in landings[1:]:
        is_reported = landing in landings[-_REPORTED_FOR:]
        for path, types in sorted(fields[landing].items()):
            now = {t for t in types if t != NOTHING}
            n, of = sum(types[t] for t in now), examined[landing]
            if path not in known and is_reported and now and not _is_within_new(path, known, fields[landing]):
                yield a_finding("new_field", *place, subject=path, affected=n, of=of)
            elif known.get(path) and now - known[path] and is_reported:
                other = now - known[path]
                details = f"{', '.join(sorted(other))}, before {', '.join(sorted(known[path]))}"
                n = sum(types[t] for t in other)
                yield a_finding("retyped_field", *place, subject=path, affected=n, of=of, details=details)
        for path, types in fields[landing].items():
            known.setdefault(path, set()).update(set(types) - {NOTHING})


def _filled(types: Counter[str]) -> int:
    return sum(n for t, n in types.items() if t != NOTHING)


def _parent(path: str) -> str:
    return path.rsplit(".", 1)[0].removesuffix("[]") if "." in path else ""


def _is_within_new(path: str, known: dict[str, set[str]], now: dict[str, Counter[str]]) -> bool:
    """Whether the object it lies in is new as well, and speaks for it."""
    parent = _parent(path)
    return bool(parent) and parent not in known and parent in now


def _parent_is_gone(path: str, now: dict[str, Counter[str]]) -> bool:
    parent = _parent(path)
    return bool(parent) and not _filled(now[parent] if parent in now else Counter())
