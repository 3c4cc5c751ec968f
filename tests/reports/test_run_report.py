"""The run report: nothing from outside, nothing personal, and cells that are the JSON's."""

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from cdp_spark.contracts import ops, silver
from cdp_spark.reports.figures import WHOLE, Figures, figures
from cdp_spark.reports.run_report import write_report
from cdp_spark.runtime.published import Published
from cdp_spark.runtime.run import Run

MUCH = 10_000_000


class Page(HTMLParser):
    """Reads a page's elements: tables by name, ids, charts, and what an element refers to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[Any]]] = {}
        self.texts: dict[str, list[list[str]]] = {}
        self.tiles: list[Any] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.references: list[str] = []
        self.charts: list[dict[str, str | None]] = []
        self.chart_words: list[str] = []
        self._table: str | None = None
        self._in_cell = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        have = dict(attrs)
        self.tags.append(tag)
        self.ids += [v for k, v in attrs if k == "id" and v]
        self.references += [v or "" for k, v in attrs if k in ("href", "src", "xlink:href", "srcset", "data", "action")]
        if tag == "svg":
            self.charts.append(have)
        elif tag == "table":
            self._table = have["data-table"] or ""
            self.tables[self._table], self.texts[self._table] = [], []
        elif tag == "tr" and self._table is not None:
            self.tables[self._table].append([])
            self.texts[self._table].append([])
        elif tag == "td" and self._table is not None:
            self.tables[self._table][-1].append(json.loads(have["data-value"] or ""))
            self.texts[self._table][-1].append("")
            self._in_cell = True
        elif tag == "dd":
            self.tiles.append(json.loads(have["data-value"] or ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self._table = None
        if tag == "td":
            self._in_cell = False

    def handle_data(self, data: str) -> None:
        if self._in_cell and self._table is not None:
            self.texts[self._table][-1][-1] += data


@pytest.fixture(scope="module")
def report(run: Run, published: Published, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(run, published, tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def html(report: Path) -> str:
    return report.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


@pytest.fixture(scope="module")
def content(report: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((report.parent / "report.json").read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def collected(published: Published, run: Run) -> Figures:
    return figures(published, run)


def _rows(content: dict[str, Any], table: str) -> list[list[Any]]:
    found = [t["rows"] for s in content["sections"] for t in s["tables"] if t["id"] == table]
    assert len(found) == 1
    rows: list[list[Any]] = found[0]
    return rows


def test_the_page_refers_to_nothing_outside_itself(html: str, page: Page) -> None:
    assert not re.search(r"https?:|//[a-z]|@import|url\((?!#)", html, re.IGNORECASE)
    assert all(r.startswith("#") for r in page.references) and page.references
    assert not {"script", "link", "img", "iframe", "object"} & set(page.tags)
    assert {r[1:] for r in page.references} <= set(page.ids)
    assert len(html.encode()) < MUCH


def test_ids_on_the_page_are_unique(page: Page) -> None:
    assert sorted(page.ids) == sorted(set(page.ids))


def test_every_cell_of_the_page_is_the_jsons(page: Page, content: dict[str, Any]) -> None:
    tables = {t["id"]: t["rows"] for s in content["sections"] for t in s["tables"] if t["rows"]}
    assert {name: rows[1:] for name, rows in page.tables.items()} == tables  # the first row is the heading
    tiles = [t["value"] for t in content["tiles"]] + [t["value"] for s in content["sections"] for t in s["tiles"]]
    assert page.tiles == tiles
    assert len(tables) >= 10


def test_what_people_read_is_the_value_written_out(page: Page) -> None:
    for name, rows in page.tables.items():
        for values, texts in zip(rows[1:], page.texts[name][1:], strict=True):
            for value, text in zip(values, texts, strict=True):
                if isinstance(value, float):  # a share in percent, seconds, or an amount
                    assert re.fullmatch(r"(< )?[\d,.]+( %| s)?", text)
                else:
                    assert text == (
                        "\N{EN DASH}" if value is None else f"{value:,}" if isinstance(value, int) else value
                    )


def test_no_personal_data_shows(html: str, report: Path) -> None:
    whole = html + (report.parent / "report.json").read_text(encoding="utf-8")
    assert not re.search(r"[\w.+-]+@[\w-]+\.[\w.]+", whole)
    for secret in ("secret", "Ana", "+431234567", "Bob", '"p1"', ">p1<"):
        assert secret not in whole


def test_charts_say_what_they_show_to_who_cannot_see_them(html: str, page: Page) -> None:
    assert len(page.charts) >= 9
    for chart in page.charts:
        assert chart["role"] == "img" and chart["viewbox"]
        assert set((chart["aria-labelledby"] or "").split()) <= set(page.ids)
    assert len(re.findall(r"<desc id=[^>]+>[^<]+</desc>", html)) == len(page.charts)


def test_figures_are_those_of_the_tables(collected: Figures) -> None:
    assert {e.key[:2]: e.n for e in collected.of("records")} == {
        ("events", "web"): 7, ("customers", "crm"): 3, ("orders", "shop"): 2, ("consent_events", "web"): 1
    }  # fmt: skip
    assert collected.total("reasons", WHOLE) == 1 and collected.total("reasons") == 3
    assert collected.total("persons") == 4
    assert sorted((e.key[:3], e.n, int(e.amount), int(e.weight)) for e in collected.of("credit")) == [
        (("last_non_direct", "(none)", "EUR"), 1, 5, 1), (("last_non_direct", "Email", "EUR"), 1, 20, 1),
        (("last_touch", "(none)", "EUR"), 1, 5, 1), (("last_touch", "Direct", "EUR"), 1, 20, 1),
    ]  # fmt: skip
    assert collected.seconds == 61.25
    assert {s.step: s.outcome for s in collected.steps} == {
        "ingest": "done",
        "normalize": "done",
        "activation": "unchanged",
    }


def test_sections_show_the_known_company(content: dict[str, Any]) -> None:
    assert _rows(content, "flow") == [["ingest", 115, 115, 0, 0, 0, 0], ["normalize", 115, 112, 2, 1, 0, 0]]
    sizes = {r[0]: r[1:] for r in _rows(content, "person-sizes")}
    assert sizes["1"] == [1, 0] and sizes["2"] == [0, 1] and sizes["6\N{EN DASH}9"] == [1, 0] and sizes["20+"] == [1, 0]
    assert _rows(content, "identifiers")[0] == ["email", 2, 0, 0, 0, 0]
    assert _rows(content, "identifiers")[1] == ["anonymous_id", 1, 1, 0, 0, 0]
    assert _rows(content, "devices") == [["anonymous_id", 1, 0, 1.0]]
    assert _rows(content, "changes-of-persons") == [["merged", 1, 2]]
    assert _rows(content, "largest-persons")[0] == [24, 1]
    fields = {r[0]: r[1:] for r in _rows(content, "fields")}
    assert fields["email"] == [2, 0.666667, 0, 0.0] and fields["name"][0] == 2 and fields["country"][0] == 1
    assert _rows(content, "consent") == [["advertising", 0, 1, 0, 0.0], ["marketing_email", 1, 1, 0, 0.25]]
    assert _rows(content, "sources-per-person") == [["1", 2, 1], ["2", 1, 0]]
    assert [r[0:1] + r[2:] for r in _rows(content, "audiences")] == [["buyers", 2, 1, 0], ["lapsed", 0, 0, 1]]
    assert _rows(content, "activation") == [
        ["newsletter ← buyers", 1, 1, 0, 0, 0, 1, 0], ["newsletter ← lapsed", 0, 0, 0, 1, 1, None, None]
    ]  # fmt: skip
    assert _rows(content, "attribution-totals") == [["last_non_direct", 2.0, 25.0], ["last_touch", 2.0, 25.0]]
    assert [r[0] for r in _rows(content, "sessions")] == [f"2026-02-{d}" for d in range(22, 29)]  # a day without too
    assert [r[0:4] for r in _rows(content, "reasons")] == [
        ["missing:source_key", "crm", "customers", 1], ["unreadable:birth_date", "crm", "customers", 1]
    ]  # fmt: skip
    assert all("map" in r[4] for r in _rows(content, "reasons"))
    assert _rows(content, "scores") == [["crm", 74, 1, 1, 0], ["web", 99, 0, 0, 1]]
    assert _rows(content, "findings")[0][:4] == ["error", "crm", "20 days: nothing new for too long.", 2]
    assert [r[0] for r in _rows(content, "findings")] == ["error", "warn", "info"]
    assert _rows(content, "steps")[1] == ["normalize", "done", 13, 20.5]
    assert content["verdict"]["level"] == "good" and content["seconds"] == 61.25


def test_the_same_publication_gives_the_same_bytes(
    report: Path, run: Run, published: Published, tmp_path: Path
) -> None:
    again = write_report(run, published, tmp_path / "again")
    for name in ("report.html", "report.json"):
        assert (again.parent / name).read_bytes() == (report.parent / name).read_bytes()


def test_a_warehouse_with_little_in_it_has_a_report_too(
    run: Run, publishing: Callable[[list[Any]], Published], tmp_path: Path
) -> None:
    step = {"run_id": run.run_id, "sequence": 2, "step": "ingest", "outcome": "done", "seconds": 1.0}
    state = {"run_id": run.run_id, "state": "succeeded", "sequence": 2, "seconds": 1.5}
    bare = publishing([(silver.EVENTS, []), (ops.RUNS, [state]), (ops.STEPS, [step])])
    page = Page(write_report(run, bare, tmp_path / "bare").read_text(encoding="utf-8"))
    assert page.tables["steps"][1:] == [["ingest", "done", 0, 1.0]]


def test_a_report_takes_few_spark_jobs(spark: SparkSession, run: Run, published: Published) -> None:
    tracker = spark.sparkContext.statusTracker()
    spark.sparkContext.setJobGroup("report", "report")
    figures(published, run)
    jobs = len(tracker.getJobIdsForGroup("report"))
    spark.sparkContext.setJobGroup("after the report", "after the report")
    # The files of small tables are known without a job; the figures themselves take a handful.
    assert 0 < jobs <= 8, f"{jobs} jobs for {len(published.versions)} tables"
