"""Bytes become text: encodings, and what to do with bytes that are none."""

from typing import Literal

from pyspark.sql import Column
from pyspark.sql import functions as F

from cdp_spark.contracts.reasons import Reason

Encoding = Literal["utf-8", "latin-1", "windows-1252", "utf-16"]

_LATIN_1 = "ISO-8859-1"
_BOM = "\ufeff"
# Where windows-1252 differs from latin-1: 0x80 to 0x9F, the five that it leaves open excepted.
_WINDOWS = {chr(b): bytes([b]).decode("windows-1252", "ignore") for b in range(0x80, 0xA0)}
_WINDOWS_FROM = "".join(c for c, to in _WINDOWS.items() if to)
_WINDOWS_TO = "".join(to for to in _WINDOWS.values() if to)


def text_columns(stored: Column, encoding: Encoding) -> dict[str, Column]:
    """``raw``, ``raw_base64`` and ``fault`` of a value that holds a record's bytes."""
    none = F.lit(None).cast("string")
    if encoding != "utf-8":
        return {"raw": without_bom(_decoded(stored.cast("binary"), encoding)), "raw_base64": none, "fault": none}
    valid = F.is_valid_utf8(stored)
    return {
        "raw": without_bom(F.when(valid, stored).otherwise(F.make_valid_utf8(stored))),
        "raw_base64": F.when(~valid, F.base64(stored.cast("binary"))),
        "fault": F.when(~valid, Reason.INVALID_UTF8),
    }


def bytes_of_latin(text: Column) -> Column:
    """The bytes that were read as latin-1, as a string value that holds them unchanged."""
    return F.encode(text, _LATIN_1).cast("string")


def without_bom(text: Column) -> Column:
    """The text without a byte order mark at its beginning."""
    return F.when(text.startswith(_BOM), F.substring(text, 2, 2**31 - 1)).otherwise(text)


def _decoded(stored: Column, encoding: Encoding) -> Column:
    text = F.decode(stored, _LATIN_1)
    return F.translate(text, _WINDOWS_FROM, _WINDOWS_TO) if encoding == "windows-1252" else text
