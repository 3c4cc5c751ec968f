"""The scorecard of the data: a score a source, and what is wrong in words that can be acted on."""

from collections.abc import Iterable

from cdp_spark.contracts.findings import FORMULA, KINDS
from cdp_spark.reports.charts import GREEN, GREY, stacked_bars
from cdp_spark.reports.contents import Chart, Form, Section, Table
from cdp_spark.reports.figures import Entry, Figures
from cdp_spark.reports.scorecard import scored

_LEVELS = ("error", "warn", "info")
_SHOWN = 40


def findings(figures: Figures, sources: Iterable[str]) -> Section:
    """Scores by source, and the findings, dearest first."""
    found = sorted(figures.of("findings"), key=lambda e: (-e.amount, e.key))
    scores = _scores(found, sources)
    rows = tuple(_row(e) for e in found[:_SHOWN])
    columns = (
        ("severity", Form.TEXT), ("source", Form.TEXT), ("what", Form.TEXT), ("persons", Form.COUNT),
        ("why it matters", Form.TEXT), ("what to do", Form.TEXT),
    )  # fmt: skip
    by_source = (("source", Form.TEXT), ("score", Form.COUNT), *[(level, Form.COUNT) for level in _LEVELS])
    more = f", the {_SHOWN} dearest of {len(found)}" if len(found) > _SHOWN else ""
    return Section(
        id="findings",
        title="What is wrong with the data",
        label="Findings",
        summary=_summary(found, scores),
        charts=(_chart(scores),) if scores else (),
        tables=(
            Table("scores", f"Score by source: {FORMULA}", by_source, tuple((s, n, *c.values()) for s, n, c in scores)),
            Table("findings", f"Findings{more}", columns, rows, is_open=True),
        ),
    )


def _scores(found: list[Entry], sources: Iterable[str]) -> list[tuple[str, int, dict[str, int]]]:
    names = sorted({*sources, *[e.key[2] for e in found]})
    scores = [scored(s, [(e.key[0], float(e.amount)) for e in found if e.key[2] == s]) for s in names]
    return sorted(scores, key=lambda s: (s[1], s[0]))


def _row(entry: Entry) -> tuple[str | float | None, ...]:
    severity, kind, source, sentence = entry.key
    about = KINDS[kind]
    return severity, source or None, sentence, int(entry.weight) or None, about.why, about.fix


def _summary(found: list[Entry], scores: list[tuple[str, int, dict[str, int]]]) -> str:
    if not found:
        return "Nothing was found to be wrong."
    counted = {level: sum(e.key[0] == level for e in found) for level in _LEVELS}
    worst, points, _ = scores[0]
    return (
        f"{counted['error']} errors, {counted['warn']} warnings and {counted['info']} notes. "
        f"Lowest score: {worst}, {points} of 100."
    )


def _chart(scores: list[tuple[str, int, dict[str, int]]]) -> Chart:
    title = "Score by source, of 100"
    svg = stacked_bars(
        title,
        "; ".join(f"{source} {points}" for source, points, _ in scores),
        [source for source, _, _ in scores],
        {"score": [points for _, points, _ in scores], "lost to findings": [100 - points for _, points, _ in scores]},
        [str(points) for _, points, _ in scores],
        colours=(GREEN, GREY),
    )
    return Chart(title, svg)
