"""Tiny rows with defaults, in the shape of the tables that measurement reads."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from cdp_spark.contracts import TableContract
from cdp_spark.contracts.gold import TOUCHPOINTS
from cdp_spark.contracts.silver import EVENTS, ORDERS

T0 = datetime(2026, 1, 10, 12, 0, tzinfo=UTC)
Rows = Callable[..., DataFrame]


def _frame(spark: SparkSession, contract: TableContract, rows: list[dict[str, Any]], **defaults: object) -> DataFrame:
    filled = [tuple({**defaults, **row}.get(c) for c in contract.column_names) for row in rows]
    return spark.createDataFrame(filled, contract.schema)


@pytest.fixture
def events(spark: SparkSession) -> Rows:
    """Rows of silver.events; an unnamed field is a page view of cookie c1 in source web."""

    def make(*rows: dict[str, Any]) -> DataFrame:
        defaults: dict[str, object] = {
            "source": "web", "stream": "events", "type": "page", "event": "Page", "event_ts": T0, "anonymous_id": "c1",
            "landing_id": 1, "record_id": "r",
        }  # fmt: skip
        return _frame(spark, EVENTS, list(rows), **defaults)

    return make


@pytest.fixture
def orders(spark: SparkSession) -> Rows:
    """Rows of silver.orders; an unnamed field is that of a completed order of 10 euros in the shop."""

    def make(*rows: dict[str, Any]) -> DataFrame:
        defaults: dict[str, object] = {
            "source": "shop", "stream": "orders", "version_ts": T0, "ordered_at": T0, "status": "completed",
            "currency": "EUR", "revenue": 10, "landing_id": 1,
        }  # fmt: skip
        made = [{**defaults, **row} for row in rows]
        return _frame(
            spark,
            ORDERS,
            [
                {
                    **r,
                    "record_id": r.get("record_id", f"{r['source']}:{r['order_id']}"),
                    "revenue": _money(r["revenue"]),
                }
                for r in made
            ],
        )

    return make


@pytest.fixture
def touchpoints(spark: SparkSession) -> Rows:
    """Rows of gold.touchpoints; an unnamed field is that of a visit of person p1 at T0."""

    def make(*rows: dict[str, Any]) -> DataFrame:
        return _frame(
            spark, TOUCHPOINTS, list(rows), person_id="p1", touch_type="visit", occurred_at=T0, channel="Direct"
        )

    return make


def _money(amount: object) -> object:
    return None if amount is None else Decimal(str(amount))


@pytest.fixture
def device_people(spark: SparkSession) -> Rows:
    """Rows (namespace, value, person_id)."""

    def make(*rows: tuple[str, str, str]) -> DataFrame:
        return spark.createDataFrame(list(rows), "namespace STRING, value STRING, person_id STRING")

    return make


@pytest.fixture
def people(spark: SparkSession) -> Rows:
    """Rows (record_id, person_id)."""

    def make(*rows: tuple[str, str]) -> DataFrame:
        return spark.createDataFrame(list(rows), "record_id STRING, person_id STRING")

    return make
