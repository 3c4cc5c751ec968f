"""The report of a run: ``report.html`` for people, ``report.json`` for machines."""

from pathlib import Path

from cdp_spark.reports.contents import Form, Section, Tile
from cdp_spark.reports.figures import WHOLE, Figures, figures
from cdp_spark.reports.page import Header, page_html, page_json
from cdp_spark.reports.sections.findings import findings
from cdp_spark.reports.sections.flow import row_flow, step_times
from cdp_spark.reports.sections.identity import identity, profiles
from cdp_spark.reports.sections.marketing import attribution, model_totals, visits
from cdp_spark.reports.sections.quality import data_quality
from cdp_spark.reports.sections.reach import activation, audiences
from cdp_spark.reports.verdict import verdict
from cdp_spark.runtime.published import Published
from cdp_spark.runtime.run import Run


def write_report(run: Run, published: Published, folder: Path) -> Path:
    """Writes the report of ``run`` into ``folder`` from what it published; returns the path of report.html.

    ``published`` also reads ops.runs and ops.steps, at the versions that hold this run.
    """
    collected = figures(published, run)
    header = Header(
        company=run.config.project.name.replace("_", " "),
        as_of=f"{run.as_of:%Y-%m-%d %H:%M} UTC",
        run_id=run.run_id,
        seconds=round(collected.seconds, 3),
    )
    parts = (header, verdict(collected), _tiles(collected, run.config.project.currency), _sections(collected, run))
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "report.html"
    page.write_text(page_html(*parts), encoding="utf-8")
    (folder / "report.json").write_text(page_json(*parts), encoding="utf-8")
    return page


def _sections(collected: Figures, run: Run) -> tuple[Section, ...]:
    return (
        row_flow(collected),
        identity(collected),
        profiles(collected),
        audiences(collected, run.config.audiences),
        activation(collected, run.config.destinations),
        attribution(collected, run.config.attribution.models, run.config.project.currency),
        visits(collected),
        data_quality(collected),
        findings(collected, run.config.sources),
        step_times(collected),
    )


def _tiles(collected: Figures, currency: str) -> tuple[Tile, ...]:
    records = sum(e.n for e in collected.of("records"))
    known = sum(e.n for e in collected.of("persons") if e.key[1] == "known")
    _, value = next(iter(model_totals(collected).values()), (0.0, {}))
    return (
        Tile("rows in silver", records, note=f"{collected.total('reasons', WHOLE):,} more in quarantine"),
        Tile("persons", collected.total("persons"), note=f"{known:,} known"),
        Tile("audience memberships", collected.total("members")),
        Tile("held by destinations", collected.total("held")),
        Tile(f"revenue, {currency}", value.get(currency, 0.0), Form.AMOUNT),
    )
