"""Each kind of field in its forms: good ones, none, blank, with newline, not ASCII."""

from collections.abc import Callable
from ipaddress import ip_network

import pytest
from chispa import assert_column_equality
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from cdp_spark.normalize.fields.addresses import city_key, house_number, street_key
from cdp_spark.normalize.fields.booleans import boolean
from cdp_spark.normalize.fields.country import normalized_country
from cdp_spark.normalize.fields.currencies import normalized_currency, units_of
from cdp_spark.normalize.fields.email import normalized_email
from cdp_spark.normalize.fields.ip_addresses import ip_address, is_within, truncated_ip
from cdp_spark.normalize.fields.numbers import stated_amount
from cdp_spark.normalize.fields.person_name import normalized_name
from cdp_spark.normalize.fields.phone import e164
from cdp_spark.normalize.fields.placeholders import identifying
from cdp_spark.normalize.fields.urls import click_id, click_id_kind, query_of, query_parameter
from cdp_spark.normalize.fields.user_agents import Agent, agents

EMAIL = [
    (" Ana@X.com ", "ana@x.com"), ("ana@x.com\n", "ana@x.com"), ("\tJÖRG@müller.de", "jörg@müller.de"), ("a+b.c@sub.x-y.co.uk", "a+b.c@sub.x-y.co.uk"),
    ("ana@x", None), ("a b@x.com", None), ("@x.com", None), ("a@", None), ("a@@x.com", None), (".a@x.com", None), ("a..b@x.com", None),
    ("a@x..com", None), ("a\x07@x.com", None), ("[a]@x.com", None), ("a:b@x.com", None), ("o'neil@x.com", "o'neil@x.com"), ("a@-x.com", None), ("a@x.c", None), ("x" * 65 + "@x.com", None), ("n/a", None), ("", None), (None, None),
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

STREET = [
    ("Hauptstraße 12a", "hauptstr"), ("hauptstr. 12 A", "hauptstr"), ("HAUPTSTRASSE 12", "hauptstr"), ("Kärntner Ring 3/2/14", "kaerntnerring"),
    ("12 Main Street", "mainst"), ("12, rue de la Paix", "ruedelapaix"), ("10 Downing St.", "downingst"), ("Mu\u0308llergasse 4", "mullerg"),
    ("Straße des 17. Juni 135", "strdes17juni"), ("12", "12"), ("", None), (" ", None), (None, None),
]  # fmt: skip
NUMBER = [
    ("Hauptstraße 12a", "12a"), ("Hauptstr. 12 A", "12a"), ("Ring 3/2/14", "3/2/14"), ("Weg 12-14", "12-14"), ("12 Main Street", "12"),
    ("12, rue de la Paix", "12"), ("Straße des 17. Juni 135", "135"), ("Am Platz", None), ("", None), (None, None),
]  # fmt: skip
CITY = [
    ("St. Pölten", "stpoelten"),
    ("Saint-Étienne", "saintetienne"),
    ("Wien, 7. Bezirk", "wien"),
    ("\n", None),
    ("", None),
    (None, None),
]
CURRENCY = [(" eur", "EUR"), ("JPY", "JPY"), ("XXX", None), ("XAU", None), ("US$", None), ("", None), (None, None)]
IP = [
    ("203.0.113.77", "203.0.113.0"), (" 203.0.113.77:8080 ", "203.0.113.0"), ("::ffff:203.0.113.77", "203.0.113.0"), ("256.0.0.1", None), ("1.2.3", None),
    ("1.2.3.4, 5.6.7.8", None), ("2001:DB8:85a3::8a2e:370:7334", "2001:db8:85a3::"), ("2001:db8::1", "2001:db8:0::"), ("::1", "0:0:0::"),
    ("fe80::1%eth0", "fe80:0:0::"), ("[2001:db8::1]:443", "2001:db8:0::"), ("1:2:3:4:5:6:7:8", "1:2:3::"), ("1:2:3:4:5:6:7:8:9", None), ("1::2::3", None),
    ("12345::1", None), (":1", None), ("x", None), ("", None), (None, None),
]  # fmt: skip
_CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0"
AGENT = [
    (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME} Safari/537.36 Edg/126.0", "desktop|Windows|Edge|false"),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.4 Safari/605.1.15", "desktop|macOS|Safari|false"),
    ("Mozilla/5.0 (iPad; CPU OS 17_4 like Mac OS X) AppleWebKit/605.1.15 CriOS/126.0 Mobile/15E148 Safari/604.1", "tablet|iOS|Chrome|false"),
    (f"Mozilla/5.0 (Linux; Android 14; SM-S918B) {_CHROME} SamsungBrowser/25.0 Mobile Safari/537.36", "phone|Android|Samsung Internet|false"),
    (f"Mozilla/5.0 (Linux; Android 13; SM-X700) {_CHROME} Safari/537.36", "tablet|Android|Chrome|false"),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", "desktop|Linux|Firefox|false"),
    (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {_CHROME} Safari/537.36", "desktop|ChromeOS|Chrome|false"),
    ("Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko", "desktop|Windows|Internet Explorer|false"),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Instagram 334.0", "phone|iOS|Instagram|false"),
    ("Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 Chrome/94.0 Safari/537.36", "tv|webOS|Chrome|false"),
    (f"Mozilla/5.0 (X11; Linux x86_64) {_CHROME} Safari/537.36 (compatible; +http://x.com/)", "desktop|Linux|Chrome|true"),
    ("MyApp/4.2 CFNetwork/1496 Darwin/23.5", "|||false"), ("", "|||false"), (None, "|||"),
]  # fmt: skip
# A bit pattern of networks, and an address within or without.
NETWORKS = [ip_network(n) for n in ("203.0.113.0/24", "10.0.0.0/8", "2001:db8::/32", "198.51.100.7/32")]
INTERNAL = [
    ("203.0.113.9", True), ("203.0.114.9", False), ("10.255.0.1", True), ("110.0.0.1", False), ("198.51.100.7", True), ("198.51.100.8", False),
    ("2001:db8::1", True), ("2001:DB8:ffff::", True), ("2001:db9::", False), ("::cb00:7109", False), ("no", None), (None, None),
]  # fmt: skip


def agent_in_short(agent: Column) -> Column:
    said = agents(agent)
    shown = [said[name].cast("string") for name in (*Agent._fields[1:], "is_bot")]
    return F.array_join(F.array(*shown), "|", "")


@pytest.mark.parametrize(
    ("function", "cases", "kind"),
    [
        (street_key, STREET, "STRING"),
        (house_number, NUMBER, "STRING"),
        (city_key, CITY, "STRING"),
        (normalized_currency, CURRENCY, "STRING"),
        (lambda raw: truncated_ip(ip_address(raw)), IP, "STRING"),
        (agent_in_short, AGENT, "STRING"),
        (lambda raw: is_within(ip_address(raw), NETWORKS), INTERNAL, "BOOLEAN"),
        (normalized_email, EMAIL, "STRING"),
        (normalized_name, NAME, "STRING"),
        (normalized_country, COUNTRY, "STRING"),
        (identifying, ID, "STRING"),
        (boolean, BOOLEAN, "BOOLEAN"),
        (lambda agent: agents(agent)["is_bot"], BOT, "BOOLEAN"),
    ],
    ids=[
        "street",
        "house_number",
        "city",
        "currency",
        "ip",
        "agent",
        "internal",
        "email",
        "name",
        "country",
        "id",
        "boolean",
        "bot",
    ],
)
def test_a_field_takes_its_normal_form_or_none(
    spark: SparkSession, function: Callable[[Column], Column], cases: list[tuple[str | None, object]], kind: str
) -> None:
    frame = spark.createDataFrame(cases, f"raw STRING, want {kind}").withColumn("got", function(F.col("raw")))
    assert_column_equality(frame, "got", "want")


def test_amounts_by_decimal_sign_and_unit(spark: SparkSession) -> None:
    cases = [
        ("1.234,50", ",", None, "1234.5000"), ("-3,5", ",", None, "-3.5000"), ("1,234.50", ".", None, "1234.5000"), ("1250", ".", "EUR", "12.5000"),
        ("1e3", ".", None, "1000.0000"), ("12 €", ".", None, None), ("", ".", None, None), ("99999999999999999999", ".", None, None),
        ("1250", ".", "jpy", "1250.0000"), ("1250", ".", "KWD", "1.2500"), ("1250", ".", "no", "12.5000"),
    ]  # fmt: skip
    columns = [
        stated_amount(F.lit(raw), sign, units_of(F.lit(code)) if code else None).cast("string").alias(f"c{i}")
        for i, (raw, sign, code, _) in enumerate(cases)
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
