"""Each kind of field in its forms: good ones, none, blank, with newline, not ASCII."""

from collections.abc import Callable

import pytest
from chispa import assert_column_equality
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from cdp_spark.normalize.fields.booleans import boolean
from cdp_spark.normalize.fields.country import normalized_country
from cdp_spark.normalize.fields.email import normalized_email
from cdp_spark.normalize.fields.numbers import stated_amount
from cdp_spark.normalize.fields.person_name import normalized_name
from cdp_spark.normalize.fields.phone import e164
from cdp_spark.normalize.fields.placeholders import identifying
from cdp_spark.normalize.fields.urls import click_id, click_id_kind, query_of, query_parameter
from cdp_spark.normalize.fields.user_agents import comparable_agent, is_bot

EMAIL = [
    (" Ana@X.com ", "ana@x.com"), ("ana@x.com\n", "ana@x.com"), ("\tJÖRG@müller.de", "jörg@müller.de"), ("a+b.c@sub.x-y.co.uk", "a+b.c@sub.x-y.co.uk"),
    ("ana@x", None), ("a b@x.com", None), ("@x.com", None), ("a@", None), ("a@@x.com", None), (".a@x.com", None), ("a..b@x.com", None),
    ("a@x..com", None), ("a@-x.com", None), ("a@x.c", None), ("x" * 65 + "@x.com", None), ("n/a", None), ("", None), (None, None),
]  # fmt: skip
NAME = [("  Ana \t Maria\n", "Ana Maria"), ("Жанна", "Жанна"), ("  ", None), ("", None), (None, None)]
COUNTRY = [
    ("AT", "AT"),
    (" aut ", "AT"),
    ("Österreich", "AT"),
    ("united kingdom", "GB"),
    ("USA", "US"),
    ("Atlantis", None),
    ("", None),
    (None, None),
]
ID = [
    ("u1", "u1"), ("0", None), ("0000-0000", None), ("00000000-0000-0000-0000-000000000000", None), ("NULL", None), ("undefined", None), ("not set", None),
    ("(not set)", None), ("anonymous", None), ("-1", None), ("test", None), ("tester", "tester"), ("d41d8cd98f00b204e9800998ecf8427e", None),
    ("x" * 1024, "x" * 1024), ("x" * 1025, None), (None, None),
]  # fmt: skip
BOOLEAN = (
    [(t, True) for t in ("true", "TRUE", "1", " yes ", "Y")]
    + [(t, False) for t in ("false", "0", "no", "N")]
    + [("maybe", None), ("", None), (None, None)]
)
BOT = [
    ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", True), ("curl/8.1", True), ("HeadlessChrome/1", True),
    ("Mozilla/5.0 (Linux; Android 9; CUBOT X19)", False), ("Mozilla/5.0 (Macintosh)", False), (None, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("function", "cases", "kind"),
    [
        (normalized_email, EMAIL, "STRING"),
        (normalized_name, NAME, "STRING"),
        (normalized_country, COUNTRY, "STRING"),
        (identifying, ID, "STRING"),
        (boolean, BOOLEAN, "BOOLEAN"),
        (lambda agent: is_bot(comparable_agent(agent)), BOT, "BOOLEAN"),
    ],
    ids=["email", "name", "country", "id", "boolean", "bot"],
)
def test_a_field_takes_its_normal_form_or_none(
    spark: SparkSession, function: Callable[[Column], Column], cases: list[tuple[str | None, object]], kind: str
) -> None:
    frame = spark.createDataFrame(cases, f"raw STRING, want {kind}").withColumn("got", function(F.col("raw")))
    assert_column_equality(frame, "got", "want")


def test_amounts_by_decimal_sign_and_unit(spark: SparkSession) -> None:
    cases = [
        ("1.234,50", ",", False, "1234.5000"), ("-3,5", ",", False, "-3.5000"), ("1,234.50", ".", False, "1234.5000"), ("1250", ".", True, "12.5000"),
        ("1e3", ".", False, "1000.0000"), ("12 €", ".", False, None), ("", ".", False, None), ("99999999999999999999", ".", False, None),
    ]  # fmt: skip
    columns = [
        stated_amount(F.lit(raw), sign, minor).cast("string").alias(f"c{i}")
        for i, (raw, sign, minor, _) in enumerate(cases)
    ]
    [row] = spark.range(1).select(*columns).collect()
    assert list(row) == [want for *_, want in cases]


def test_phones_by_numbering_plan() -> None:
    assert e164("0664 123 45 67", "AT") == "+436641234567"
    assert e164("+1 (202) 555-0143", "AT") == "+12025550143"
    assert e164("0043 664 1234567", "AT") == "+436641234567"
    assert [e164(t, "AT") for t in ("", "12", "abc", "+999 123456")] == [None] * 4
    assert e164("0664 1234567", None) is None


URL = [
    ("https://x.com/?utm_source=news%20letter&gclid=abc#frag", "news letter", "gclid", "abc"),
    ("https://x.com/p?a=1&utm_source=a+b", "a b", None, None),
    ("https://x.com/p?FBCLID=Xy", None, "fbclid", "Xy"),
    ("https://x.com/p?utm_source=&xutm_source=no", None, None, None),
    ("https://x.com/p?utm_source=100%&q=ä", "100%", None, None),
    ("https://x.com/utm_source=no", None, None, None),
    ("", None, None, None),
    (None, None, None, None),
]


def test_campaigns_by_url(spark: SparkSession) -> None:
    frame = spark.createDataFrame(URL, "url STRING, source STRING, kind STRING, id STRING")
    query = query_of(F.col("url"))
    got = frame.select(
        query_parameter(query, "utm_source").alias("source"),
        click_id_kind(F.lower(query)).alias("kind"),
        click_id(query, F.lower(query), click_id_kind(F.lower(query))).alias("id"),
    )
    assert [tuple(r) for r in got.collect()] == [row[1:] for row in URL]
