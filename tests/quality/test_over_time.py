"""Streams against their own past: stopped, unusual, stale, drifting, and what is quite usual."""

import random
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import pytest

from cdp_spark.config.quality import QualityConfig, Volume
from cdp_spark.contracts.findings import KINDS, Severity, penalty, score
from cdp_spark.quality.findings.drift import drift_findings
from cdp_spark.quality.findings.freshness import freshness_findings
from cdp_spark.quality.findings.measured import Measured
from cdp_spark.quality.findings.rows import row_findings
from cdp_spark.quality.findings.volume import robust_z, volume_findings
from cdp_spark.quality.measurements import Measurement

START = date(2026, 1, 5)  # a Monday


def measured(every: Iterable[Measurement]) -> Measured:
    return Measured(tuple(every), 9, 30)


def volumes(*by_day: int, event: str = "View") -> list[Measurement]:
    return [
        Measurement(
            "volume", "web", "events", event, (START + timedelta(days=i)).isoformat(), 1, n,
            latest=datetime(2026, 1, 5, 12, tzinfo=UTC) + timedelta(days=i),
        )
        for i, n in enumerate(by_day) if n
    ]  # fmt: skip


def after(days: int) -> datetime:
    """Midnight after so many whole days."""
    return datetime(2026, 1, 5, tzinfo=UTC) + timedelta(days=days)


def weekly(weeks: int, seed: int = 1) -> list[int]:
    dice = random.Random(seed)
    return [round(dice.gauss((100, 110, 105, 95, 120, 40, 30)[i % 7], 6)) for i in range(7 * weeks)]


def test_a_steady_stream_with_quiet_weekends_is_usual() -> None:
    for seed in range(40):
        days = weekly(6, seed)
        assert list(volume_findings(measured(volumes(*days)), Volume(), after(len(days)))) == []


def test_an_event_that_stopped_is_an_error_and_one_that_came_back_a_warning() -> None:
    others = volumes(*weekly(6), event="Other")
    stopped, back = [*weekly(5), 90, 100, 0, 0, 0, 0, 0], [*weekly(3), 0, 0, *weekly(6)[23:]]
    [gone] = volume_findings(measured([*others, *volumes(*stopped)]), Volume(), after(42))
    assert (gone.kind, gone.subject, gone.severity) == ("volume_dropped", "View", Severity.ERROR)
    assert gone.affected == pytest.approx(105 + 95 + 120 + 40 + 30, rel=0.1)
    assert "none since 2026-02-11" in gone.sentence
    [hole] = volume_findings(measured([*others, *volumes(*back)]), Volume(), after(42))
    assert (hole.severity, "none from 2026-01-26 to 2026-01-27" in hole.sentence) == (Severity.WARN, True)


def test_rare_events_and_short_histories_are_left_alone() -> None:
    others = volumes(*weekly(6), event="Other")
    rare = [1, 0, 2, 0, 0, 1] * 6 + [0] * 6
    new = [0] * 30 + [50] * 8 + [0] * 4
    for days in (rare, new):
        assert list(volume_findings(measured([*others, *volumes(*days)]), Volume(), after(42))) == []


def test_a_day_on_which_as_good_as_nothing_came_is_a_hole_unless_it_is_the_last() -> None:
    others = volumes(*weekly(6), event="Other")
    down = [*weekly(3), 95, 6, *weekly(6)[23:]]
    [hole] = volume_findings(measured([*others, *volumes(*down)]), Volume(), after(42))
    assert (hole.subject, hole.severity) == ("View", Severity.WARN)
    assert "only 6 from 2026-01-27 to 2026-01-27" in hole.sentence
    half_come = [*weekly(5), 90, 100, 110, 95, 120, 40, 2]
    found = volume_findings(measured([*others, *volumes(*half_come)]), Volume(), after(42))
    assert "volume_dropped" not in [f.kind for f in found]


def test_a_stream_that_was_down_is_one_finding_however_many_events_it_has() -> None:
    # Of the single events too few are missing to tell.
    each = [[*[8] * 23, 0, *[8] * 18], [*[9] * 23, 1, *[9] * 18], [*[10] * 23, 0, *[10] * 18]]
    three = [m for i, days in enumerate(each) for m in volumes(*days, event=f"E{i}")]
    [down] = volume_findings(measured(three), Volume(), after(42))
    assert (down.kind, down.subject, down.affected) == ("volume_dropped", "every event", 26)
    # Where each could be told it is still one.
    many = [m for i, days in enumerate(each) for m in volumes(*[10 * n for n in days], event=f"E{i}")]
    assert [f.subject for f in volume_findings(measured(many), Volume(), after(42))] == ["every event"]


def test_a_day_far_from_its_weekday_is_unusual() -> None:
    [found] = volume_findings(measured(volumes(*weekly(5), 400)), Volume(), after(36))
    assert (found.kind, found.affected, "on 2026-02-09, usually " in found.sentence) == ("volume_unusual", 400, True)


def test_the_robust_score_is_that_of_the_textbook() -> None:
    assert robust_z(20, [8.0, 10.0, 12.0, 60.0, 2.0]) == pytest.approx(0.6745 * 10 / 2.1329, rel=1e-3)
    usual = [100.0 - 50, 100.0, 150.0, 100.0, 180.0]
    assert robust_z(200, usual) == pytest.approx(0.6745 * 100 / 50)


@pytest.mark.parametrize(
    ("silent_days", "severity"), [(1, None), (2, None), (4, Severity.WARN), (13, Severity.WARN), (15, Severity.ERROR)]
)
def test_a_daily_stream_grows_stale(silent_days: int, severity: Severity | None) -> None:
    found = list(freshness_findings(measured(volumes(*weekly(4))), QualityConfig(), after(28 + silent_days)))
    assert [f.severity for f in found] == ([severity] if severity else [])


def test_a_weekly_stream_may_be_silent_for_three_weeks_unless_told() -> None:
    mondays = volumes(*[50 if i % 7 == 0 else 0 for i in range(36)])
    assert list(freshness_findings(measured(mondays), QualityConfig(), after(50))) == []
    told = QualityConfig.model_validate({"freshness_of": {"web": {"warn_after": "8d", "error_after": "9d"}}})
    assert [f.severity for f in freshness_findings(measured(mondays), told, after(50))] == [Severity.ERROR]


def fields(landing: int, n: int, **types: int) -> list[Measurement]:
    counted = [
        Measurement("field", "web", "events", name.rpartition("__")[0], name.rpartition("__")[2], landing, c)
        for name, c in types.items()
    ]
    return [Measurement("examined", "web", "events", "", "bronze", landing, n), *counted]


def test_drift_is_told_from_variation() -> None:
    before = [f for i in range(1, 4) for f in fields(i, 100, a__text=100, b__number=98, c__text=10, d__text=70)]
    now = fields(4, 50, a__number=50, b__null=50, c__text=1, d__text=35, e__text=2)
    found = {(f.kind, f.subject): f.affected for f in drift_findings(measured([*before, *now]))}
    assert found == {("retyped_field", "a"): 50, ("vanished_field", "b"): 50, ("new_field", "e"): 2}
    same = fields(4, 50, a__text=50, b__number=49, c__text=9, d__text=20)
    assert list(drift_findings(measured([*before, *same]))) == []
    assert list(drift_findings(measured(fields(1, 100, a__text=100)))) == []


def test_an_object_speaks_for_its_fields() -> None:
    before = fields(1, 100, a__text=100, **{"o__object": 100, "o.x__text": 100})
    now = fields(2, 100, a__text=100, **{"p__object": 9, "p.y__text": 9})
    found = {(f.kind, f.subject) for f in drift_findings(measured([*before, *now]))}
    assert found == {("vanished_field", "o"), ("new_field", "p")}


@pytest.mark.parametrize(("landed", "refused", "points"), [(100, 100, 0), (300, 100, 67), (100, 50, 50)])
def test_a_source_whose_records_are_refused_is_worth_what_is_left_of_it(landed: int, refused: int, points: int) -> None:
    records = [
        Measurement("landed", "web", "events", "", "bronze", 1, 100),
        Measurement("landed", "web", "forms", "", "bronze", 1, landed - 100),
        Measurement("refused_record", "web", "events", "missing:event_ts", "waiting", 9, refused),
        Measurement("landed", "pos", "receipts", "", "bronze", 1, 5000),
    ]
    [found] = row_findings(measured(records), QualityConfig().event_names)
    assert (found.kind, found.affected, found.of) == ("refused_record", refused, 100)
    assert score([found.penalty]) == points


def test_the_score_is_what_the_formula_says() -> None:
    assert penalty(Severity.ERROR, None) == 20 and penalty(Severity.WARN, 0.1) == 6
    assert penalty(Severity.WARN, 0.02) == pytest.approx(6 * (0.25 + 0.75 * 0.2))
    assert (score([]), score([20, 6.4]), score([60, 60])) == (100, 74, 0)


def test_a_large_share_makes_an_error_of_a_warning() -> None:
    kind = KINDS["event_without_id"]
    assert [kind.severity_at(s, 10) for s in (None, 0.1, 0.2)] == [Severity.WARN, Severity.WARN, Severity.ERROR]
    assert kind.severity_at(1.0, 9) == Severity.WARN
