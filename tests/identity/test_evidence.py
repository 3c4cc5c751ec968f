"""Evidence links for as long as its namespace's window, and that of everything."""

from datetime import timedelta

import pytest
from pyspark.sql import SparkSession

from cdp_spark.config.identity import IdentityConfig, Namespace
from cdp_spark.identity.evidence import recent_evidence
from tests.identity.world import T0

_COOKIES_FOR_A_DAY = {
    "user_id": Namespace(strong=True),
    "anonymous_id": Namespace(device=True, window=timedelta(days=1)),
}


@pytest.mark.parametrize(
    ("overall", "recent"),
    [(None, [True, True, True, False]), (timedelta(days=2), [True, False, True, False])],
)
def test_a_sight_links_within_both_windows(spark: SparkSession, overall: timedelta | None, recent: list[bool]) -> None:
    config = IdentityConfig(namespaces=_COOKIES_FOR_A_DAY, window=overall)
    ages = [("user_id", 1), ("user_id", 2), ("anonymous_id", 0.99), ("anonymous_id", 1)]
    seen = spark.createDataFrame(
        [(i, namespace, T0 - timedelta(days=days)) for i, (namespace, days) in enumerate(ages)],
        "i INT, namespace STRING, seen_at TIMESTAMP",
    )
    is_recent = recent_evidence(config, T0)
    assert is_recent is not None
    assert [r["r"] for r in seen.withColumn("r", is_recent).sort("i").collect()] == recent


def test_without_windows_evidence_links_for_ever() -> None:
    assert recent_evidence(IdentityConfig(), T0) is None
