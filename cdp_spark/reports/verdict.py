"""The verdict: the one sentence for somebody who reads nothing else."""

from dataclasses import dataclass
from enum import StrEnum

from cdp_spark.reports.figures import Figures
from cdp_spark.reports.sections.marketing import models_tie
from cdp_spark.runtime.run import REFUSED_IN_PART

_MUCH_QUARANTINED = 0.02


class Level(StrEnum):
    """How it went."""

    GOOD = "good"
    LOOK = "look"
    BAD = "bad"


@dataclass(frozen=True)
class Verdict:
    """How it went, in a word and a sentence."""

    level: Level
    word: str
    sentence: str


def verdict(figures: Figures) -> Verdict:
    """How the run went: rows lost or totals that differ are bad, many records in quarantine need a look."""
    lost = [
        s.step
        for s in figures.steps
        if s.rows["in"] != sum(s.rows[k] for k in ("kept", "duplicate", "quarantined", "suppressed"))
    ]
    if lost:
        return Verdict(Level.BAD, "Do not use", f"Rows of {', '.join(lost)} are not all accounted for.")
    if not models_tie(figures):
        return Verdict(Level.BAD, "Do not use", "The attribution models do not give away the same totals.")
    entering = next((s for s in figures.steps if s.step == "normalize"), None)
    taken = entering.rows["in"] if entering else 0
    held = entering.rows["quarantined"] if entering else 0
    if held > _MUCH_QUARANTINED * taken:
        return Verdict(
            Level.LOOK,
            "Needs a look",
            f"{held:,} of {taken:,} records ({100 * held / taken:.1f} %) went to quarantine; the reasons are below.",
        )
    in_part = entering.details.get(REFUSED_IN_PART, 0) if entering else 0
    return Verdict(Level.GOOD, "All good", _good(figures, taken, held, in_part))


def _good(figures: Figures, taken: int, held: int, in_part: int) -> str:
    persons = figures.total("persons")
    if not taken:
        changed = sum(s.rows["changed"] for s in figures.steps)
        first = "Nothing new arrived" + (f"; {changed:,} rows changed." if changed else " and nothing changed.")
    else:
        waiting = [f"{n:,} {what}" for n, what in ((held, "of them"), (in_part, "in part")) if n]
        in_quarantine = f", {' and '.join(waiting)} held in quarantine" if waiting else ""
        first = f"{taken:,} records taken in{in_quarantine}; none lost."
    return f"{first} They make {persons:,} persons." if persons else first
