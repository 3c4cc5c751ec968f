"""The ad platforms' spend reports: a row a day and campaign, restated two days later when late clicks are in."""

from cdp_spark.simulate.catalogue import TOUCHES
from cdp_spark.simulate.company import Company
from cdp_spark.simulate.csv_lines import csv_line
from cdp_spark.simulate.devices import HOUR_MS
from cdp_spark.simulate.records import ADS, Record

HEADER = (
    "day", "platform", "campaign_id", "campaign", "utm_source", "utm_medium", "currency", "spend", "impressions",
    "clicks", "reported_at",
)  # fmt: skip
PLATFORMS = {"google": "google_ads", "facebook": "meta_ads", "instagram": "meta_ads"}
VISITS_A_PERSON_AND_DAY, RATE_OF_CLICKS, RESTATED_MORE = 0.007, 0.018, 1.04


def ads_day(company: Company, day: int) -> list[Record]:
    """What the platforms report about a day: on the next morning, and again two days later."""
    records: list[Record] = []
    for touch, share in TOUCHES:
        if touch.source not in PLATFORMS:
            continue
        dice = company.dice("ads", touch.source, touch.campaign, day)
        clicks = round(company.people * VISITS_A_PERSON_AND_DAY * share * dice.uniform(0.9, 1.4))
        impressions, cents = round(clicks / RATE_OF_CLICKS * dice.uniform(0.8, 1.2)), clicks * dice.randrange(35, 120)
        for after, factor in ((1, 1.0), (3, RESTATED_MORE)):
            reported = company.day_ms(day + after) + 5 * HOUR_MS + dice.randrange(HOUR_MS)
            row = (
                company.date(day), PLATFORMS[touch.source], f"{touch.source[:2]}-{touch.campaign}", touch.campaign,
                touch.source, touch.medium, "EUR", f"{cents * factor / 100:.2f}", round(impressions * factor),
                round(clicks * factor), f"{company.date(day + after)}T05:00:00Z",
            )  # fmt: skip
            key = f"{row[0]}|{row[1]}|{row[2]}|{row[-1]}"
            records.append(Record(ADS, key, "", reported, csv_line(row)))
    return records
