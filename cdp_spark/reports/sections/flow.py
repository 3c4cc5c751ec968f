"""Row flow: where every record went, and how long each step took."""

from collections.abc import Sequence

from cdp_spark.reports.charts import BLUE, GREY, ORANGE, SKY, VERMILION, stacked_bars
from cdp_spark.reports.contents import Chart, Form, Section, Table, Value
from cdp_spark.reports.figures import Figures, StepFigures

STEP_ORDER = (
    "ingest",
    "normalize",
    "consent",
    "identity",
    "profiles",
    "quality",
    "audiences",
    "measurement",
    "activation",
)
_WENT = ("kept", "duplicate", "quarantined", "suppressed")
_LABELS = {"kept": "kept", "duplicate": "duplicates", "quarantined": "quarantined", "suppressed": "withheld"}
_COLOURS = (BLUE, SKY, VERMILION, ORANGE)


def in_order(steps: Sequence[StepFigures]) -> list[StepFigures]:
    """The steps as data passes through them."""
    return sorted(steps, key=lambda s: (STEP_ORDER.index(s.step) if s.step in STEP_ORDER else len(STEP_ORDER), s.step))


def row_flow(figures: Figures) -> Section:
    """Rows in against rows kept, duplicate, quarantined and withheld, by step."""
    steps = in_order(figures.steps)
    counted = [s for s in steps if s.rows["in"]]
    columns = (
        ("step", Form.TEXT),
        ("rows in", Form.COUNT),
        *[(_LABELS[w], Form.COUNT) for w in _WENT],
        ("unaccounted", Form.COUNT),
    )
    rows: list[tuple[Value, ...]] = [(s.step, s.rows["in"], *[s.rows[w] for w in _WENT], _lost(s)) for s in counted]
    charts = [_chart(counted)] if counted else []
    return Section(
        id="flow",
        title="Where every row went",
        label="Row flow",
        summary=_summary(counted),
        charts=tuple(charts),
        tables=(Table("flow", "Rows by step", columns, tuple(rows)),),
    )


def step_times(figures: Figures) -> Section:
    """Seconds and changed rows by step."""
    steps = in_order(figures.steps)
    rows = tuple((s.step, s.outcome, s.rows["changed"], round(s.seconds, 3)) for s in steps)
    columns = (("step", Form.TEXT), ("outcome", Form.TEXT), ("rows changed", Form.COUNT), ("time", Form.SECONDS))
    idle = sum(s.outcome == "unchanged" for s in steps)
    longest = max(steps, key=lambda s: s.seconds, default=None)
    said = f"{len(steps)} steps" + (f", {idle} of them with nothing to do" if idle else "") + "."
    if longest and longest.seconds:
        said += f" Most time went into {longest.step}: {longest.seconds:,.1f} s."
    chart = stacked_bars(
        "Seconds by step",
        "; ".join(f"{s.step} {s.seconds:.1f} s" for s in steps),
        [s.step for s in steps],
        {"seconds": [s.seconds for s in steps]},
        [f"{s.seconds:,.1f} s{'' if s.outcome == 'done' else ' · ' + s.outcome}" for s in steps],
        colours=(GREY,),
    )
    charts = (Chart("Seconds by step", chart),) if steps else ()
    return Section(
        "steps", "Steps", "Steps", said, charts=charts, tables=(Table("steps", "Steps of this run", columns, rows),)
    )


def _lost(step: StepFigures) -> int:
    return step.rows["in"] - sum(step.rows[w] for w in _WENT)


def _summary(counted: Sequence[StepFigures]) -> str:
    if not counted:
        return "Nothing new arrived, so no step had rows to take in."
    lost = [s for s in counted if _lost(s)]
    if lost:
        return f"In {', '.join(s.step for s in lost)} rows in and rows accounted for differ."
    return "In every step, rows in equal rows kept, duplicates, quarantined and withheld. None was lost."


def _chart(counted: Sequence[StepFigures]) -> Chart:
    title = "Rows by step and where they went"
    notes = [" · ".join(f"{s.rows[w]:,} {_LABELS[w]}" for w in _WENT if s.rows[w]) for s in counted]
    svg = stacked_bars(
        title,
        "; ".join(f"{s.step}: {n}" for s, n in zip(counted, notes, strict=True)),
        [s.step for s in counted],
        {_LABELS[w]: [s.rows[w] for s in counted] for w in _WENT},
        notes,
        colours=_COLOURS,
    )
    return Chart(title, svg)
