"""The step on a warehouse: what it writes, that it ties, and that a second run changes nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from cdp_spark.config.attribution import AttributionConfig
from cdp_spark.config.consent import ConsentConfig
from cdp_spark.config.identity import IdentityConfig
from cdp_spark.config.load import Config
from cdp_spark.config.profiles import ProfilesConfig
from cdp_spark.config.project import ProjectConfig
from cdp_spark.config.sources import SourceConfig
from cdp_spark.config.traits import TraitsConfig
from cdp_spark.contracts import TableContract
from cdp_spark.contracts.gold import ATTRIBUTION, SESSIONS, TOUCHPOINTS
from cdp_spark.contracts.identity import DEVICE_SLICES, MEMBERSHIPS, NODES
from cdp_spark.contracts.silver import EVENTS, IDENTIFIERS, ORDERS
from cdp_spark.measurement.step import STEP, told_by_events
from cdp_spark.runtime.clock import FixedClock
from cdp_spark.runtime.progress import Progress
from cdp_spark.runtime.run import Run
from cdp_spark.runtime.tables import Tables

Rows = Callable[..., DataFrame]
T0 = datetime(2026, 1, 10, 12, 0, tzinfo=UTC)
AS_OF = T0 + timedelta(days=30)
PAID = {"utm_source": "google", "utm_medium": "cpc"}


@pytest.fixture
def config(tmp_path: Path) -> Config:
    read = {"path": "x", "format": "jsonl"}
    order = {"to": "orders", "set": {"order_id": "o", "ordered_at": "t"}}
    web = {
        "read": read,
        "mappings": [{"to": "events", "set": {"event": "e", "event_ts": "t", "type": "k"}}, order],
    }
    shop = {"read": read, "mappings": [order]}
    sources = {
        name: SourceConfig.model_validate({"source": name, "streams": {stream: about}})
        for name, stream, about in (("web", "events", web), ("shop", "orders", shop))
    }
    return Config(
        folder=tmp_path,
        project=ProjectConfig(name="shop"),
        sources=sources,
        identity=IdentityConfig(),
        consent=ConsentConfig(),
        profiles=ProfilesConfig(),
        traits=TraitsConfig(),
        audiences={},
        destinations={},
        attribution=AttributionConfig(),
    )


@pytest.fixture
def run(spark: SparkSession, tables: Tables, config: Config) -> Run:
    return Run(
        spark=spark,
        config=config,
        tables=tables,
        clock=FixedClock(AS_OF),
        progress=Progress("r1", "quiet"),
        run_id="r1",
        sequence=1,
        as_of=AS_OF,
    )


@pytest.fixture
def filled(spark: SparkSession, tables: Tables, events: Rows, orders: Rows) -> Tables:
    """Person p1: a paid visit on c1, a click in an e-mail, a direct visit that buys; p2 buys without a visit."""
    tables.append(
        EVENTS,
        events(
            {"message_id": "paid", "record_id": "e1", **PAID},
            {
                "message_id": "click",
                "record_id": "e2",
                "source": "mail",
                "type": "track",
                "event": "Email Link Clicked",
                "anonymous_id": None,
                "event_ts": T0 + timedelta(days=1),
                "properties": '{"campaign_name": "w02"}',
            },
            {"message_id": "direct", "record_id": "e3", "event_ts": T0 + timedelta(days=2)},
            {
                "message_id": "buys",
                "record_id": "e4",
                "type": "track",
                "event": "Order Completed",
                "event_ts": T0 + timedelta(days=2, minutes=5),
            },
            {"message_id": "bot", "record_id": "e5", "anonymous_id": "b1", "is_bot": True},
        ),
    )
    bought = T0 + timedelta(days=2, minutes=5)
    tables.append(
        ORDERS,
        orders(
            {
                "order_id": "1",
                "record_id": "e4",
                "source": "web",
                "stream": "events",
                "ordered_at": bought,
                "revenue": "29.99",
            },
            {"order_id": "1", "record_id": "o1", "ordered_at": bought, "revenue": "30.00"},
            {"order_id": "2", "record_id": "o2", "ordered_at": bought, "revenue": "12.50"},
            {"order_id": "3", "record_id": "o3", "ordered_at": bought, "status": "cancelled"},
        ),
    )
    _identity(spark, tables)
    return tables


def _identity(spark: SparkSession, tables: Tables) -> None:
    seen = [
        ("e2", "email", "a@example.com"),
        ("o1", "email", "a@example.com"),
        ("o2", "email", "b@example.com"),
        ("e4", "anonymous_id", "c1"),
    ]
    tables.append(
        IDENTIFIERS,
        _frame(
            spark,
            IDENTIFIERS,
            [
                {
                    "record_id": r,
                    "namespace": n,
                    "value": v,
                    "source": "s",
                    "stream": "s",
                    "record_kind": "k",
                    "seen_at": T0,
                    "landing_id": 1,
                }
                for r, n, v in seen
            ],
        ),
    )
    nodes = [
        (1, "anonymous_id", "c1", 5, "p1"),
        (2, "email", "a@example.com", 1, "p1"),
        (3, "email", "b@example.com", 1, "p2"),
    ]
    tables.append(
        NODES,
        _frame(
            spark,
            NODES,
            [{"node_id": i, "namespace": n, "value": v, "priority": p, "status": "active"} for i, n, v, p, _ in nodes],
        ),
    )
    tables.append(
        MEMBERSHIPS,
        _frame(
            spark,
            MEMBERSHIPS,
            [
                {"node_id": i, "valid_from": T0, "person_id": p, "raw_component": 1, "is_current": True}
                for i, *_, p in nodes
            ],
        ),
    )


def _frame(spark: SparkSession, contract: TableContract, rows: list[dict[str, Any]]) -> DataFrame:
    return spark.createDataFrame([tuple(r.get(c) for c in contract.column_names) for r in rows], contract.schema)


def test_a_stream_of_events_tells_of_orders_and_a_shops_table_does_not(config: Config) -> None:
    assert told_by_events(config) == {("web", "events")}


def test_the_step_credits_every_order_once_by_every_model(run: Run, filled: Tables) -> None:
    counts = STEP.run(run)
    assert counts.details == {"conversions": 2, "conversion_rows": 2}
    assert filled.read(SESSIONS).count() == 2
    assert filled.read(TOUCHPOINTS).count() == 3
    credited = {(r.model, r.order_id): r for r in filled.read(ATTRIBUTION).collect()}
    shown = {k: (r.source, r.person_id, r.channel, r.campaign, r.touch_index, r.value) for k, r in credited.items()}
    assert shown == {
        ("last_touch", "1"): ("shop", "p1", "Direct", None, 3, Decimal("30.0000")),
        ("last_non_direct", "1"): ("shop", "p1", "Email", "w02", 2, Decimal("30.0000")),
        ("last_touch", "2"): ("shop", "p2", "(none)", None, 0, Decimal("12.5000")),
        ("last_non_direct", "2"): ("shop", "p2", "(none)", None, 0, Decimal("12.5000")),
    }


def test_a_second_run_changes_no_row_and_writes_no_version(run: Run, filled: Tables) -> None:
    assert STEP.run(run).changed == 2 + 3 + 4
    versions = [filled.version(c) for c in (SESSIONS, TOUCHPOINTS, ATTRIBUTION)]
    assert STEP.run(replace(run, run_id="r2", sequence=2, as_of=AS_OF + timedelta(days=1))).changed == 0
    assert [filled.version(c) for c in (SESSIONS, TOUCHPOINTS, ATTRIBUTION)] == versions


def test_a_late_event_joins_two_sessions_and_retires_the_old_one(run: Run, filled: Tables, events: Rows) -> None:
    filled.append(
        EVENTS,
        events(
            {"message_id": "gap", "record_id": "e6", "anonymous_id": "c9", "event_ts": T0 + timedelta(minutes=40)},
            {"message_id": "a", "record_id": "e7", "anonymous_id": "c9"},
        ),
    )
    STEP.run(run)
    assert filled.read(SESSIONS).filter("device_id = 'c9'").count() == 2
    filled.append(
        EVENTS,
        events({"message_id": "late", "record_id": "e8", "anonymous_id": "c9", "event_ts": T0 + timedelta(minutes=20)}),
    )
    counts = STEP.run(replace(run, run_id="r2", sequence=2))
    (only,) = filled.read(SESSIONS).filter("device_id = 'c9'").collect()
    assert only.events == 3
    # One session grew, one is gone, and its touch with it; the other touch is as it was.
    assert counts.changed == 3


def test_a_visit_on_a_shared_device_is_theirs_who_was_last_seen_on_it_and_stays_whole(
    spark: SparkSession, run: Run, filled: Tables, events: Rows
) -> None:
    def seen(name: str, minute: int, **more: object) -> dict[str, object]:
        at = T0 + timedelta(minutes=minute)
        return {"message_id": name, "record_id": name, "anonymous_id": "tablet", "event_ts": at, **more}

    clicked = {"source": "mail", "type": "track", "event": "Email Link Clicked"}
    visits = [seen("before", -60), seen("hers", 10), seen("on", 30), seen("his", 90), seen("tap", 95, **clicked)]
    filled.append(EVENTS, events(*visits))
    shown = {"namespace": "anonymous_id", "value": "tablet", "source": "s", "stream": "s", "record_kind": "events"}
    of_tap = {"record_id": "tap", "seen_at": T0 + timedelta(minutes=95), "landing_id": 1, **shown}
    filled.append(IDENTIFIERS, _frame(spark, IDENTIFIERS, [of_tap]))
    tablet = {"node_id": 9, "priority": 5, "status": "shared", **shown}
    filled.append(NODES, _frame(spark, NODES, [tablet]))
    begins, ends = T0, T0 + timedelta(minutes=20)
    slices = [
        {"node_id": 9, "valid_from": begins, "valid_to": ends, "person_id": "p1"},
        {"node_id": 9, "valid_from": ends, "person_id": "p2"},
    ]
    filled.append(DEVICE_SLICES, _frame(spark, DEVICE_SLICES, slices))
    last_seen = replace(run, config=replace(run.config, identity=IdentityConfig(shared_devices="last_seen")))
    STEP.run(last_seen)
    sessions = filled.read(SESSIONS).filter("device_id = 'tablet'").orderBy("started_at").collect()
    assert [(r.events, r.person_id) for r in sessions] == [(1, None), (2, "p1"), (1, "p2")]
    clicks = filled.read(TOUCHPOINTS).filter("touch_type <> 'visit'").orderBy("occurred_at").collect()
    assert [r.person_id for r in clicks] == ["p2", "p1"]
    assert DEVICE_SLICES in STEP.reads(last_seen.config)
    assert DEVICE_SLICES not in STEP.reads(run.config)  # nobody's: nothing is read or joined


def test_an_empty_warehouse_has_no_sessions_and_ties(run: Run) -> None:
    counts = STEP.run(run)
    assert counts.changed == 0
    assert counts.details == {"conversions": 0, "conversion_rows": 0}
