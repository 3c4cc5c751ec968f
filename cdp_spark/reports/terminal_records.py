"""Records on the terminal: what waits in quarantine, and one record with what was made of it."""

from collections.abc import Sequence

from pyspark.sql import Row
from rich.console import Group, RenderableType
from rich.text import Text

from cdp_spark.config import Config
from cdp_spark.contracts.reasons import advice
from cdp_spark.reports.quarantine import Held, masked
from cdp_spark.reports.record import RecordView, place_of
from cdp_spark.runtime.terminal import moment, new_table

_MASKED = "values are masked; --show shows them"


def quarantine_table(held: Sequence[Held]) -> RenderableType:
    """What waits in quarantine by reason, and below it what to do about each."""
    if not held:
        return "nothing waits in quarantine"
    columns = ["stream", "meant for", "reason", "records", "first and last seen"]
    table = new_table("quarantine by reason; a record with several reasons counts for each", columns)
    for h in held:
        seen = "\n".join(dict.fromkeys((moment(h.first_seen), moment(h.last_seen))))
        table.add_row(f"{h.source} {h.stream}", h.target, h.reason, f"{h.records:,}", seen)
    return Group(table, *_what_to_do(held))


def quarantined_records(rows: Sequence[Row], config: Config, in_clear: bool) -> RenderableType:
    """Records as they arrived, values masked unless ``in_clear``, with every reason."""
    parts: list[RenderableType] = [
        _about(
            r["record_id"],
            {
                "source": f"{r['source']} {r['stream']}",
                "meant for": r["target"],
                "reasons": ", ".join(r["reasons"]),
                "what to do": _advice([(r["target"], r["reasons"])]),
                "where": place_of(config, r["source"], r),
                "first seen": moment(r["first_seen"]),
                "tried": f"{r['attempts'] or 1} times, last {moment(r['last_tried_at'] or r['first_seen'])}",
                "record": _shown(r["raw"], in_clear),
            },
        )
        for r in rows
    ]
    return Group(*parts, *([] if in_clear else [_MASKED]))


def record_table(view: RecordView, in_clear: bool) -> RenderableType:
    """Where a record came from, what was made of it and what was not, and what it says."""
    made = [": ".join([name, *([", ".join(warnings)] if warnings else [])]) for name, warnings in view.made]
    left = [
        f"{r['target']} {'set aside' if r['discarded'] else 'passed'} {moment(r['passed_at'])}: {', '.join(r['reasons'])}"
        for r in view.left
    ]
    table = _about(
        view.arrival["record_id"],
        {
            "source": f"{view.source} {view.arrival['stream']}",
            "where": view.place,
            "landed": moment(view.arrival["landed_at"]),
            "made, and warned of": "\n".join(made) or "no row of its own",
            "in quarantine": "\n".join(f"{r['target']}: {', '.join(r['reasons'])}" for r in view.waiting),
            "was in quarantine": "\n".join(left),
            "what to do": _advice([*view.made, *((r["target"], list(r["reasons"])) for r in view.waiting)]),
            "record": _shown(view.arrival["raw"], in_clear),
        },
    )
    return Group(table, *([] if in_clear else [_MASKED]))


def _about(record_id: str, said: dict[str, str]) -> RenderableType:
    table = new_table(f"record {record_id}", ["", ""])
    for name, text in said.items():
        if text:
            table.add_row(name, Text(text))
    return table


def _advice(told: Sequence[tuple[str, Sequence[str]]]) -> str:
    return " ".join(dict.fromkeys(advice(reason).text for _, reasons in told for reason in reasons))


def _shown(raw: str | None, in_clear: bool) -> str:
    return raw or "" if in_clear else masked(raw or "")


def _what_to_do(held: Sequence[Held]) -> list[Text]:
    said: dict[str, list[Held]] = {}
    for h in held:
        said.setdefault(h.advice.text, []).append(h)
    lines = []
    for text, of in said.items():
        outdated = sum(h.outdated for h in of if h.advice.redrive)
        changed = f"The mapping has changed since {outdated:,} were refused: `cdp redrive`. " if outdated else ""
        lines.append(Text.assemble((", ".join(dict.fromkeys(h.reason for h in of)), "bold"), f": {changed}{text}"))
    return lines
