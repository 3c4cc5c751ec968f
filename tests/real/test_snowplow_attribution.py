"""Snowplow's own attribution sample: its raw events give its published last-touch figures."""

import csv
import json
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from cdp_spark.config.attribution import AttributionConfig, ChannelRule
from cdp_spark.contracts.silver import EVENTS, ORDERS
from cdp_spark.measurement.conversions import conversions, counted_orders
from cdp_spark.measurement.paths import paths
from cdp_spark.measurement.sessions import sessions
from cdp_spark.measurement.touchpoints import visit_touchpoints

AS_OF = datetime.fromisoformat("2022-08-02T00:00:00+00:00")  # its window takes in 1 August
# Its channel macro: direct, organic, YouTube as video, any other referral, any other paid click.
RULES = AttributionConfig(
    lookback=timedelta(days=30),
    channels=(
        ChannelRule(channel="Video", source=("youtube.com",)),
        ChannelRule(channel="Organic_Search", medium=("organic",)),
        ChannelRule(channel="Paid_Search_Other", medium=("cpc",)),
        ChannelRule(channel="Referral", medium=("referral",)),
        ChannelRule(channel="Direct", no_campaign=True),
    ),
)
_PAGE = "contexts_com_snowplowanalytics_snowplow_web_page_1_0_0"


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    return shared_data / "attribution_snowplow"


@pytest.fixture(scope="module")
def raw(folder: Path) -> list[dict[str, str]]:
    return _csv(folder / "source" / "snowplow_fractribution_events.csv")


@pytest.fixture(scope="module")
def events(spark: SparkSession, raw: list[dict[str, str]]) -> DataFrame:
    return spark.createDataFrame([_in_order(EVENTS.column_names, _event(r)) for r in raw], EVENTS.schema)


@pytest.fixture(scope="module")
def converted(spark: SparkSession, raw: list[dict[str, str]]) -> DataFrame:
    rows = [_in_order(ORDERS.column_names, _order(r)) for r in raw if r["tr_total"]]
    orders = counted_orders(spark.createDataFrame(rows, ORDERS.schema), (), AS_OF)
    people = spark.createDataFrame(
        [(r["event_id"], r["domain_userid"]) for r in raw], "record_id STRING, person_id STRING"
    )
    return conversions(orders, people, {("snow", "events")})


@pytest.fixture(scope="module")
def touches(spark: SparkSession, raw: list[dict[str, str]], events: DataFrame) -> DataFrame:
    devices = sorted({("anonymous_id", r["domain_userid"], r["domain_userid"]) for r in raw})
    people = spark.createDataFrame(devices, "namespace STRING, value STRING, person_id STRING")
    return visit_touchpoints(sessions(events, people, RULES, AS_OF)).cache()


def test_sessions_by_channel_are_the_published_ones(touches: DataFrame, folder: Path) -> None:
    expected: dict[str, int] = {}
    for row in _csv(folder / "expected" / "snowplow_fractribution_channel_counts_expected.csv"):
        name = row["channel"].replace("Unmatched_Channel", "Unmatched")
        expected[name] = expected.get(name, 0) + int(row["number_of_sessions"])
    assert {r["channel"]: r["count"] for r in touches.groupBy("channel").count().collect()} == expected
    assert sum(expected.values()) == 97


def test_paths_are_the_published_ones(converted: DataFrame, touches: DataFrame, folder: Path) -> None:
    rows = paths(converted, touches, RULES.lookback).orderBy("person_id", "touch_index").collect()
    made: dict[str, list[str]] = {}
    for r in rows:
        made.setdefault(r["person_id"], []).append(r["channel"])
    published = _csv(folder / "expected" / "snowplow_fractribution_paths_to_conversion_expected.csv")
    assert {"f" + p: " > ".join(c) for p, c in made.items()} == {r["customer_id"]: r["path"] for r in published}


def _csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _in_order(columns: tuple[str, ...], values: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(values.get(c) for c in columns)


def _event(raw: dict[str, str]) -> dict[str, Any]:
    return {
        "message_id": raw["event_id"],
        "record_id": raw["event_id"],
        "source": "snow",
        "stream": "events",
        "landing_id": 1,
        "type": "page" if raw["event_name"] == "page_view" else "track",
        "event": raw["event_name"],
        "event_ts": datetime.fromisoformat(raw["derived_tstamp"]),
        "anonymous_id": raw["domain_userid"],
        "session_hint": raw["domain_sessionid"],
        "page_view_id": json.loads(raw[_PAGE])[0]["id"],
        "utm_source": raw["mkt_source"] or None,
        "utm_medium": raw["mkt_medium"] or None,
        "utm_campaign": raw["mkt_campaign"] or None,
    }


def _order(raw: dict[str, str]) -> dict[str, Any]:
    at = datetime.fromisoformat(raw["derived_tstamp"])
    return {
        "record_id": raw["event_id"],
        "source": "snow",
        "stream": "events",
        "landing_id": 1,
        "order_id": raw["event_id"],
        "version_ts": at,
        "ordered_at": at,
        "status": "completed",
        "revenue": Decimal(raw["tr_total"]),
    }
