"""What a page's URL says of the campaign that led to it."""

from pyspark.sql import Column
from pyspark.sql import functions as F

# In the order in which one is taken where a URL has several.
CLICK_IDS = (
    "gclid",
    "gbraid",
    "wbraid",
    "msclkid",
    "fbclid",
    "ttclid",
    "li_fat_id",
    "twclid",
    "dclid",
    "epik",
    "sccid",
)


def query_of(url: Column) -> Column:
    """The query with a leading ``&``, without fragment; NULL where the URL has none."""
    query = F.substring_index(F.substring_index(url, "#", 1), "?", -1)
    return F.when(F.contains(url, F.lit("?")), F.concat(F.lit("&"), query))


def query_parameter(query: Column, name: str) -> Column:
    """A parameter of what :func:`query_of` gives, decoded; NULL where it is missing or empty."""
    return named_parameter(query, F.lit(name))


def named_parameter(query: Column, name: Column) -> Column:
    """The same where the parameter's name is in a column."""
    key = F.concat(F.lit("&"), name, F.lit("="))
    value = F.substring_index(F.call_function("substring_index", query, key, F.lit(-1)), "&", 1)
    encoded = F.contains(query, F.lit("%")) | F.contains(query, F.lit("+"))
    decoded = F.when(encoded, F.coalesce(F.try_url_decode(value), value)).otherwise(value)
    return F.when(F.contains(query, key), F.nullif(decoded, F.lit("")))


def click_id_kind(lowered: Column) -> Column:
    """The name of the click id parameter that a query in lower case has."""
    return F.coalesce(*[F.when(F.contains(lowered, F.lit(f"&{name}=")), name) for name in CLICK_IDS])


def click_id(query: Column, lowered: Column, kind: Column) -> Column:
    """The value of that parameter."""
    at = F.instr(lowered, F.concat(F.lit("&"), kind, F.lit("=")))
    value = F.substring_index(F.substr(query, at + F.length(kind) + 2), "&", 1)
    return F.when(kind.isNotNull() & (at > 0), F.nullif(value, F.lit("")))
