"""One record: where it came from, what was made of it, what was wrong with it; nobody's values unless asked for."""

from io import StringIO
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from rich.console import Console

from cdp_spark.contracts.quarantined import Chosen
from cdp_spark.contracts.silver import QUARANTINE
from cdp_spark.contracts.warehouse import all_contracts
from cdp_spark.errors import UsageError
from cdp_spark.reports.record import is_record_id, place_of, record_view
from cdp_spark.reports.terminal_records import quarantined_records, record_table
from cdp_spark.runtime.published import Published
from tests.ingest.company import Company, stream
from tests.normalize.test_step import EVENT, event


def shown(what: object) -> str:
    console = Console(width=200, file=StringIO(), record=True)
    console.print(what)
    return console.export_text()


def published(company: Company) -> Published:
    there = {t.name: v for t in all_contracts(company.config) if (v := company.tables.version(t)) is not None}
    return Published(company.tables, there)


def test_a_record_says_where_it_stood_and_what_became_of_it(spark: SparkSession, tmp_path: Path) -> None:
    web = Company(spark, tmp_path, {"calls": stream(EVENT, message_id="messageId", global_id=True)})
    web.put("in/a.jsonl", event("m1", userId="ana@example.com") + event("m2", timestamp="31.02.2026 10:00"))
    web.run()
    good, bad = (r["record_id"] for r in sorted(web.bronze(), key=lambda r: r["row_pos"]))

    view = record_view(published(web), web.config, good)
    assert view.made == [("silver.events", [])] and view.waiting == view.left == []
    masked, clear = (shown(record_table(view, web.config, in_clear)) for in_clear in (False, True))
    assert "in/a.jsonl, record 1 " in masked and "--show" in masked
    assert "ana@example.com" not in masked and "ana@example.com" in clear

    text = shown(record_table(record_view(published(web), web.config, bad), web.config, in_clear=False))
    assert (
        "in/a.jsonl, record 2 " in text
        and "no row of its own" in text
        and "events: unreadable:event_ts (read from timestamp)" in text
    )
    assert "state format, decimal sign or zone" in text
    [row] = web.rows(QUARANTINE)
    assert "in/a.jsonl, record 2 " in shown(quarantined_records([row], web.config, in_clear=False))
    web.discard(Chosen(record_id=bad))
    assert "events set aside" in shown(
        record_table(record_view(published(web), web.config, bad), web.config, in_clear=False)
    )
    with pytest.raises(UsageError, match="no record has that id"):
        record_view(published(web), web.config, "nobody")


def test_a_part_of_a_large_file_says_where_it_begins(spark: SparkSession, tmp_path: Path) -> None:
    web = Company(spark, tmp_path, {"calls": stream(EVENT)})
    web.put("in/a.jsonl", event("m1"))
    web.ingest()
    [row] = web.bronze()
    file = row["record_id"].split("-")[0]
    later = {**row.asDict(), "record_id": f"{file}-0000000400-000000007", "row_pos": 7}
    assert place_of(web.config, "web", type(row)(**later)) == "in/a.jsonl, record 8 from byte 1,024 on"
    assert place_of(web.config, "web", row) == "in/a.jsonl, record 1"
    gone = {**row.asDict(), "stream": "configured no more"}
    assert place_of(web.config, "web", type(row)(**gone)) == "in/a.jsonl, 0"


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("1bbf9885ed63f45ee536cba6-0000000000-000000002", True),
        ("1bbf9885ed63f45ee536cba6-0000000001-9a1f_000A", True),
        ("xxx@example.com", False),
        ("+43999", False),
        ("deadbeef", False),
    ],
)
def test_ids_of_records_are_told_from_forms_of_values(text: str, is_one: bool) -> None:
    assert is_record_id(text) is is_one


@pytest.mark.parametrize(("columns", "place"), [(None, "record 1 below the header"), (["a", "b"], "record 1")])
def test_a_record_of_a_file_with_a_header_is_counted_below_it(
    spark: SparkSession, tmp_path: Path, columns: list[str] | None, place: str
) -> None:
    read = {"path": "in", "format": "csv"} | ({"columns": columns} if columns else {})
    web = Company(spark, tmp_path, {"calls": stream(EVENT, read=read)})
    web.put("in/a.csv", "a,b\n1,2\n" if columns is None else "1,2\n")
    web.ingest()
    [row] = web.bronze()
    assert place_of(web.config, "web", row) == f"in/a.csv, {place}"
