"""A run and its report say of how many records a whole, or a part, waits in quarantine."""

import pytest

from cdp_spark.reports.figures import Figures, StepFigures
from cdp_spark.reports.outdated import Outdated
from cdp_spark.reports.summary import run_summary
from cdp_spark.reports.verdict import verdict
from cdp_spark.runtime.ledger import StepRecord
from cdp_spark.runtime.run import REFUSED_IN_PART, Counts


@pytest.mark.parametrize(
    ("refused", "in_part", "says", "sentence"),
    [
        (0, 0, "records refused: 0", "200 records taken in; none lost."),
        (1, 0, "records refused: 1\nwhy", "200 records taken in, 1 of them held in quarantine; none lost."),
        (0, 3, "records refused: 0, in part: 3\nwhy", "200 records taken in, 3 in part held in quarantine; none lost."),
        (1, 3, "refused: 1, in part: 3\nwhy", "200 records taken in, 1 of them and 3 in part held in quarantine; none lost."),
    ],
)  # fmt: skip
def test_what_was_refused_whole_and_in_part_is_said(refused: int, in_part: int, says: str, sentence: str) -> None:
    details = {REFUSED_IN_PART: in_part} if in_part else {}
    counts = Counts(rows_in=200, kept=200 - refused, quarantined=refused, changed=9, details=details)
    summary = str(run_summary([StepRecord("normalize", "done", "", {}, {}, counts, 1.0)], 1.0, None, Outdated()))
    assert says in summary
    assert ("cdp quarantine list" in summary) == bool(refused or in_part)
    rows = {"in": 200, "kept": 200 - refused, "duplicate": 0, "quarantined": refused, "suppressed": 0, "changed": 9}
    step = StepFigures("normalize", "done", rows, 1.0, details)
    assert verdict(Figures({}, (step,), 1.0)).sentence == sentence
