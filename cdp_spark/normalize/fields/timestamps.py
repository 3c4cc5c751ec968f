"""Times as sources write them.

``auto`` reads ISO 8601 (T or space, fraction, Z or an offset, date only) and epochs, which it tells by their size:
seconds, milliseconds or microseconds. A time without zone is taken in the zone the mapping or stream names.
"""

from pyspark.sql import Column
from pyspark.sql import functions as F

_EPOCH_DIVISORS = {"epoch_s": 1, "epoch_ms": 1_000, "epoch_us": 1_000_000}
_NUMBER = r"\A-?\d{9,17}(?:\.\d+)?\z"
_ENDS_WITH_ZONE = r"(?:[zZ]|UTC|GMT|[+-]\d{2}(?::?\d{2})?)\z"
_SHORTEST, _YEAR_DASH = 8, 5


def timestamp(text: Column, formats: tuple[str, ...], zone: str) -> Column:
    """The time by the first format that reads it; NULL when none does."""
    return F.coalesce(*[_by_format(text, f, zone) for f in formats])


def automatic_timestamp(text: Column, zone: str) -> Column:
    """The time of an ISO 8601 text or an epoch; NULL when it is neither."""
    # A date begins with a year and a dash; Spark would also take a bare year, or a bare time as of today.
    is_iso = (F.instr(text, "-") == _YEAR_DASH) & (F.octet_length(text) >= _SHORTEST)
    # Spark compiles two patterns for each zone it reads, and the session's own zone is UTC.
    without_z = F.when(text.endswith("Z"), F.left(text, F.length(text) - 1)).otherwise(text)
    local = without_z.try_cast("timestamp")
    iso = F.when(is_iso, F.coalesce(local, _respelt(text).try_cast("timestamp")))
    return F.coalesce(_in_zone(text, iso, zone), F.when(text.rlike(_NUMBER), _epoch_by_size(text)))


def _by_format(text: Column, form: str, zone: str) -> Column:
    if form == "auto":
        return automatic_timestamp(text, zone)
    if form in _EPOCH_DIVISORS:
        return _epoch(text.try_cast("decimal(30,9)"), _EPOCH_DIVISORS[form])
    read = F.try_to_timestamp(text, F.lit(form))
    has_zone = any(letter in form for letter in "XxVzOZ")
    return read if has_zone or zone == "UTC" else F.to_utc_timestamp(read, zone)


def _in_zone(text: Column, read: Column, zone: str) -> Column:
    if zone == "UTC":
        return read
    return F.when(text.rlike(_ENDS_WITH_ZONE) & (F.length(text) > 10), read).otherwise(F.to_utc_timestamp(read, zone))


def _respelt(text: Column) -> Column:
    """What Spark does not read by itself: offsets without colon, a comma before the fraction, nanoseconds."""
    spelt = F.regexp_replace(F.trim(text), r",(\d)", ".$1")
    spelt = F.regexp_replace(spelt, r"(\.\d{6})\d+", "$1")
    return F.regexp_replace(spelt, r"(\d{2}:\d{2}(?:\.\d+)?)\s*([+-]\d{2})(\d{2})\z", "$1$2:$3")


def _epoch_by_size(text: Column) -> Column:
    number = text.try_cast("decimal(30,9)")
    size = F.abs(number)
    micros = F.when(size < 100_000_000_000, 1_000_000).when(size < 100_000_000_000_000, 1_000).otherwise(1)
    # Seventeen digits are a time of before 9999 in any of the three.
    return F.timestamp_micros((number * micros).try_cast("bigint"))


def _epoch(number: Column, divisor: int) -> Column:
    micros = (number * 1_000_000 / divisor).try_cast("bigint")
    in_range = F.abs(micros) < F.lit(253_402_300_800_000_000)
    return F.when(in_range, F.timestamp_micros(micros))
