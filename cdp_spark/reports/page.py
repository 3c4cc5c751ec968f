"""The page: sections as one HTML file that needs nothing beside it, and the same values as JSON."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from cdp_spark.reports.contents import Form, Section, Tile, Value, written
from cdp_spark.reports.verdict import Verdict


@dataclass(frozen=True)
class Header:
    """Whose report it is, of which run."""

    company: str
    as_of: str
    run_id: str
    seconds: float


def page_html(header: Header, verdict: Verdict, tiles: Sequence[Tile], sections: Sequence[Section]) -> str:
    """The report as HTML. Every figure's cell carries its value as JSON in ``data-value``."""
    environment = Environment(
        loader=PackageLoader("cdp_spark.reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"json_value": json_value, "svg": Markup}
    environment.globals |= {"written": written, "Form": Form}
    template = environment.get_template("report.html.jinja")
    return template.render(header=header, verdict=verdict, tiles=tiles, sections=sections)


def page_json(header: Header, verdict: Verdict, tiles: Sequence[Tile], sections: Sequence[Section]) -> str:
    """The same as JSON: run, verdict, tiles, and each section's tables with columns and rows."""
    content = {
        "company": header.company,
        "as_of": header.as_of,
        "run_id": header.run_id,
        "seconds": header.seconds,
        "verdict": {"level": verdict.level.value, "word": verdict.word, "sentence": verdict.sentence},
        "tiles": [_tile(t) for t in tiles],
        "sections": [_section(s) for s in sections],
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def json_value(value: Value) -> str:
    """A cell's value as JSON text."""
    return json.dumps(value, ensure_ascii=False)


def _tile(tile: Tile) -> dict[str, Any]:
    return {"label": tile.label, "value": tile.value, "note": tile.note}


def _section(section: Section) -> dict[str, Any]:
    tables = [
        {
            "id": t.id,
            "caption": t.caption,
            "columns": [label for label, _ in t.columns],
            "rows": [list(r) for r in t.rows],
        }
        for t in section.tables
    ]
    return {
        "id": section.id,
        "title": section.title,
        "summary": section.summary,
        "tiles": [_tile(t) for t in section.tiles],
        "tables": tables,
    }
