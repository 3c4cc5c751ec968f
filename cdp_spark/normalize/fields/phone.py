"""Telephone numbers, by every country's numbering plan."""

from functools import cache
from typing import Protocol, cast

import pandas as pd
import phonenumbers
from pyspark.sql import Column
from pyspark.sql.pandas.functions import pandas_udf


class _PhoneFunction(Protocol):
    def __call__(self, raw: Column, region: Column) -> Column: ...


def normalized_phone(raw: Column, region: Column) -> Column:
    """E.164 of a number, NULL when it is none. ``region`` (ISO alpha-2) is that of a number without country code."""
    return _phone_function()(raw, region)


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
def _phone_function() -> _PhoneFunction:
    def column(raw: pd.Series, region: pd.Series) -> pd.Series:
        # Each distinct number of a batch is looked at once.
        pairs = pd.MultiIndex.from_arrays([raw, region])
        known = {pair: _read(*pair) for pair in pairs.unique() if isinstance(pair[0], str)}
        return pd.Series([known.get(pair) for pair in pairs], dtype=object)

    return cast("_PhoneFunction", pandas_udf("string")(column))  # type: ignore[call-overload]  # the stubs know no name of a type


def _read(raw: str, region: object) -> str | None:
    return e164(raw, region if isinstance(region, str) else None)
