"""Events that a trait or an audience counts and that never came: most often a misspelt name."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from cdp_spark.quality.fields import shown_name
from cdp_spark.quality.findings.finding import Finding, a_finding
from cdp_spark.quality.findings.measured import Measured
from cdp_spark.quality.marks import VOLUME


def counted_event_findings(measured: Measured, named: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    """One finding an event name that no event of the measured days has; ``named``: name → who counts it.

    Names match trimmed and in any case, as traits and audiences match them.
    """
    met = {m.subject.strip().lower(): m.subject for m in measured.every if m.measure == VOLUME and m.n}
    if not met:
        return
    for name, by in sorted(named.items()):
        folded = name.strip().lower()
        if folded in met:
            continue
        near = get_close_matches(folded, met, n=1)
        told = [*([f"there is {shown_name(met[near[0]])}"] if near else []), *by]
        yield a_finding("unmet_event", "", "", subject=name, affected=len(by), details="; ".join(told))
