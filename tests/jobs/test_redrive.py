"""A refused order, a mended mapping, a redrive: what every command says of it on the way."""

from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

import pytest
from pyspark.sql import Row, SparkSession
from rich.console import Console

from cdp_spark.config import load_config
from cdp_spark.config.starting import write_starting_configuration
from cdp_spark.contracts import TableContract
from cdp_spark.contracts.identity import MEMBERSHIPS, PERSONS
from cdp_spark.contracts.quarantined import Chosen
from cdp_spark.contracts.silver import IDENTIFIERS, ORDERS, QUARANTINE, REDRIVEN
from cdp_spark.errors import UsageError
from cdp_spark.pipeline import RunOptions, discard_from_arguments, redrive_from_arguments, run_pipeline
from cdp_spark.reports.outdated import Outdated, outdated
from cdp_spark.reports.quarantine import held_by_reason, held_records
from cdp_spark.reports.status import warehouse_status
from cdp_spark.reports.summary import Finished, run_summary
from cdp_spark.reports.terminal import status_tables
from cdp_spark.reports.terminal_records import quarantine_table, quarantined_records
from cdp_spark.runtime.clock import FixedClock
from cdp_spark.runtime.ledger import published
from cdp_spark.runtime.published import Published
from cdp_spark.runtime.tables import Tables
from cdp_spark.runtime.warehouse import Warehouse

NOW = FixedClock(datetime(2026, 3, 1, 6, tzinfo=UTC))


def shown(what: object) -> str:
    console = Console(width=200, file=StringIO(), record=True)
    console.print(what)
    return console.export_text()


def run(conf: Path, redrive: Chosen | None = None) -> Finished:
    return run_pipeline(load_config(conf), RunOptions(as_of=NOW.now(), log="quiet", redrive=redrive), NOW)


def reader(spark: SparkSession, conf: Path) -> Published:
    return published(Tables(spark, Warehouse(load_config(conf).warehouse)))


def rows_of(published: Published, contract: TableContract) -> list[Row]:
    return published.read(contract).orderBy(*contract.key).collect()


def brings_up_to_date_what_was_made_before(spark: SparkSession, conf: Path) -> None:
    settings = load_config(conf)
    before = reader(spark, conf)
    assert outdated(before, settings) == Outdated(taken={("shop", "orders"): 1})
    run_pipeline(settings, RunOptions(as_of=NOW.now(), log="quiet", full=True), NOW)
    after = reader(spark, conf)
    assert outdated(after, settings) == Outdated()
    for kept in (PERSONS, MEMBERSHIPS):
        assert before.read(kept).count() > 0
        assert rows_of(after, kept) == rows_of(before, kept)


@pytest.mark.slow
def test_a_mended_mapping_and_a_redrive_bring_an_order_in(spark: SparkSession, tmp_path: Path) -> None:
    write_starting_configuration(tmp_path, "shop", date(2026, 2, 8))
    conf, mapping = tmp_path / "conf", tmp_path / "conf" / "sources" / "shop.yml"
    (tmp_path / "data/landing/orders/late.csv").write_text(
        "order_id,customer_id,email,ordered_at,amount,currency\n5002,1002,ben@example.com,08.02.2026 10:00,19.90,USD\n"
    )
    assert run(conf).outdated == Outdated()
    listed = shown(
        quarantine_table(held_by_reason(reader(spark, conf), load_config(conf), Chosen()), load_config(conf))
    )
    assert "unreadable:ordered_at" in listed and "state format" in listed
    rows = held_records(reader(spark, conf), Chosen(reason="unreadable"), 5)
    assert "ben@example.com" not in shown(quarantined_records(rows, load_config(conf), in_clear=False))
    assert "ben@example.com" in shown(quarantined_records(rows, load_config(conf), in_clear=True))

    text = mapping.read_text()
    time = '{time: ordered_at, formats: [auto, "dd.MM.yyyy HH:mm"]}'
    mapping.write_text(text.replace("ordered_at: ordered_at", f"ordered_at: {time}"))
    finished = run(conf)
    assert finished.outdated.refused == {("shop", "orders"): 1}
    summary = shown(run_summary(finished.records, 1.0, None, finished.outdated))
    assert "cdp redrive --source shop --stream orders" in summary
    assert "as an older mapping has it: 1 record of shop orders; `cdp run --full`" in summary
    assert "cdp redrive" in shown(status_tables(warehouse_status(reader(spark, conf), load_config(conf))))

    again = run(conf, Chosen(source="shop"))
    normalize = next(r for r in again.records if r.step == "normalize")
    assert (normalize.counts.rows_in, normalize.counts.kept, normalize.counts.quarantined) == (1, 1, 0)
    assert "1 quarantined records went again; 1 left quarantine" in shown(
        run_summary(again.records, 1.0, None, Outdated())
    )
    after = reader(spark, conf)
    assert sorted(r["order_id"] for r in after.read(ORDERS).collect()) == ["5001", "5002"]
    assert after.read(IDENTIFIERS).filter("value = 'ben@example.com' and record_kind = 'orders'").count() == 1
    assert after.read(QUARANTINE).isEmpty() and after.read(REDRIVEN).count() == 1
    assert held_by_reason(after, load_config(conf), Chosen()) == []
    with pytest.raises(UsageError, match="no such record"):
        held_records(after, Chosen(), 5)

    brings_up_to_date_what_was_made_before(spark, conf)


@pytest.mark.parametrize(
    ("source", "stream", "reason"),
    [("nobody", None, None), ("shop", "nothing", None), (None, "nothing", None), (None, None, "unreadabl:total")],
)
def test_unknown_names_are_refused_before_a_session_opens(
    tmp_path: Path, source: str | None, stream: str | None, reason: str | None
) -> None:
    write_starting_configuration(tmp_path, "shop", date(2026, 2, 8))
    with pytest.raises(UsageError, match="there is no"):
        redrive_from_arguments(tmp_path / "conf", Chosen(source, stream, reason), None, "quiet")
    with pytest.raises(UsageError, match="there is no"):
        discard_from_arguments(tmp_path / "conf", Chosen(source, stream, reason), None, "quiet")


def test_nothing_is_set_aside_that_nobody_names(tmp_path: Path) -> None:
    write_starting_configuration(tmp_path, "shop", date(2026, 2, 8))
    with pytest.raises(UsageError, match="which records"):
        discard_from_arguments(tmp_path / "conf", Chosen(), None, "quiet")
