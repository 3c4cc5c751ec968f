"""Past days are restated: of a campaign and day the newest report holds, in whatever order reports come."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import Row, SparkSession

from cdp_spark.contracts.silver import AD_SPEND, QUARANTINE
from tests.ingest.company import Company, stream

SPEND: dict[str, Any] = {
    "to": "ad_spend",
    "set": {
        "campaign": "id", "day": "day", "platform": {"const": "search"}, "campaign_name": "name", "currency": "currency",
        "spend": {"number": "micros", "divided_by": 1_000_000}, "impressions": "shown", "clicks": "clicks",
        "utm_source": {"const": "google"}, "utm_campaign": "name",
    },
}  # fmt: skip
HEADER = "id,name,day,currency,micros,shown,clicks\n"


def at(day: int) -> datetime:
    return datetime(2026, 2, day, 6, tzinfo=UTC)


def days(company: Company) -> list[tuple[Any, ...]]:
    return [(r["campaign"], r["day"].day, r["spend"], r["clicks"]) for r in company.rows(AD_SPEND)]


@pytest.fixture
def ads(spark: SparkSession, tmp_path: Path) -> Company:
    return Company(spark, tmp_path, {"spend": stream(SPEND, read={"format": "csv"})})


def test_a_newer_report_replaces_a_day_and_an_older_one_that_comes_late_does_not(ads: Company) -> None:
    first = "7,Spring,2026-02-01,eur,1250000,1000,10\n7,Spring,2026-02-02,EUR,990000,500,5\n"
    ads.put("in/b.csv", HEADER + first, at(3))
    assert (ads.run().kept, days(ads)) == (2, [("7", 1, Decimal("1.2500"), 10), ("7", 2, Decimal("0.9900"), 5)])
    [row, _] = ads.rows(AD_SPEND)
    assert (
        row.asDict() | {"currency": "EUR", "utm_source": "google", "utm_campaign": "Spring", "impressions": 1000}
        == row.asDict()
    )
    ads.put("in/a.csv", HEADER + "7,Spring,2026-02-01,EUR,1300000,1000,11\n", at(5))
    ads.put("in/c.csv", HEADER + "7,Spring,2026-02-01,EUR,1,1,1\n7,Spring,2026-02-03,EUR,10000,,\n", at(2))
    counts = ads.run()
    assert (counts.kept, counts.duplicate, counts.quarantined) == (2, 1, 0)
    assert days(ads) == [
        ("7", 1, Decimal("1.3000"), 11),
        ("7", 2, Decimal("0.9900"), 5),
        ("7", 3, Decimal("0.0100"), None),
    ]
    ads.forget_last_run()
    assert ads.normalize().changed == 0


def test_a_day_that_says_two_things_in_one_file_is_refused_whole(ads: Company) -> None:
    """A report by device, mapped by campaign: any one of its rows would be too little."""
    twice = "7,Spring,2026-02-01,EUR,1250000,1000,10\n"
    ads.put("in/a.csv", HEADER + twice + "7,Spring,2026-02-01,EUR,50000,10,1\n8,Same,2026-02-01,EUR,1,1,1\n" * 2)
    ads.put("in/b.csv", HEADER + "9,No day,soon,EUR,1,1,1\n9,No cost,2026-02-01,EUR,,1,1\n")
    counts = ads.run()
    assert [d[0] for d in days(ads)] == ["8"]

    def said(row: Row) -> tuple[str, list[str]]:
        return row["raw"][:30], list(row["reasons"])

    found = sorted(str(said(r)[1]) for r in ads.rows(QUARANTINE))
    assert found == ["['missing:spend']"] + ["['several_rows_of_a_day']"] * (counts.quarantined - 2) + [
        "['unreadable:day']"
    ]
    assert (counts.rows_in, counts.quarantined) == (7, 5)


def test_one_file_may_hold_the_reports_of_several_times(spark: SparkSession, tmp_path: Path) -> None:
    mapping = {**SPEND, "set": {**SPEND["set"], "version_ts": "reported"}}
    ads = Company(spark, tmp_path, {"spend": stream(mapping, read={"format": "csv"})})
    row = "7,Spring,2026-02-0{day},EUR,{micros},1,1,2026-02-0{reported}T05:00:00Z\n"
    reports = [(1, 10_000, 2), (1, 30_000, 4), (2, 20_000, 5), (3, 50_000, 4), (3, 60_000, 4)]
    said = "".join(row.format(day=d, micros=m, reported=r) for d, m, r in reports)
    ads.put("in/a.csv", HEADER.replace("clicks", "clicks,reported") + said)
    counts = ads.run()
    assert [d[1:3] for d in days(ads)] == [(1, Decimal("0.0300")), (2, Decimal("0.0200"))]
    assert (counts.rows_in, counts.kept, counts.duplicate, counts.quarantined) == (5, 2, 1, 2)
