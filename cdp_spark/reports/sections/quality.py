"""What the sources delivered, and what waits in quarantine with what to do about it."""

from cdp_spark.reports.charts import VERMILION, stacked_bars
from cdp_spark.reports.contents import Chart, Form, Section, Table, share
from cdp_spark.reports.figures import WHOLE, Figures

_TABLES = ("events", "customers", "orders", "consent_events")
_SHOWN = 15
# The first prefix that a reason begins with.
_ADVICE = (
    ("malformed_json", "Ask the sender for one JSON object a line; half-written files mean the transfer broke off."),
    (
        "wrong_column_count",
        "Look for the delimiter or a line break inside an unquoted cell; set delimiter and quote in the source's read.",
    ),
    ("not_utf8", "Set the file's encoding in the source's read."),
    ("invalid_utf8", "Set the file's encoding in the source's read."),
    ("too_long", "Raise max_record_bytes in the source's read, or ask why a record is that large."),
    ("record_too", "Raise max_record_bytes in the source's read, or ask why a record is that large."),
    ("truncated", "The file ended within a record: have it sent again."),
    ("missing:", "The field is required: map it from another place in the source's mapping, or give it a constant."),
    ("unreadable:", "The value does not read as its type: state format, decimal sign or zone in the source's mapping."),
    ("unknown_", "The value is none of the known ones: add it to the mapping."),
    ("no_mapping", "No mapping takes this kind of record: add one, or exclude it with `when`."),
    ("unmapped", "No mapping takes this kind of record: add one, or exclude it with `when`."),
    ("future", "The time lies in the future: check the sender's clock and zone."),
    ("time_", "The time is not plausible: check the sender's clock, format and zone."),
)
_OTHERWISE = "Look at the rows in silver.quarantine, mend the mapping or the source, then send them again."


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
    reason_rows = tuple((reason, source, target, n, advice(reason)) for (reason, source, target), n in top)
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


def advice(reason: str) -> str:
    """What to do about a quarantine reason."""
    return next((text for prefix, text in _ADVICE if reason.startswith(prefix)), _OTHERWISE)


def _summary(held: int, usable: int, top: list[tuple[tuple[str, ...], int]]) -> str:
    if not held:
        return f"{usable:,} usable rows, and nothing waits in quarantine."
    (reason, source, _), n = top[0]
    return (
        f"{held:,} records wait in quarantine, whole and with their reasons, beside {usable:,} usable rows. "
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
