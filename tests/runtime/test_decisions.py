"""What holds at a moment, read from intervals."""

from datetime import UTC, datetime

import pytest
from pyspark.sql import SparkSession

from cdp_spark.contracts.silver import CONSENT_STATE
from cdp_spark.runtime.decisions import decisions

DAY = [datetime(2026, 1, d, tzinfo=UTC) for d in range(1, 10)]
STATE = [
    ("email", "a@x.com", "ads", DAY[1], DAY[3], "granted", "form", "e1", "first_record"),
    ("email", "a@x.com", "ads", DAY[3], None, "withdrawn", "form", "e2", "latest"),
    ("email", "a@x.com", "mail", DAY[4], None, "granted", "form", "e3", "first_record"),
]
AT = [
    (0, {}),
    (1, {"ads": ("granted", "e1")}),
    (2, {"ads": ("granted", "e1")}),
    (3, {"ads": ("withdrawn", "e2")}),
    (4, {"ads": ("withdrawn", "e2"), "mail": ("granted", "e3")}),
]


@pytest.mark.parametrize(("day", "want"), AT)
def test_an_interval_holds_from_its_first_moment_to_before_its_last(
    spark: SparkSession, day: int, want: dict[str, tuple[str, str]]
) -> None:
    state = spark.createDataFrame(STATE, CONSENT_STATE.schema)
    found = decisions(state, DAY[day])
    assert found.columns == ["namespace", "value", "purpose", "status", "decided_by"]
    assert {r["purpose"]: (r["status"], r["decided_by"]) for r in found.collect()} == want
