"""What a run did, in a few lines for whoever started it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from rich.console import Console, RenderableType

from cdp_spark.reports.outdated import Outdated
from cdp_spark.runtime.ledger import StepRecord
from cdp_spark.runtime.run import REFUSED_IN_PART
from cdp_spark.runtime.terminal import number_of


@dataclass(frozen=True)
class Finished:
    """A run that succeeded."""

    run_id: str
    as_of: datetime
    records: tuple[StepRecord, ...]
    seconds: float
    report: Path | None
    outdated: Outdated = field(default_factory=Outdated)
    """After a change of the configuration: what stands in the tables by mappings that have changed."""


def print_summary(finished: Finished, log: str = "auto") -> None:
    """Prints what the run did, unless its log is for machines or for nobody."""
    if log not in ("json", "quiet"):
        Console().print(run_summary(finished.records, finished.seconds, finished.report, finished.outdated))


def run_summary(
    records: Sequence[StepRecord], seconds: float, report: Path | None, outdated: Outdated
) -> RenderableType:
    """What a run did, in a few lines."""
    changed = sum(r.counts.changed for r in records)
    quarantined = sum(r.counts.quarantined for r in records)
    in_part = sum(r.counts.details.get(REFUSED_IN_PART, 0) for r in records)
    refused = f"{quarantined:,}" + (f", in part: {in_part:,}" if in_part else "")
    lines = [f"done in {seconds:.1f} s; rows changed: {changed:,}, records refused: {refused}"]
    if quarantined or in_part:
        lines.append("why, and what to do: cdp quarantine list")
    details = next((r.counts.details for r in records if r.step == "normalize"), {})
    if "redriven" in details:
        lines.append(
            f"{details['redriven']:,} quarantined records went again; {details.get('left_quarantine', 0):,} left quarantine"
        )
    if "discarded" in details:
        lines.append(
            f"{details['discarded']:,} quarantined rows were set aside; silver.redriven keeps what was wrong with them"
        )
    lines += what_may_help(outdated)
    if report:
        lines.append(f"report: {report}")
    return "\n".join(lines)


def what_may_help(outdated: Outdated) -> list[str]:
    """What to call after a change of the configuration, a line each."""
    refused = [
        f"refused by an older mapping and waiting in quarantine: {n:,} of {source} {stream}; "
        f"`cdp redrive --source {source} --stream {stream}` tries them again"
        for (source, stream), n in sorted(outdated.refused.items())
    ]
    taken = [
        f"as an older mapping has it: {number_of(n, 'record')} of {source} {stream}; `cdp run --full` makes {'it' if n == 1 else 'them'} anew"
        for (source, stream), n in sorted(outdated.taken.items())
    ]
    return refused + taken
