"""Telephone numbers, by every country's numbering plan."""

from functools import cache, lru_cache
from typing import Protocol, cast

import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column
from pyspark.sql.pandas.functions import arrow_udf

from cdp_spark.normalize.fields.distinct import of_distinct

# Numbers that a worker remembers: some 40 MB. A number is as often in the next batch as in this one.
_REMEMBERED = 200_000
_SEPARATOR = "\x1f"


class _PhoneFunction(Protocol):
    def __call__(self, raw: Column, region: Column) -> Column: ...


def normalized_phone(raw: Column, region: Column) -> Column:
    """E.164 of a number, NULL when it is none. ``region`` (ISO alpha-2) is that of a number without country code."""
    return phone_function()(raw, region)


def e164(raw: str, region: str | None) -> str | None:
    """E.164 of one number, None when no numbering plan has it."""
    try:
        number = phonenumbers.parse(raw, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@cache
def phone_function() -> _PhoneFunction:
    """The vectorised function over number and region."""

    def column(raw: pa.Array, region: pa.Array) -> pa.Array:
        named = pc.binary_join_element_wise(region, raw, _SEPARATOR, null_handling="replace", null_replacement="")
        return of_distinct(named, _read, pa.string())

    return cast("_PhoneFunction", arrow_udf("string")(column))  # type: ignore[call-overload]  # the stubs know no name of a type


@lru_cache(maxsize=_REMEMBERED)
def _read(pair: str) -> str | None:
    region, raw = pair.split(_SEPARATOR, 1)
    return e164(raw, region or None) if raw else None
