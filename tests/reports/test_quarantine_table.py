"""What waits in quarantine, on a terminal of eighty columns."""

from datetime import UTC, datetime
from io import StringIO

from rich.console import Console

from cdp_spark.reports.quarantine import Held
from cdp_spark.reports.terminal_records import quarantine_table

FIRST, LAST = datetime(2026, 2, 1, 10, tzinfo=UTC), datetime(2026, 2, 9, 11, tzinfo=UTC)


def test_what_to_do_stands_below_once_for_all_reasons_that_ask_for_it() -> None:
    held = [
        Held("crm", "contacts", "customers", "missing:source_key", 1200, 0, FIRST, LAST),
        Held("shop", "orders", "orders", "unreadable:total", 12, 3, FIRST, LAST),
        Held("web", "events", "events", "missing:event", 1, 0, FIRST, FIRST),
    ]
    console = Console(width=80, file=StringIO(), record=True)
    console.print(quarantine_table(held))
    text = console.export_text()
    assert "│ crm contacts │ customers │ missing:source_key │ 1,200   │ 2026-02-01 10:00Z  │" in text
    assert text.count("2026-02-01 10:00") == 3
    assert text.count("2026-02-09 11:00") == 2
    assert "\nmissing:source_key, missing:event: The table cannot do without the field" in text
    assert "\nunreadable:total: The mapping has changed since 3 were refused: `cdp redrive`." in text
