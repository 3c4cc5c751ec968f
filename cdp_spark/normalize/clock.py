"""Device clocks are wrong: which time an event gets, and when a time cannot be true.

The order is the vendor's own repaired time; received - (sent - device), as Segment and Snowplow define it; the device's
time; the time of receipt. A time more than a day after the record landed, or before 2000, is replaced by the time of
receipt, else by the file's.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

_EARLIEST = "2000-01-01T00:00:00Z"
_DAY_MICROS = 86_400_000_000
# Sending takes seconds; a device that sends at another time than the server receives has a wrong clock.
_SKEW_MICROS = 3_600_000_000

IMPLAUSIBLE = "_implausible"


def with_repaired_clock(events: DataFrame) -> DataFrame:
    """Adds ``event_ts`` (NULL when no clock says anything), ``event_ts_source`` and ``_implausible``.

    Needs event_ts, device_ts, sent_ts, received_ts, file_mtime and landed_at.
    """
    vendor, device, received = F.col("event_ts"), F.col("device_ts"), F.col("received_ts")
    delay = F.unix_micros("sent_ts") - F.unix_micros("device_ts")
    repaired = F.timestamp_micros(F.unix_micros("received_ts") - delay)
    clocks = {"vendor": vendor, "repaired": repaired, "device": device, "received": received}
    named = [F.when(clock.isNotNull(), name) for name, clock in clocks.items()]
    chosen = events.withColumns({"_chosen": F.coalesce(*clocks.values()), "_chosen_by": F.coalesce(*named)})
    # The event's own columns are written in a step of their own, so that each clock is read before it is replaced.
    judged = chosen.withColumn(IMPLAUSIBLE, F.col("_chosen").isNotNull() & ~is_plausible(F.col("_chosen")))
    receipt_holds = F.coalesce(is_plausible(received), F.lit(False))
    return judged.withColumns(
        {
            "event_ts": F.when(~F.col(IMPLAUSIBLE), F.col("_chosen"))
            .when(F.col("_chosen").isNull(), None)
            .when(receipt_holds, received)
            .otherwise(F.col("file_mtime")),
            "event_ts_source": F.when(~F.col(IMPLAUSIBLE), F.col("_chosen_by"))
            .when(receipt_holds, "received")
            .otherwise("file"),
        }
    )


def is_plausible(time: Column) -> Column:
    """Whether a time can be true: from 2000 to a day after the record landed."""
    return (time >= F.lit(_EARLIEST).cast("timestamp")) & ~is_ahead(time)


def is_ahead(time: Column) -> Column:
    """Whether a time lies more than a day after the record landed."""
    return F.unix_micros(time) > F.unix_micros("landed_at") + _DAY_MICROS


def is_skewed() -> Column:
    """Whether device and server differ by more than an hour about when the record was sent; NULL where one is silent."""
    return F.abs(F.unix_micros("received_ts") - F.unix_micros("sent_ts")) > _SKEW_MICROS
