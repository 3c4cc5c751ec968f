"""Event names that differ in spelling only."""

import re
from collections import defaultdict
from collections.abc import Iterator

from cdp_spark.quality.findings.finding import Finding, a_finding
from cdp_spark.quality.findings.measured import Measured, summed
from cdp_spark.quality.marks import VOLUME


def name_findings(measured: Measured) -> Iterator[Finding]:
    """One finding an event that a stream spells in several ways: by case, blanks, hyphens or underscores."""
    counted = summed((m for m in measured.recent if m.measure == VOLUME), lambda m: (m.source, m.stream, m.subject))
    spellings: dict[tuple[str, str, str], dict[str, int]] = defaultdict(dict)
    for (source, stream, event), n in counted.items():
        spellings[source, stream, re.sub(r"[\W_]+", "", event).lower()][event] = n
    for (source, stream, _), found in sorted(spellings.items()):
        if len(found) > 1:
            most = min(found, key=lambda e: (-found[e], e))
            others = sorted(e for e in found if e != most)
            total = sum(found.values())
            details = "also as " + ", ".join(others[:5])
            yield a_finding(
                "event_name_variants",
                source,
                stream,
                subject=most,
                affected=total - found[most],
                of=total,
                details=details,
            )
