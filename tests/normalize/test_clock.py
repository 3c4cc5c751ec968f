"""Which clock an event is dated by."""

from datetime import UTC, datetime, timedelta

import pytest
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from cdp_spark.normalize.clock import with_repaired_clock

LANDED = datetime(2026, 3, 1, tzinfo=UTC)
FILE = datetime(2026, 2, 28, tzinfo=UTC)
R = datetime(2026, 2, 1, 10, tzinfo=UTC)
SKEW = timedelta(hours=7)


def at(**by: float) -> datetime:
    return R + timedelta(**by)


CASES = {
    "the vendor's own repaired time comes first": (
        (at(seconds=-9), at(hours=1), at(hours=2), R),
        at(seconds=-9),
        "vendor",
        False,
    ),
    "receipt less the delay on the device": (
        (None, R - SKEW - timedelta(seconds=30), R - SKEW, R),
        at(seconds=-30),
        "repaired",
        False,
    ),
    "the device's time where the delay is unknown": ((None, at(hours=-1), None, R), at(hours=-1), "device", False),
    "the time of receipt": ((None, None, None, R), R, "received", False),
    "no clock at all": ((None, None, None, None), None, None, False),
    "a time to come gives way to receipt": ((LANDED + timedelta(hours=25), None, None, R), R, "received", True),
    "a day ahead is still believed": (
        (LANDED + timedelta(hours=24), None, None, R),
        LANDED + timedelta(hours=24),
        "vendor",
        False,
    ),
    "a time before 2000 gives way to receipt": ((datetime(1969, 5, 1, tzinfo=UTC), None, None, R), R, "received", True),
    "without receipt the file's time": ((datetime(1999, 12, 31, tzinfo=UTC), None, None, None), FILE, "file", True),
    "and where receipt is as wrong": (
        (datetime(2099, 1, 1, tzinfo=UTC), None, None, datetime(2098, 1, 1, tzinfo=UTC)),
        FILE,
        "file",
        True,
    ),
}


@pytest.fixture(scope="module")
def dated(spark: SparkSession) -> dict[str, Row]:
    names = ["event_ts", "device_ts", "sent_ts", "received_ts", "file_mtime", "landed_at"]
    rows = [(name, *clocks, FILE, LANDED) for name, (clocks, *_) in CASES.items()]
    frame = spark.createDataFrame(rows, "name STRING, " + ", ".join(f"{n} TIMESTAMP" for n in names))
    return {r["name"]: r for r in with_repaired_clock(frame).withColumn("micros", F.unix_micros("event_ts")).collect()}


@pytest.mark.parametrize("name", CASES)
def test_the_time_of_an_event(dated: dict[str, Row], name: str) -> None:
    _, want, by, implausible = CASES[name]
    assert dated[name]["micros"] == (None if want is None else round(want.timestamp() * 1e6))
    assert dated[name]["_implausible"] is implausible
    if want is not None:
        assert dated[name]["event_ts_source"] == by
