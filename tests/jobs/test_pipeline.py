"""The whole way on a small company: run, run again, recompute, one more day."""

import csv
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from cdp_spark.config import Config, load_config
from cdp_spark.contracts import TableContract
from cdp_spark.contracts.gold import AUDIENCE_CHANGES, AUDIENCE_MEMBERS, PROFILES
from cdp_spark.contracts.identity import MEMBERSHIPS, NODES
from cdp_spark.contracts.ops import ACKNOWLEDGED, PUBLICATIONS, RUNS, STEPS
from cdp_spark.contracts.silver import AD_SPEND, EVENTS
from cdp_spark.contracts.warehouse import all_contracts
from cdp_spark.pipeline import STEPS as STEPS_OF_A_RUN
from cdp_spark.pipeline import RunOptions, run_pipeline
from cdp_spark.reports.person import person_view
from cdp_spark.reports.summary import Finished
from cdp_spark.runtime.clock import FixedClock
from cdp_spark.runtime.ledger import published
from cdp_spark.runtime.run import Step
from cdp_spark.runtime.tables import Tables
from cdp_spark.runtime.warehouse import Warehouse
from cdp_spark.simulate import Company, write_company

CONF = Path(__file__).parents[2] / "conf"
END = datetime(2026, 3, 1, tzinfo=UTC)
NOW = FixedClock(datetime(2026, 3, 1, 6, tzinfo=UTC))


class World:
    """A company's configuration and warehouse, and two runs over it."""

    def __init__(self, folder: Path, spark: SparkSession) -> None:
        write_company(Company(people=150, days=28, seed=15, end=END), folder / "data/landing", folder / "data/truth")
        (folder / "data/landing/social/leads/cut.jsonl").write_text('{"messageId": "cut off\n')
        (folder / "conf").symlink_to(CONF)
        self.config: Config = load_config(folder / "conf")
        self.tables = Tables(spark, Warehouse(self.config.warehouse))
        self.first = self.run("first")
        self.versions = self.all_versions()
        self.second = self.run("second")

    def run(self, name: str, recompute: bool = False, full: bool = False) -> Finished:
        options = RunOptions(as_of=END, run_id=name, log="quiet", recompute=recompute, full=full)
        return run_pipeline(self.config, options, NOW)

    def all_versions(self) -> dict[str, int | None]:
        return {c.name: self.tables.version(c) for c in all_contracts(self.config) if c.layer != "ops"}


@pytest.fixture(scope="module")
def world(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("company")
    return World(folder, spark)


def test_every_stage_leaves_rows(world: World) -> None:
    empty = [
        c.name for c in (EVENTS, NODES, PROFILES, AUDIENCE_MEMBERS, ACKNOWLEDGED) if world.tables.read(c).isEmpty()
    ]
    assert empty == []
    assert [r.outcome for r in world.first.records] == ["done"] * len(world.first.records)


def test_the_second_run_changes_no_row(world: World) -> None:
    assert sum(r.counts.changed for r in world.second.records) == 0
    assert world.all_versions() == world.versions


def test_making_everything_again_from_the_raw_records_changes_no_row(world: World) -> None:
    again = world.run("again", recompute=True, full=True)
    changed = {r.step: r.counts.changed for r in again.records if r.counts.changed}
    assert changed == {}
    assert world.all_versions() == world.versions
    normalize = {r.step: r.counts for r in again.records}["normalize"]
    first = {r.step: r.counts for r in world.first.records}["normalize"]
    assert (normalize.rows_in, normalize.kept, normalize.duplicate) == (first.rows_in, first.kept, first.duplicate)


def test_every_row_is_accounted_for(world: World) -> None:
    steps = {r.step: r.counts for r in world.first.records}
    normalize = steps["normalize"]
    assert normalize.rows_in == steps["ingest"].kept
    assert normalize.rows_in == normalize.kept + normalize.duplicate + normalize.quarantined
    assert normalize.duplicate > 0 and normalize.quarantined > 0


def test_the_ledger_and_one_publication_tell_what_happened(world: World) -> None:
    steps = world.tables.read(STEPS).filter(F.col("run_id") == "first")
    assert steps.count() == len(world.first.records)
    publications = world.tables.read(PUBLICATIONS).orderBy("publication_id").collect()
    assert publications[0]["run_id"] == "first"
    assert publications[0]["tables"][PROFILES.name] == world.versions[PROFILES.name]


def test_tuesday_thursday_and_saturday_are_one_person(world: World) -> None:
    reader = published(world.tables)
    view = person_view(reader, world.config, "email:anna.story@example.com")
    kinds = {i["namespace"]: i["value"] for i in view.identifiers}
    assert kinds["anonymous_id"] == "story-cookie-anna"
    assert kinds["loyalty_id"] == "LOY-STORY-0001"
    assert view.traits is not None and view.traits["orders_count"] == 1
    assert any(s["started_at"] < datetime(2026, 2, 25) for s in view.sessions)  # noqa: DTZ001  # Spark's rows are naive
    assert person_view(reader, world.config, "story-cookie-anna").person_id == view.person_id


def test_a_kiosk_joins_nobody(world: World) -> None:
    nodes = world.tables.read(NODES).filter(F.col("value").startswith("kiosk-"))
    assert {r["status"] for r in nodes.collect()} <= {"shared", "generic"}


def test_the_change_log_replays_to_the_members(world: World) -> None:
    latest = (
        world.tables.read(AUDIENCE_CHANGES)
        .groupBy("audience", "person_id")
        .agg(F.max_by("change", "changed_at").alias("c"))
    )
    replayed = {(r["audience"], r["person_id"]) for r in latest.filter("c = 'entered'").collect()}
    members = {(r["audience"], r["person_id"]) for r in world.tables.read(AUDIENCE_MEMBERS).collect()}
    assert replayed == members


def test_nobody_is_sent_who_bought_lately(world: World) -> None:
    bought = world.tables.read(AUDIENCE_MEMBERS).filter("audience = 'recent_buyers'").select("person_id")
    held = world.tables.read(ACKNOWLEDGED).filter("sync_id = 'google_ads.cart_abandoners'")
    assert held.join(bought, "person_id").isEmpty()


def test_each_identifier_has_one_current_person(world: World) -> None:
    current = world.tables.read(MEMBERSHIPS).filter("is_current")
    assert current.count() == current.select("node_id").distinct().count()


def test_files_reach_the_destination_with_a_manifest(world: World) -> None:
    folder = Path(world.config.output) / "destinations" / "newsletter_tool" / "first"
    assert (folder / "manifest.json").is_file()
    assert not (Path(world.config.output) / "destinations" / "newsletter_tool" / "second").exists()


def test_spend_is_that_of_the_newest_report(world: World) -> None:
    newest: dict[tuple[str, str], tuple[str, Decimal]] = {}
    for path in (Path(world.config.landing) / "ads" / "spend").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                key, said = (row["campaign_id"], row["day"]), (row["reported_at"], Decimal(row["spend"]))
                newest[key] = max(said, newest.get(key, said))
    stored = {(r["campaign"], f"{r['day']:%Y-%m-%d}"): r["spend"] for r in world.tables.read(AD_SPEND).collect()}
    assert stored and stored == {key: spend for key, (_, spend) in newest.items()}


def test_the_report_is_written_beside_the_run(world: World) -> None:
    assert world.first.report is not None and world.first.report.name == "report.html"
    text = world.first.report.read_text(encoding="utf-8")
    assert "anna.story" not in text


@pytest.mark.parametrize("step", STEPS_OF_A_RUN, ids=lambda s: s.name)
def test_a_step_reads_only_what_it_says_it_reads(world: World, monkeypatch: pytest.MonkeyPatch, step: Step) -> None:
    """Steps go side by side by what they say."""
    touched: set[str] = set()
    read = Tables.read

    def noting(tables: Tables, contract: TableContract, version: int | None = None) -> DataFrame:
        touched.add(contract.name)
        return read(tables, contract, version)

    monkeypatch.setattr(Tables, "read", noting)
    options = RunOptions(as_of=END, run_id=f"only-{step.name}", log="quiet", stages=(step.name,), recompute=True)
    run_pipeline(world.config, options, NOW)
    said = {c.name for c in (*step.reads(world.config), *step.writes(world.config))}
    assert touched
    assert touched - said - {RUNS.name, STEPS.name, PUBLICATIONS.name} == set()
