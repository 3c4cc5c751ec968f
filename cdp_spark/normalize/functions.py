"""The normalisers under the names by which SQL calls them: ``select cdp_email(raw) from …``.

In notebooks the same functions are imported from ``cdp_spark.normalize.fields`` and take and give Columns; ``register``
makes them known to the SQL of a session.
"""

from collections.abc import Callable, Iterable

from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from cdp_spark.normalize.fields.addresses import city_key, house_number, postcode_key, street_key
from cdp_spark.normalize.fields.booleans import boolean
from cdp_spark.normalize.fields.country import normalized_country
from cdp_spark.normalize.fields.currencies import normalized_currency
from cdp_spark.normalize.fields.email import normalized_email
from cdp_spark.normalize.fields.ip_addresses import ip_address, truncated_ip
from cdp_spark.normalize.fields.numbers import stated_amount
from cdp_spark.normalize.fields.person_name import normalized_name
from cdp_spark.normalize.fields.phone import phone_function
from cdp_spark.normalize.fields.placeholders import identifying
from cdp_spark.normalize.fields.timestamps import automatic_timestamp
from cdp_spark.normalize.fields.urls import click_id, click_id_kind, named_parameter, query_of
from cdp_spark.normalize.fields.user_agents import agent_function
from cdp_spark.runtime.sql_functions import SqlFunction, register_functions


def _of_text(function: Callable[[Column], Column], returns: str = "STRING") -> SqlFunction:
    return SqlFunction(("raw",), returns, function)


def _of_agent(part: str, returns: str = "STRING") -> SqlFunction:
    return SqlFunction(("user_agent",), returns, python=lambda: agent_function(part))


def _amount(raw: Column, decimal_sign: Column) -> Column:
    return F.when(decimal_sign == ",", stated_amount(raw, ",")).when(decimal_sign == ".", stated_amount(raw, "."))


def _click_id_kind(url: Column) -> Column:
    return click_id_kind(F.lower(query_of(url)))


def _click_id(url: Column) -> Column:
    query = query_of(url)
    return click_id(query, F.lower(query), _click_id_kind(url))


FUNCTIONS: dict[str, SqlFunction] = {
    "cdp_email": _of_text(normalized_email),
    "cdp_phone": SqlFunction(("raw", "region"), "STRING", python=phone_function),
    "cdp_name": _of_text(normalized_name),
    "cdp_identifier": _of_text(lambda raw: identifying(F.nullif(F.trim(raw), F.lit("")))),
    "cdp_country": _of_text(normalized_country),
    "cdp_street": _of_text(street_key),
    "cdp_house_number": _of_text(house_number),
    "cdp_postcode": SqlFunction(("raw", "country"), "STRING", postcode_key),
    "cdp_city": _of_text(city_key),
    "cdp_currency": _of_text(normalized_currency),
    "cdp_amount": SqlFunction(("raw", "decimal_sign"), "DECIMAL(18,4)", _amount),
    "cdp_boolean": _of_text(boolean, "BOOLEAN"),
    "cdp_time": _of_text(lambda raw: automatic_timestamp(raw, "UTC"), "TIMESTAMP"),
    "cdp_url_parameter": SqlFunction(("url", "name"), "STRING", lambda url, name: named_parameter(query_of(url), name)),
    "cdp_click_id": SqlFunction(("url",), "STRING", _click_id),
    "cdp_click_id_kind": SqlFunction(("url",), "STRING", _click_id_kind),
    "cdp_is_bot": _of_agent("is_bot", "BOOLEAN"),
    "cdp_device_class": _of_agent("device_class"),
    "cdp_os": _of_agent("os"),
    "cdp_browser": _of_agent("browser"),
    "cdp_truncated_ip": _of_text(lambda raw: truncated_ip(ip_address(raw))),
}


def register(spark: SparkSession, names: Iterable[str] | None = None) -> None:
    """Makes the functions, or those named, known to the SQL of a session, for as long as it lasts."""
    chosen = set(FUNCTIONS if names is None else names)
    register_functions(spark, {name: f for name, f in FUNCTIONS.items() if name in chosen})


def register_named(spark: SparkSession, query: str) -> None:
    """Makes the functions that a query names known to the session."""
    named = query.lower()
    register(spark, [name for name in FUNCTIONS if name in named])
