"""Records on the terminal: what waits in quarantine, and one record with what was made of it."""

from collections.abc import Sequence

from pyspark.sql import Row
from rich.console import Group, RenderableType
from rich.text import Text

from cdp_spark.config import Config
from cdp_spark.contracts.reasons import advice
from cdp_spark.reports.quarantine import Held, masked, with_paths
from cdp_spark.reports.record import RecordView, place_of
from cdp_spark.runtime.terminal import moment, new_table

# Longer ones, like the name of a rule, may be broken so that the table fits on eighty columns.
_WHOLE_REASON = 22
_MASKED = "values are masked; --show shows them"


def quarantine_table(held: Sequence[Held], config: Config) -> RenderableType:
    """What waits in quarantine by reason, and below it what to do about each."""
    if not held:
        return "nothing waits in quarantine"
    columns = ["stream", "meant for", "reason", "records", "first and last seen"]
    table = new_table("quarantine by reason; a record with several reasons counts for each", columns)
    table.columns[1].no_wrap = True
    table.columns[2].no_wrap = max(len(h.reason) for h in held) <= _WHOLE_REASON
    for h in held:
        seen = "\n".join(dict.fromkeys((moment(h.first_seen), moment(h.last_seen))))
        table.add_row(f"{h.source} {h.stream}", h.target, h.reason, f"{h.records:,}", seen)
    return Group(table, *_what_to_do(held, config))


def quarantined_records(rows: Sequence[Row], config: Config, in_clear: bool) -> RenderableType:
    """Records as they arrived, values masked unless ``in_clear``, with every reason."""
    parts: list[RenderableType] = [
        _about(
            r["record_id"],
            {
                "source": f"{r['source']} {r['stream']}",
                "meant for": r["target"],
                "reasons": _reasons(config, r["source"], r["stream"], r),
                "what to do": _advice([(r["target"], r["reasons"])]),
                "where": place_of(config, r["source"], r),
                "first seen": moment(r["first_seen"]),
                "tried": f"{_times(r['attempts'] or 1)}, last {moment(r['last_tried_at'] or r['first_seen'])}",
                "record": _shown(r["raw"], in_clear),
            },
        )
        for r in rows
    ]
    return Group(*parts, *([] if in_clear else [_MASKED]))


def record_table(view: RecordView, config: Config, in_clear: bool) -> RenderableType:
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
            "in quarantine": "\n".join(
                f"{r['target']}: {_reasons(config, view.source, view.arrival['stream'], r)}" for r in view.waiting
            ),
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


def _reasons(config: Config, source: str, stream: str, row: Row) -> str:
    return ", ".join(with_paths(config, source, stream, row["target"], reason) for reason in row["reasons"])


def _advice(told: Sequence[tuple[str, Sequence[str]]]) -> str:
    return " ".join(dict.fromkeys(advice(reason).text for _, reasons in told for reason in reasons))


def _times(n: int) -> str:
    return "once" if n == 1 else f"{n} times"


def _shown(raw: str | None, in_clear: bool) -> str:
    return raw or "" if in_clear else masked(raw or "")


def _what_to_do(held: Sequence[Held], config: Config) -> list[Text]:
    said: dict[str, list[Held]] = {}
    for h in held:
        said.setdefault(h.advice.text, []).append(h)
    lines = []
    for text, of in said.items():
        outdated = sum(h.outdated for h in of if h.advice.redrive)
        changed = f"The mapping has changed since {outdated:,} were refused: `cdp redrive`. " if outdated else ""
        reasons = dict.fromkeys(with_paths(config, h.source, h.stream, h.target, h.reason) for h in of)
        lines.append(Text.assemble((", ".join(reasons), "bold"), f": {changed}{text}"))
    return lines
