"""The consent stage on a warehouse: late events, repeated runs."""

from datetime import datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from cdp_spark.config.attribution import AttributionConfig
from cdp_spark.config.consent import ConsentConfig
from cdp_spark.config.identity import IdentityConfig
from cdp_spark.config.load import Config
from cdp_spark.config.profiles import ProfilesConfig
from cdp_spark.config.project import ProjectConfig
from cdp_spark.config.traits import TraitsConfig
from cdp_spark.consent.step import STEP
from cdp_spark.contracts.silver import CONSENT_EVENTS, CONSENT_STATE
from cdp_spark.runtime.clock import FixedClock
from cdp_spark.runtime.decisions import decisions
from cdp_spark.runtime.progress import Progress
from cdp_spark.runtime.run import Run
from cdp_spark.runtime.tables import Tables
from tests.consent.test_state import Event, T, said

CONFIG = Config(
    folder=Path("conf"),
    project=ProjectConfig(name="test"),
    sources={},
    identity=IdentityConfig(),
    consent=ConsentConfig(),
    profiles=ProfilesConfig(),
    traits=TraitsConfig(),
    audiences={},
    destinations={},
    attribution=AttributionConfig(),
)


class Ledger:
    """A warehouse's ledger and the stage that reads it."""

    def __init__(self, spark: SparkSession, tables: Tables) -> None:
        self.spark, self.tables = spark, tables

    def add(self, *events: Event) -> None:
        """Appends events of one address and purpose."""
        rows = [
            {"consent_event_id": i, "namespace": "email", "value": "a@x.com", "purpose": "ads", "status": s,
             "method": m, "captured_at": t, "expires_at": e, "record_id": i, "source": "web", "stream": "s",
             "landing_id": 1}
            for i, s, m, t, e in events
        ]  # fmt: skip
        tuples = [tuple(r.get(c) for c in CONSENT_EVENTS.column_names) for r in rows]
        self.tables.append(CONSENT_EVENTS, self.spark.createDataFrame(tuples, CONSENT_EVENTS.schema))

    def run(self) -> int:
        """Runs the stage; rows changed."""
        progress = Progress("r", "quiet")
        run = Run(self.spark, CONFIG, self.tables, FixedClock(T[9]), progress, "r", 1, T[9])
        return STEP.run(run).changed

    def status(self, at: datetime) -> dict[str, str]:
        """Purpose → what holds at a moment."""
        return {r["purpose"]: r["status"] for r in decisions(self.tables.read(CONSENT_STATE), at).collect()}


@pytest.fixture
def ledger(spark: SparkSession, tables: Tables) -> Ledger:
    """An empty ledger."""
    return Ledger(spark, tables)


def test_nobody_said_anything(ledger: Ledger) -> None:
    assert ledger.run() == 0
    assert ledger.status(T[9]) == {}


def test_a_withdrawal_that_arrives_late_counts_from_its_own_time(ledger: Ledger) -> None:
    ledger.add(said("a", "granted", "form", 1), said("c", "granted", "banner", 5))
    assert ledger.run() == 1
    assert ledger.run() == 0
    assert ledger.status(T[6]) == {"ads": "granted"}
    ledger.add(said("b", "withdrawn", "form", 3))
    assert ledger.run() > 0
    assert [ledger.status(T[n]) for n in (0, 2, 3, 6)] == [{}, {"ads": "granted"}, *[{"ads": "withdrawn"}] * 2]
    version = ledger.tables.version(CONSENT_STATE)
    assert ledger.run() == 0
    assert ledger.tables.version(CONSENT_STATE) == version
