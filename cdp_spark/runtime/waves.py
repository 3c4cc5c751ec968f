"""Which steps of a run go side by side."""

from collections.abc import Sequence

from cdp_spark.config import Config
from cdp_spark.contracts import TableContract
from cdp_spark.runtime.run import Step


def waves(steps: Sequence[Step], config: Config) -> list[list[Step]]:
    """The steps in groups that follow each other, each step as early as what it reads is written.

    No step of a group touches what another one of it writes. One that looks outside or sends out is alone, all earlier
    ones before it and all later ones behind.
    """
    found: list[list[Step]] = []
    first = 0
    for step in steps:
        if step.looks_outside or step.sends_out:
            found.append([step])
            first = len(found)
            continue
        earliest = max([first, *(i + 1 for i, wave in enumerate(found) for s in wave if _meet(s, step, config))])
        if earliest == len(found):
            found.append([])
        found[earliest].append(step)
    return found


def _meet(earlier: Step, later: Step, config: Config) -> bool:
    """Whether one writes what the other touches."""
    reads, writes = _names(later.reads(config)), _names(later.writes(config))
    return bool(_names(earlier.writes(config)) & (reads | writes) or _names(earlier.reads(config)) & writes)


def _names(contracts: Sequence[TableContract]) -> set[str]:
    return {c.name for c in contracts}
