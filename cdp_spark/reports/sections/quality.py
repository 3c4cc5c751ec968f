"""What the sources delivered, and what waits in quarantine with what to do about it."""

from cdp_spark.contracts.reasons import advice
from cdp_spark.reports.charts import VERMILION, stacked_bars
from cdp_spark.reports.contents import Chart, Form, Section, Table, share
from cdp_spark.reports.figures import WHOLE, Figures

_TABLES = ("events", "customers", "orders", "consent_events")
_SHOWN = 15


def data_quality(figures: Figures) -> Section:
    """Records by source and table, and quarantine by reason."""
    by_source = figures.counts("records", 1, 0)
    held = {source: n for (reason, source), n in figures.counts("reasons", 0, 1).items() if reason == WHOLE}
    sources = sorted({s for s, _ in by_source} | set(held))
    rows = []
    for source in sources:
        usable = [by_source[source, t] for t in _TABLES]
        rows.append(
            (source, *usable, held.get(source, 0), share(held.get(source, 0), sum(usable) + held.get(source, 0)))
        )
    columns = (
        ("source", Form.TEXT),
        *[(t.replace("_", " "), Form.COUNT) for t in _TABLES],
        ("in quarantine", Form.COUNT),
        ("share", Form.SHARE),
    )
    reasons = {key: n for key, n in figures.counts("reasons", 0, 1, 3).items() if key[0] != WHOLE}
    top = sorted(reasons.items(), key=lambda r: (-r[1], r[0]))[:_SHOWN]
    reason_rows = tuple((reason, source, target, n, advice(reason).text) for (reason, source, target), n in top)
    reason_columns = (
        ("reason", Form.TEXT),
        ("source", Form.TEXT),
        ("meant for", Form.TEXT),
        ("records", Form.COUNT),
        ("what to do", Form.TEXT),
    )
    return Section(
        id="quality",
        title="Data quality",
        label="Quality",
        summary=_summary(sum(held.values()), sum(by_source.values()), top),
        charts=(_chart(reasons),) if reasons else (),
        tables=(
            Table("sources", "Rows by source and table", columns, tuple(rows)),
            Table(
                "reasons",
                "Quarantine by reason" + (f", the {_SHOWN} most frequent" if len(reasons) > _SHOWN else ""),
                reason_columns,
                reason_rows,
                is_open=True,
            ),
        ),
    )


def _summary(held: int, usable: int, top: list[tuple[tuple[str, ...], int]]) -> str:
    if not held:
        return f"{usable:,} usable rows, and nothing waits in quarantine."
    (reason, source, _), n = top[0]
    return (
        f"Records in quarantine, whole and with their reasons: {held:,}; usable rows: {usable:,}. "
        f"Most frequent: {reason} in {source} ({n:,})."
    )


def _chart(reasons: dict[tuple[str, ...], int]) -> Chart:
    by_reason: dict[str, int] = {}
    for (reason, *_), n in reasons.items():
        by_reason[reason] = by_reason.get(reason, 0) + n
    top = sorted(by_reason.items(), key=lambda r: (-r[1], r[0]))[:10]
    title = "Records in quarantine by reason"
    svg = stacked_bars(
        title,
        "; ".join(f"{r} {n:,}" for r, n in top),
        [r for r, _ in top],
        {"records": [n for _, n in top]},
        [f"{n:,}" for _, n in top],
        colours=(VERMILION,),
    )
    return Chart(title, svg)
