"""What waits in quarantine, on a terminal of eighty columns."""

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

from rich.console import Console

from cdp_spark.config import load_config
from cdp_spark.reports.quarantine import Held
from cdp_spark.reports.terminal_records import quarantine_table

FIRST, LAST = datetime(2026, 2, 1, 10, tzinfo=UTC), datetime(2026, 2, 9, 11, tzinfo=UTC)
CONFIG = load_config(Path(__file__).parents[2] / "conf")


def printed(held: list[Held]) -> str:
    console = Console(width=80, file=StringIO(), record=True)
    console.print(quarantine_table(held, CONFIG))
    return console.export_text()


def test_what_to_do_stands_below_once_for_all_reasons_that_ask_for_it() -> None:
    held = [
        Held("crm", "contacts", "customers", "missing:source_key", 1200, 0, FIRST, LAST),
        Held("shop", "orders", "orders", "unreadable:total", 12, 3, FIRST, LAST),
        Held("web", "events", "events", "missing:event", 1, 0, FIRST, FIRST),
    ]
    text = printed(held)
    assert "│ crm contacts │ customers │ missing:source_key │ 1,200   │ 2026-02-01 10:00Z  │" in text
    assert text.count("2026-02-01 10:00") == 3
    assert text.count("2026-02-09 11:00") == 2
    assert "\nmissing:source_key (read from contact_id), missing:event (read from" in text
    assert text.count("The table cannot do without the field") == 1
    assert "\nunreadable:total: The mapping has changed since 3 were refused: `cdp redrive`." in text


def test_a_reason_stands_on_one_line_and_names_what_the_mapping_reads() -> None:
    held = [
        Held("crm", "contacts", "consent_events", "unreadable:email", 102, 0, FIRST, FIRST),
        Held("pos", "receipts", "orders", "unreadable:ordered_at", 4, 0, FIRST, LAST),
        Held("email", "subscribers", "order_lines", "several_rows_of_a_day", 4, 0, FIRST, LAST),
        Held("pos", "receipts", "orders", "rule:ordered_at", 4, 0, FIRST, LAST),
    ]
    text = printed(held)
    assert all(f" {h.reason} " in text for h in held)
    assert all(line.endswith(("│", "┃")) for line in text.splitlines() if line.startswith(("│", "┃")))
    assert "\nunreadable:ordered_at (read from business_date, time): The value" in text
    assert "\nunreadable:email: The text is no email" in text
    assert "\nrule:ordered_at: The row breaks the named rule" in text
