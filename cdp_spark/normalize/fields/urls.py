"""What a page's URL says of the campaign that led to it."""

from functools import reduce

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
_ENDS = sorted({name[-2:] for name in CLICK_IDS})


def query_of(url: Column) -> Column:
    """The query with a leading ``&``, without fragment; NULL where the URL has none."""
    page = F.when(F.contains(url, F.lit("#")), F.substring_index(url, "#", 1)).otherwise(url)
    return F.when(F.contains(page, F.lit("?")), F.concat(F.lit("&"), F.substring_index(page, "?", -1)))


def host_of(url: Column) -> Column:
    """The host in lower case, with what follows it."""
    at = F.instr(url, "://")
    return F.lower(F.when(at > 0, F.substr(url, at + 3)).otherwise(url))


def query_parameter(query: Column, name: str) -> Column:
    """A parameter of what :func:`query_of` gives, decoded; NULL where it is missing or empty."""
    return named_parameter(query, F.lit(name))


def named_parameter(query: Column, name: Column) -> Column:
    """The same where the parameter's name is in a column."""
    return decoded(written_parameter(query, name))


def written_parameter(query: Column, name: Column) -> Column:
    """The same as it is written in the URL."""
    key = F.concat(F.lit("&"), name, F.lit("="))
    value = F.substring_index(F.call_function("substring_index", query, key, F.lit(-1)), "&", 1)
    return F.when(F.contains(query, key), F.nullif(value, F.lit("")))


def decoded(value: Column) -> Column:
    """What a parameter says; as it is written where that cannot be decoded."""
    is_encoded = F.contains(value, F.lit("%")) | F.contains(value, F.lit("+"))
    return F.coalesce(F.when(is_encoded, F.try_url_decode(value)), value)


def click_id_kind(lowered: Column) -> Column:
    """The name of the click id parameter that a query in lower case has."""
    first = F.coalesce(*[F.when(F.contains(lowered, F.lit(f"&{name}=")), name) for name in CLICK_IDS])
    # Few queries have any, and two looks tell those that may.
    may_have = reduce(Column.__or__, [F.contains(lowered, F.lit(f"{end}=")) for end in _ENDS])
    return F.when(may_have, first)


def click_id(query: Column, lowered: Column, kind: Column) -> Column:
    """The value of that parameter."""
    at = F.instr(lowered, F.concat(F.lit("&"), kind, F.lit("=")))
    value = F.substring_index(F.substr(query, at + F.length(kind) + 2), "&", 1)
    return F.when(kind.isNotNull() & (at > 0), F.nullif(value, F.lit("")))
