"""Tables for the terminal."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from cdp_spark.config.presets import Preset, expectations
from cdp_spark.contracts.findings import FORMULA
from cdp_spark.contracts.gold import PROFILES
from cdp_spark.contracts.table import Pii
from cdp_spark.reports.person import PersonView
from cdp_spark.reports.record import is_record_id
from cdp_spark.reports.scorecard import WHOLE_COMPANY, Scorecard
from cdp_spark.reports.status import WarehouseStatus
from cdp_spark.reports.summary import what_may_help
from cdp_spark.runtime.doctor import Check
from cdp_spark.runtime.terminal import moment, new_table, number_of, shown

_ANY_WIDTH = 100_000
_DIRECT = {c.name for c in PROFILES.columns if c.pii is Pii.DIRECT}


def status_tables(status: WarehouseStatus) -> RenderableType:
    """Runs, the newest run's steps, and rows by table."""
    runs = new_table("runs", ["run", "state", "as of", "seconds", "error"])
    for r in status.runs:
        runs.add_row(r["run_id"], r["state"], moment(r["as_of"]), f"{r['seconds']:.1f}", r["error_code"] or "")
    steps = new_table("steps of the newest run", ["step", "outcome", "in", "kept", "quarantined", "changed", "seconds"])
    for s in status.steps:
        figures = [f"{s[c] or 0:,}" for c in ("rows_in", "rows_kept", "rows_quarantined", "rows_changed")]
        steps.add_row(s["step"], s["outcome"], *figures, f"{s['seconds']:.1f}")
    published = f"publication {status.publication['publication_id']} by run {status.publication['run_id']}"
    tables = new_table(published, ["table", "rows", "version"])
    for name, n in status.rows.items():
        tables.add_row(name, f"{n:,}", str(status.publication["tables"][name]))
    return Group(runs, steps, tables, *what_may_help(status.outdated))


def doctor_table(checks: Sequence[Check]) -> RenderableType:
    """What the doctor found."""
    table = new_table("cdp doctor", ["check", "", "found", "what to do"])
    for c in checks:
        table.add_row(c.name, c.status, c.found, c.fix or "")
    return table


def scorecard_tables(card: Scorecard) -> RenderableType:
    """Scores by source, then what is wrong and what to do about it."""
    scores = new_table("score by source", ["source", "score", "errors", "warnings", "notes"])
    for source, points, counted in card.scores:
        scores.add_row(source, str(points), *[str(n or "") for n in counted.values()])
    parts: list[RenderableType] = [scores, FORMULA]
    for r in card.findings:
        place = ".".join(p for p in (r["source"], r["stream"]) if p) or WHOLE_COMPANY
        lines = [f"[bold]{escape(r['severity'])}[/bold] {escape(place)}: {escape(r['sentence'])}"]
        if r["persons"]:
            lines.append(f"  about {number_of(r['persons'], 'person')}")
        if r["examples"]:
            shows = "; `cdp record` shows one" if all(is_record_id(e) for e in r["examples"]) else ""
            lines.append(f"  for example {escape(', '.join(r['examples']))}{shows}")
        parts += ["", "\n".join([*lines, f"  {escape(r['why'])}", f"  → {escape(r['fix'])}"])]
    return Group(*parts)


def presets_table(presets: Sequence[Preset]) -> RenderableType:
    """The presets, and what each expects below the folder of its source."""
    table = new_table("presets", ["preset", "", "what it is", "what it expects"])
    for p in presets:
        table.add_row(p.preset, f"v{p.version}", p.about, "\n".join(expectations(p)))
    return table


def rows_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], more: bool, has_times: bool = False
) -> RenderableType:
    """Rows of a query, as texts; one below the other where a table would be too wide."""
    said = [f"first {len(rows)} rows"] * more + ["times are UTC"] * has_times
    return _Rows(columns, rows, "; ".join(said))


@dataclass(frozen=True)
class _Rows:
    """A table, or a block a row where the terminal is too narrow for each value on a line."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        table = new_table(self.title, self.columns)
        for r in self.rows:
            table.add_row(*[Text(v) for v in r])
        width = console.measure(table, options=options.update(max_width=_ANY_WIDTH)).maximum
        if width <= options.max_width or not self.rows:
            yield table
            return
        if self.title:
            yield Text(self.title, "italic")
        for r in self.rows:
            block = new_table("", ["column", "value"])
            for column, value in zip(self.columns, r, strict=True):
                block.add_row(Text(column), Text(value))
            yield block


def person_tables(view: PersonView, in_clear: bool) -> RenderableType:
    """One person, personal data masked unless ``in_clear``."""
    parts: list[RenderableType] = [_profile(view, in_clear), _identifiers(view, in_clear)]
    parts += [_devices(view, in_clear)] if view.devices else []
    parts.append(_links(view, in_clear))
    parts += [_refused(view, in_clear)] if view.refused else []
    parts += [_household(view)] if view.household else []
    contacts = new_table("contact points and consent", ["kind", "value", "preferred", "consent"])
    for c in view.contact_points:
        consent = ", ".join(f"{k}: {v}" for k, v in sorted((c["consent"] or {}).items())) or "no record: no"
        contacts.add_row(c["namespace"], shown(c["value"], in_clear), "yes" if c["is_preferred"] else "", consent)
    audiences = new_table("audiences", ["audience", "since", "because"])
    for a in view.audiences:
        audiences.add_row(a["audience"], moment(a["entered_at"]), _map(a["evidence"]))
    visits = new_table("visits and other touches", ["at", "kind", "channel", "campaign"])
    for t in view.touchpoints:
        visits.add_row(moment(t["occurred_at"]), t["touch_type"], t["channel"], t["campaign"] or "")
    return Group(*parts, contacts, audiences, visits, "\n".join(f"held by {s['sync_id']}" for s in view.syncs))


def _profile(view: PersonView, in_clear: bool) -> Table:
    table = new_table(f"person {view.person_id}", ["field", "value", "from", "observed", "rule"])
    profile = view.profile.asDict() if view.profile else {}
    provenance = profile.pop("provenance", None) or {}
    for name, value in profile.items():
        if value is None or name == "person_id":
            continue
        origin = provenance.get(name)
        text = shown(str(value), in_clear) if name in _DIRECT else _text(value)
        table.add_row(
            name,
            text,
            *([origin["source"], moment(origin["observed_at"]), origin["rule"]] if origin else ["", "", ""]),
        )
    for name, value in (view.traits.asDict() if view.traits else {}).items():
        if value is not None and name != "person_id":
            table.add_row(name, _text(value), "trait", "", "")
    return table


def _identifiers(view: PersonView, in_clear: bool) -> Table:
    table = new_table("identifiers", ["kind", "value", "status", "records", "first seen", "last seen"])
    for i in view.identifiers:
        seen = [moment(i["first_seen"]), moment(i["last_seen"])]
        table.add_row(i["namespace"], shown(i["value"], in_clear), i["status"], str(i["n_records"]), *seen)
    return table


def _devices(view: PersonView, in_clear: bool) -> Table:
    table = new_table("shared devices, while theirs", ["kind", "value", "from", "until"])
    for d in view.devices:
        until = moment(d["valid_to"]) if d["valid_to"] else ""
        table.add_row(d["namespace"], shown(d["value"], in_clear), moment(d["valid_from"]), until)
    return table


def _links(view: PersonView, in_clear: bool) -> Table:
    table = new_table("why they are one person", ["from", "to", "rule", "records", "first seen", "sources", "held"])
    for k in view.links:
        ends = [_named(k["from"], in_clear), _named(k["to"], in_clear)]
        table.add_row(
            *ends, k["rule"], str(k["n_obs"]), moment(k["first_seen"]), ", ".join(k["sources"]), k["held"] or ""
        )
    return table


def _refused(view: PersonView, in_clear: bool) -> Table:
    table = new_table("links to theirs that were refused", ["from", "to", "rule", "why"])
    for k in view.refused:
        table.add_row(_named(k["from"], in_clear), _named(k["to"], in_clear), k["rule"], k["held"] or "")
    return table


def _household(view: PersonView) -> Table:
    table = new_table("shares without being one person", ["household", "what", "with"])
    for h in view.household:
        table.add_row(h["household_id"], ", ".join(h["basis"]), ", ".join(h["others"]))
    return table


def _named(text: str, in_clear: bool) -> str:
    namespace, _, value = text.partition(":")
    return f"{namespace}:{shown(value, in_clear)}"


def _map(value: dict[str, str] | None) -> str:
    return ", ".join(f"{k} = {v}" for k, v in sorted((value or {}).items()))


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return moment(value)
    return ", ".join(str(v) for v in value) if isinstance(value, list) else str(value)
