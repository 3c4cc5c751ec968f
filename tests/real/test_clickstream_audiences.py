"""A public clickstream: audiences over its purchases hold as many persons as counting by hand says."""

import csv
import gzip
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from cdp_spark.audiences.counters import event_counts
from cdp_spark.audiences.definitions import definitions, event_leaves
from cdp_spark.audiences.evaluation import evaluated
from cdp_spark.config.audiences import AudienceConfig
from cdp_spark.runtime.conditions.windows import Moment

AUDIENCES = {
    name: AudienceConfig.model_validate({"audience": name, "where": where, "exclude": exclude})
    for name, where, exclude in (
        ("once_30d", {"event": "Purchase", "window": {"last": "30d"}}, []),
        ("once_90d", {"event": "purchase", "window": {"last": "90d"}}, []),
        ("twice_30d", {"event": "purchase", "count": {"gte": 2}, "window": {"last": "30d"}}, []),
        ("twice_90d", {"event": "purchase", "count": {"gte": 2}, "window": {"last": "90d"}}, []),
        ("buyers", {"event": "purchase"}, []),
        ("with_cart", {"event": "add_to_cart"}, []),
        ("acquisition", {"not": {"event": "never happens"}}, ["buyers"]),
    )
}


@pytest.fixture(scope="module")
def events(spark: SparkSession, shared_data: Path) -> DataFrame:
    """The distinct rows as events; a person is a user_id, times are UTC."""
    with gzip.open(shared_data / "events_ecom_clickstream" / "ecom.csv.gz", "rt", encoding="utf-8") as file:
        rows = sorted({tuple(r.values()) for r in csv.DictReader(file)})
    assert len(rows) == 31_076
    raw = spark.createDataFrame(
        [(f"m{i}", r[0], r[2], r[3]) for i, r in enumerate(rows)], "id STRING, who STRING, event STRING, at STRING"
    )
    return raw.select(
        F.col("id").alias("record_id"),
        F.col("id").alias("message_id"),
        F.col("who").alias("person_id"),
        "event",
        F.to_timestamp("at").alias("event_ts"),
        F.lit(None).cast("string").alias("properties"),
    ).cache()


@pytest.mark.parametrize(
    ("as_of", "once_30d", "once_90d", "twice_30d", "twice_90d"),
    [
        ("2024-07-01T00:00:00+00:00", 137, 273, 23, 74),
        # Ten days on, counting the same events: time alone lets people out.
        ("2024-07-11T00:00:00+00:00", 106, 250, 18, 64),
    ],
)
def test_purchases_by_window(  # one parameter an audience
    events: DataFrame, as_of: str, once_30d: int, once_90d: int, twice_30d: int, twice_90d: int
) -> None:
    until = datetime.fromisoformat("2024-07-01T00:00:00+00:00")
    sizes = _sizes(events.filter(F.col("event_ts") <= F.lit(until)), datetime.fromisoformat(as_of))
    assert [sizes[a] for a in ("once_30d", "once_90d", "twice_30d", "twice_90d")] == [
        once_30d,
        once_90d,
        twice_30d,
        twice_90d,
    ]


def test_no_buyer_is_in_an_acquisition_audience(events: DataFrame) -> None:
    last = events.agg(F.max("event_ts")).first()
    assert last is not None
    sizes = _sizes(events, datetime.fromisoformat(f"{last[0]}+00:00") + timedelta(days=1))
    everybody = events.select("person_id").distinct().count()
    assert (sizes["buyers"], sizes["with_cart"]) == (328, 522)
    assert sizes["acquisition"] == everybody - 328


def _sizes(events: DataFrame, as_of: datetime) -> dict[str, int]:
    defined, moment = definitions(AUDIENCES, {}), Moment(as_of)
    counts = event_counts(events, events.select("record_id", "person_id"), event_leaves(defined), moment)
    profiles = events.select("person_id", F.lit(False).alias("is_anonymous")).distinct()
    people = evaluated(profiles, profiles.select("person_id"), counts, defined, {}, moment)
    sizes = people.select(F.explode("audiences").alias("audience")).groupBy("audience").count().collect()
    return {r["audience"]: r["count"] for r in sizes}
