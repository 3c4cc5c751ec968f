"""Fields that a mapping reads and no record has: most often a misspelt name."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches

from cdp_spark.config.paths import fields_expected, first_field
from cdp_spark.config.sources import SourceConfig
from cdp_spark.quality.fields import shown_name
from cdp_spark.quality.findings.finding import Finding, a_finding
from cdp_spark.quality.findings.measured import Measured
from cdp_spark.quality.marks import EXAMINED, FIELD

# The records looked into of these may lack what is rare; those of all others have every column.
_WITHOUT_COLUMNS = ("jsonl", "kafka")
_ALIKE, _NEARLY_THE_SAME = 0.6, 0.8

Place = tuple[str, str]


def mapping_findings(measured: Measured, sources: Mapping[str, SourceConfig]) -> Iterator[Finding]:
    """One finding a field that a source's mappings take a value from and none of the examined records ever had.

    A preset reads much that not everybody sends, and a record of JSON may lack what is rare: of these only those fields are
    told that another, unread one is spelt like.
    """
    examined: Counter[Place] = Counter()
    met: dict[Place, set[str]] = defaultdict(set)
    for m in measured.every:
        if m.measure == EXAMINED:
            examined[m.source, m.stream] += m.n
        elif m.measure == FIELD and m.subject:
            met[m.source, m.stream].add(first_field(m.subject))
    for place, found in sorted(met.items()):
        source = sources.get(place[0])
        stream = source.streams.get(place[1]) if source else None
        if source and stream:
            is_sure = stream.read.format not in _WITHOUT_COLUMNS and not source.preset
            yield from _of_stream(place, fields_expected(stream), found, examined[place], is_sure)


def _of_stream(
    place: Place, expected: Sequence[tuple[str, ...]], met: set[str], examined: int, is_sure: bool
) -> Iterator[Finding]:
    unread = met - {name for names in expected for name in names}
    for names in expected:
        if met.intersection(names):
            continue
        alike = _alike(names, unread, _ALIKE if is_sure else _NEARLY_THE_SAME)
        if alike or is_sure:
            details = f"there is {shown_name(alike)}, which nothing reads" if alike else ""
            subject = " or ".join(names)
            yield a_finding("unmet_field", *place, subject=subject, affected=examined, of=examined, details=details)


def _alike(names: Iterable[str], unread: set[str], cutoff: float) -> str | None:
    plain = {re.sub(r"[\W_]+", "", name).lower(): name for name in sorted(unread)}
    for name in names:
        if close := get_close_matches(re.sub(r"[\W_]+", "", name).lower(), plain, 1, cutoff):
            return plain[close[0]]
    return None
