"""A small published warehouse of an invented company, with known numbers and with personal data that must not show."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from cdp_spark.config.attribution import AttributionConfig
from cdp_spark.config.audiences import AudienceConfig
from cdp_spark.config.consent import ConsentConfig
from cdp_spark.config.destinations import DestinationConfig
from cdp_spark.config.identity import IdentityConfig
from cdp_spark.config.load import Config
from cdp_spark.config.profiles import ProfilesConfig
from cdp_spark.config.project import ProjectConfig
from cdp_spark.config.traits import TraitsConfig
from cdp_spark.contracts import TableContract, gold, identity, ops, silver
from cdp_spark.runtime.clock import FixedClock
from cdp_spark.runtime.progress import Progress
from cdp_spark.runtime.published import Published
from cdp_spark.runtime.run import Run
from cdp_spark.runtime.tables import Tables
from cdp_spark.runtime.warehouse import Warehouse

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
RUN_ID = "20260301T000000Z-0002"
CONDITION = {"field": "email", "exists": True}
Row = dict[str, Any]
_EMPTY = {
    "STRING": "x",
    "BIGINT": 0,
    "INT": 0,
    "BOOLEAN": False,
    "TIMESTAMP": AS_OF,
    "DOUBLE": 0.0,
    "ARRAY<STRING>": [],
    "MAP<STRING, BIGINT>": {},
}


def a_config(folder: Path) -> Config:
    """Two audiences, one destination, the rest as it comes."""
    audiences = {
        name: AudienceConfig.model_validate({"audience": name, "about": about, "where": CONDITION})
        for name, about in (("buyers", "Bought at least once"), ("lapsed", "Bought, but not in the last 60 days"))
    }
    newsletter = DestinationConfig.model_validate(
        {
            "destination": "newsletter",
            "fields": {"email": {"contact_points": "email"}},
            "syncs": [
                {"audience": "buyers", "purposes": ["marketing_email"]},
                {"audience": "lapsed", "purposes": ["marketing_email"]},
            ],
        }
    )
    return Config(
        folder=folder,
        project=ProjectConfig(name="example_shop"),
        sources={},
        identity=IdentityConfig(),
        consent=ConsentConfig(),
        profiles=ProfilesConfig(),
        traits=TraitsConfig(),
        audiences=audiences,
        destinations={"newsletter": newsletter},
        attribution=AttributionConfig(),
    )


def a_run(spark: SparkSession, tables: Tables, folder: Path) -> Run:
    """The second run of the warehouse."""
    return Run(
        spark=spark,
        config=a_config(folder),
        tables=tables,
        clock=FixedClock(AS_OF),
        progress=Progress(RUN_ID, "quiet"),
        run_id=RUN_ID,
        sequence=2,
        as_of=AS_OF,
    )


def rows_of(contract: TableContract, rows: list[Row]) -> list[tuple[Any, ...]]:
    """The rows in the contract's order, required columns filled."""
    empty = {c.name: _EMPTY.get(c.type) for c in contract.columns if c.required}
    return [tuple({**empty, **row}.get(c) for c in contract.column_names) for row in rows]


def company_rows() -> list[tuple[TableContract, list[Row]]]:
    """Table by table: three known persons and one anonymous, two orders, one bad record."""
    mail = "ana.secret@example.com"
    people = ["p1", "p2", "p3", "p4"]
    return [
        (
            silver.EVENTS,
            [{"message_id": f"m{i}", "source": "web", "properties": f'{{"email": "{mail}"}}'} for i in range(7)],
        ),
        (silver.CUSTOMERS, [{"source": "crm", "source_key": str(i), "email": mail} for i in range(3)]),
        (silver.ORDERS, [{"source": "shop", "order_id": str(i)} for i in range(2)]),
        (silver.CONSENT_EVENTS, [{"consent_event_id": "c1", "source": "web", "value": mail}]),
        (
            silver.QUARANTINE,
            [
                {
                    "record_id": "q1",
                    "source": "crm",
                    "stream": "contacts",
                    "target": "customers",
                    "raw": mail,
                    "reasons": ["missing:source_key", "unreadable:birth_date"],
                }
            ],
        ),
        (
            identity.NODES,
            [
                {"node_id": 1, "namespace": "email", "value": mail, "status": "active", "n_records": 5},
                {"node_id": 2, "namespace": "email", "value": "b@example.com", "status": "active", "n_records": 2},
                {"node_id": 3, "namespace": "anonymous_id", "value": "kiosk", "status": "shared", "n_records": 9},
                {"node_id": 4, "namespace": "anonymous_id", "value": "c4", "status": "active", "n_records": 1},
            ],
        ),
        (
            identity.MEMBERSHIPS,
            [
                {"node_id": 4, "person_id": "p1", "is_current": True},
                {"node_id": 4, "person_id": "p4", "is_current": False},
                {"node_id": 1, "person_id": "p1", "is_current": True},
            ],
        ),
        (identity.HELD_LINKS, [{"link_id": 1, "reason": "shared_identifier"}]),
        (
            identity.PERSONS,
            [
                {"person_id": p, "status": "active", "n_nodes": n, "n_strong": s}
                for p, n, s in zip(people, (7, 1, 24, 2), (2, 1, 3, 0), strict=True)
            ]
            + [{"person_id": "p0", "status": "merged", "merged_into": "p1"}],
        ),
        (
            identity.IDENTITY_LOG,
            [
                {"log_id": "1", "run_id": RUN_ID, "operation": "merged"},
                {"log_id": "2", "run_id": "earlier", "operation": "merged"},
            ],
        ),
        (
            gold.PROFILES,
            [
                {
                    "person_id": "p1",
                    "email": mail,
                    "first_name": "Ana",
                    "phone": "+431234567",
                    "sources": ["crm", "web"],
                },
                {"person_id": "p2", "email": "b@example.com", "sources": ["crm"]},
                {"person_id": "p3", "last_name": "<b>Bob</b>", "country": "AT", "sources": ["shop"]},
                {"person_id": "p4", "is_anonymous": True, "sources": ["web"]},
            ],
        ),
        (
            gold.CONTACT_POINTS,
            [
                {
                    "person_id": "p1",
                    "namespace": "email",
                    "value": mail,
                    "consent": {"marketing_email": "granted", "advertising": "withdrawn"},
                },
                {
                    "person_id": "p1",
                    "namespace": "phone",
                    "value": "+431234567",
                    "consent": {"marketing_email": "granted"},
                },
                {
                    "person_id": "p2",
                    "namespace": "email",
                    "value": "b@example.com",
                    "consent": {"marketing_email": "denied"},
                },
            ],
        ),
        (gold.AUDIENCE_MEMBERS, [{"audience": "buyers", "person_id": p} for p in people[:2]]),
        (
            gold.AUDIENCE_CHANGES,
            [
                {"audience": "buyers", "person_id": "p2", "run_id": RUN_ID, "change": "entered"},
                {"audience": "lapsed", "person_id": "p3", "run_id": RUN_ID, "change": "exited"},
                {"audience": "buyers", "person_id": "p1", "run_id": "earlier", "change": "entered"},
            ],
        ),
        (
            gold.SESSIONS,
            [
                {
                    "session_id": str(i),
                    "source": "web" if i % 3 else "app",
                    "channel": "Direct" if i % 2 else "Email",
                    "started_at": AS_OF - timedelta(days=i),
                }
                for i in range(1, 8)
                if i != 4
            ],
        ),
        (
            gold.ATTRIBUTION,
            [
                {"model": m, "conversion_id": str(i), "channel": c, "conversions": 1, "value": v, "currency": "EUR"}
                for m, channels in (("last_touch", ("Direct", "(none)")), ("last_non_direct", ("Email", "(none)")))
                for i, (c, v) in enumerate(zip(channels, (20, 5), strict=True))
            ],
        ),
        (ops.ACKNOWLEDGED, [{"sync_id": "newsletter.buyers", "person_id": "p1", "payload": {"email": [mail]}}]),
        (
            ops.OUTBOX,
            [
                {"run_id": RUN_ID, "sync_id": "newsletter.buyers", "op_id": "1", "person_id": "p1", "op": "add"},
                {
                    "run_id": RUN_ID,
                    "sync_id": "newsletter.lapsed",
                    "op_id": "2",
                    "person_id": "p3",
                    "op": "remove",
                    "reason": "no_consent",
                },
            ],
        ),
        (
            ops.FINDINGS,
            [
                {
                    "finding_id": f"{kind}:{source}:x:",
                    "kind": kind,
                    "severity": severity,
                    "source": source,
                    "stream": "x",
                    "subject": "",
                    "affected": 3,
                    "of": 10,
                    "persons": 2,
                    "sentence": sentence,
                    "penalty": penalty,
                    "why": "Why.",
                    "fix": "Do this.",
                    "examples": ["[r1]"],
                }
                for kind, source, severity, sentence, penalty in (
                    ("bots", "web", "info", "3 of 10 events (30.0 %): events of robots.", 1.0),
                    ("malformed_email", "crm", "warn", "3 of 10 rows (30.0 %): the e-mail address cannot be one.", 6.0),
                    ("stale_source", "crm", "error", "20 days: nothing new for too long.", 20.0),
                )
            ],
        ),
        (
            ops.RUNS,
            [
                {"run_id": RUN_ID, "state": s, "sequence": 2, "seconds": t}
                for s, t in (("started", 0.0), ("succeeded", 61.25))
            ],
        ),
        (
            ops.STEPS,
            [
                {
                    "run_id": "earlier",
                    "sequence": 1,
                    "step": "activation",
                    "outcome": "done",
                    "seconds": 1.0,
                    "details": {"newsletter.buyers.withheld": 1, "newsletter.buyers.suppressed": 0},
                },
                {
                    "run_id": RUN_ID,
                    "sequence": 2,
                    "step": "normalize",
                    "outcome": "done",
                    "rows_in": 115,
                    "rows_kept": 112,
                    "rows_duplicate": 2,
                    "rows_quarantined": 1,
                    "rows_suppressed": 0,
                    "rows_changed": 13,
                    "seconds": 20.5,
                },
                {
                    "run_id": RUN_ID,
                    "sequence": 2,
                    "step": "ingest",
                    "outcome": "done",
                    "rows_in": 115,
                    "rows_kept": 115,
                    "seconds": 9.0,
                },
                {"run_id": RUN_ID, "sequence": 2, "step": "activation", "outcome": "unchanged", "seconds": 0.1},
            ],
        ),
    ]


@pytest.fixture(scope="module")
def module_tables(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """Tables of a warehouse that the tests of a module share."""
    return Tables(spark, Warehouse(str(tmp_path_factory.mktemp("reported") / "warehouse")))


@pytest.fixture(scope="module")
def published(spark: SparkSession, module_tables: Tables) -> Published:
    """The company, published."""
    return publish(spark, module_tables, company_rows())


@pytest.fixture(scope="module")
def run(spark: SparkSession, module_tables: Tables, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The run whose report is written."""
    return a_run(spark, module_tables, tmp_path_factory.mktemp("conf"))


@pytest.fixture
def publishing(spark: SparkSession, tables: Tables) -> Callable[[list[tuple[TableContract, list[Row]]]], Published]:
    """Publishes other rows in a warehouse of their own."""
    return lambda content: publish(spark, tables, content)


def publish(spark: SparkSession, tables: Tables, content: list[tuple[TableContract, list[Row]]]) -> Published:
    """Writes the rows and reads them as one publication."""
    versions: dict[str, int] = {}
    for contract, rows in content:
        frame = spark.createDataFrame(rows_of(contract, [_with_decimals(contract, r) for r in rows]), contract.schema)
        versions[contract.name] = tables.append(contract, frame).version or 0
    return Published(tables, versions)


def _with_decimals(contract: TableContract, row: Row) -> Row:
    decimals = {c.name for c in contract.columns if c.type.startswith("DECIMAL")}
    return {k: Decimal(v) if k in decimals and v is not None else v for k, v in row.items()}
