"""The normalisers in SQL say what they say as Columns."""

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from cdp_spark.normalize.functions import FUNCTIONS, register

URL = "https://x.com/?utm_source=news%20letter&gclid=abc#frag"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 Version/17.4 Mobile/15E148 Safari/604.1"
CASES: dict[str, list[tuple[tuple[str | None, ...], str | None]]] = {
    "cdp_email": [((" Ana@X.com\n",), "ana@x.com"), (("o'neil@x.com",), "o'neil@x.com"), (("n/a",), None), ((None,), None)],
    "cdp_phone": [(("0664 1234567", "AT"), "+436641234567"), (("12", "AT"), None)],
    "cdp_name": [((" Ana \t Maria",), "Ana Maria"), ((" ",), None)],
    "cdp_identifier": [((" u1 ",), "u1"), (("undefined",), None), (("",), None)],
    "cdp_country": [(("Österreich",), "AT"), (("Côte d'Ivoire",), "CI"), (("Atlantis",), None)],
    "cdp_street": [(("Große Neugasse 12/3",), "grosseneug"), (("12 Main Street",), "mainst")],
    "cdp_house_number": [(("Hauptstraße 12 a",), "12a"), (("12 Main Street",), "12"), (("Am Platz",), None)],
    "cdp_postcode": [(("A-1010", "AT"), "1010"), (("94043-1351", "US"), "94043"), (("sw1a 1aa", "GB"), "SW1A1AA")],
    "cdp_city": [(("Wien (Neubau)",), "wien"), (("Saint-Étienne",), "saintetienne")],
    "cdp_currency": [((" eur",), "EUR"), (("XXX",), None), (("EURO",), None)],
    "cdp_amount": [(("1.234,50", ","), "1234.5000"), (("1,234.50", "."), "1234.5000"), (("x", "."), None), (("1", ";"), None)],
    "cdp_boolean": [(("yes",), "true"), (("maybe",), None)],
    "cdp_time": [(("2026-02-01T11:30:05+0100",), "2026-02-01 10:30:05"), (("tomorrow",), None)],
    "cdp_url_parameter": [((URL, "utm_source"), "news letter"), ((URL, "source"), None)],
    "cdp_click_id": [((URL,), "abc")],
    "cdp_click_id_kind": [((URL,), "gclid")],
    "cdp_is_bot": [((PHONE,), "false"), (("curl/8.1",), "true"), ((None,), None)],
    "cdp_device_class": [((PHONE,), "phone")],
    "cdp_os": [((PHONE,), "iOS")],
    "cdp_browser": [((PHONE,), "Safari")],
    "cdp_truncated_ip": [(("203.0.113.77",), "203.0.113.0"), (("2001:db8::1",), "2001:db8:0::"), (("x",), None)],
}  # fmt: skip


def quoted(text: str | None) -> str:
    return "CAST(NULL AS STRING)" if text is None else "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def test_every_function_says_in_sql_what_it_says_of_columns(spark: SparkSession) -> None:
    register(spark)
    assert set(CASES) == set(FUNCTIONS)
    cases = [(name, arguments, want) for name, rows in CASES.items() for arguments, want in rows]
    calls = [f"CAST({name}({', '.join(map(quoted, arguments))}) AS STRING)" for name, arguments, _ in cases]
    in_sql = spark.sql("select " + ", ".join(f"{call} AS c{i}" for i, call in enumerate(calls))).collect()[0]
    columns = []
    for i, (name, arguments, _) in enumerate(cases):
        function = FUNCTIONS[name]
        made = function.column or (function.python() if function.python else None)
        assert made is not None
        columns.append(made(*[F.lit(a).cast("string") for a in arguments]).cast("string").alias(f"c{i}"))
    of_columns = spark.range(1).select(*columns).collect()[0]
    got = [
        (name, arguments, sql, column)
        for (name, arguments, _), sql, column in zip(cases, in_sql, of_columns, strict=True)
    ]
    assert got == [(name, arguments, want, want) for name, arguments, want in cases]


def test_only_what_is_asked_for_is_registered(spark: SparkSession) -> None:
    register(spark, ["cdp_city"])
    assert spark.sql("select cdp_city('Wien/Vienna')").collect()[0][0] == "wien"


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_tells_its_parameters(name: str) -> None:
    assert FUNCTIONS[name].parameters and (FUNCTIONS[name].column is None) != (FUNCTIONS[name].python is None)
