"""Channels: the rule that matches first, what counts as external, what counts as no campaign."""

from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from cdp_spark.config.attribution import AttributionConfig, ChannelRule
from cdp_spark.measurement.channels import host, registrable_domain, with_channel

VISIT = """want STRING, utm_source STRING, utm_medium STRING, utm_campaign STRING, click_id_kind STRING,
           referrer STRING, landing_url STRING"""
PAGE = "https://www.shop.example/c/jackets?x=1"


def _mismatches(spark: SparkSession, cases: list[tuple[str | None, ...]], config: AttributionConfig) -> list[Row]:
    visits = spark.createDataFrame(cases, VISIT)
    got = with_channel(visits, config.channels, config.own_hosts)
    return got.filter(~F.col("channel").eqNullSafe(F.col("want"))).collect()


def test_the_default_rules_name_the_usual_visits(spark: SparkSession) -> None:
    cases: list[tuple[str | None, ...]] = [
        ("Direct", None, None, None, None, None, PAGE),
        ("Direct", "(direct)", "(none)", "(not set)", None, "", PAGE),
        ("Direct", None, None, None, None, "https://shop.example/", PAGE),
        ("Direct", None, None, None, None, "https://checkout.shop.example:8443/pay", PAGE),
        ("Paid Search", "Google", "CPC", "brand", "gclid", "https://www.google.com/", PAGE),
        ("Paid Search", None, None, None, "gclid", "https://www.google.com/", PAGE),
        ("Paid Social", "facebook", "paid_social", "w", "fbclid", "https://l.facebook.com/", PAGE),
        ("Organic Social", None, None, None, "fbclid", "https://l.facebook.com/", PAGE),
        ("Organic Social", None, None, None, None, "https://t.co/abc", PAGE),
        ("Email", "newsletter", " email ", "w07", None, None, PAGE),
        ("Email", None, None, None, None, "https://mail.google.com/", PAGE),
        ("Affiliate", "partner", "affiliate", "a", None, "https://deals.example.org/", PAGE),
        ("Organic Search", None, None, None, None, "https://www.google.co.uk/", PAGE),
        ("Organic Search", None, None, None, None, "https://www.google.de/", PAGE),
        ("Referral", None, None, None, None, "https://notgoogle.com/", PAGE),
        ("Referral", None, None, None, None, "https://google.com.evil.example/", PAGE),
        ("Referral", None, None, None, None, "https://blog.example/", PAGE),
        ("Referral", None, None, None, None, "https://blog.example/", None),
        ("Unmatched", "somebody", "something", None, None, None, PAGE),
        ("Unmatched", None, None, "only a campaign", None, "https://blog.example/", PAGE),
    ]
    assert _mismatches(spark, cases, AttributionConfig()) == []


def test_the_first_rule_that_matches_counts_and_the_last_resort_is_unmatched(spark: SparkSession) -> None:
    rules = (
        ChannelRule(channel="First", source=("x",)),
        ChannelRule(channel="Second", source=("x", "y"), medium=("m",)),
        ChannelRule(channel="Tagged", no_campaign=False, external_referrer=True),
    )
    cases: list[tuple[str | None, ...]] = [
        ("First", "x", "m", None, None, None, PAGE),
        ("Second", "y", "m", None, None, None, PAGE),
        ("Unmatched", "y", None, None, None, None, PAGE),
        ("Tagged", "z", None, None, None, "https://other.example/", PAGE),
        ("Unmatched", None, None, None, None, None, None),
    ]
    assert _mismatches(spark, cases, AttributionConfig(channels=rules)) == []


def test_a_host_of_ones_own_is_no_external_referrer(spark: SparkSession) -> None:
    config = AttributionConfig(own_hosts=("pay.example.org",))
    cases: list[tuple[str | None, ...]] = [
        ("Direct", None, None, None, None, "https://pay.example.org/done", PAGE),
        ("Direct", None, None, None, None, "https://eu.pay.example.org/done", PAGE),
        ("Referral", None, None, None, None, "https://example.org/", PAGE),
    ]
    assert _mismatches(spark, cases, config) == []


def test_hosts_and_registrable_domains(spark: SparkSession) -> None:
    cases = [
        ("https://WWW.Shop.example/a?b#c", "www.shop.example", "shop.example"),
        ("http://user:pw@shop.example.co.uk:80/", "shop.example.co.uk", "example.co.uk"),
        ("https://example.co.uk", "example.co.uk", "example.co.uk"),
        ("android-app://com.google.android.gm/", "com.google.android.gm", "android.gm"),
        ("http://localhost:3000/x", "localhost", "localhost"),
        ("http://10.1.2.3/x", "10.1.2.3", "10.1.2.3"),
        ("/relative/path", None, None),
        ("", None, None),
        (None, None, None),
        ("https://shop.example\n", "shop.example\n", "shop.example\n"),
    ]
    rows = spark.createDataFrame(cases, "url STRING, host STRING, domain STRING")
    got = rows.withColumns({"got": host(F.col("url")), "got_domain": registrable_domain(host(F.col("url")))})
    wrong = got.filter(~F.col("got").eqNullSafe(F.col("host")) | ~F.col("got_domain").eqNullSafe(F.col("domain")))
    assert wrong.collect() == []
