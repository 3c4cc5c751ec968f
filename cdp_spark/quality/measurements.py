"""Marks counted: what was measured, as plain values on the driver."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from math import log

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from cdp_spark.quality.marks import MATCHED, ORDERS, Places
from cdp_spark.runtime.rows import time_of_micros

_BITS = 32_768
_MOST = 100_000
_BY = ("measure", "subject", "part")


@dataclass(frozen=True)
class Measurement:
    """A count. ``people`` is a bitmap of hashed identifiers, ``examples`` are record ids or masked forms."""

    measure: str
    source: str
    stream: str
    subject: str
    part: str
    landing_id: int
    n: int
    people: bytes | None = None
    examples: tuple[str, ...] = ()
    latest: datetime | None = None

    @property
    def key(self) -> tuple[str, str, str, str, str, int]:
        """What names it."""
        return (self.measure, self.source, self.stream, self.subject, self.part, self.landing_id)


def persons(bitmaps: Sequence[bytes | None]) -> int | None:
    """How many distinct identifiers the bitmaps together hold, by linear counting (Whang et al. 1990).

    Exact to a few percent up to about 300,000, the most that 32,768 bits can tell; None where there is no bitmap.
    """
    there = [b for b in bitmaps if b is not None]
    if not there:
        return None
    together = reduce(lambda a, b: a | b, (int.from_bytes(b, "little") for b in there)).bit_count()
    return round(-_BITS * log(1 - min(together, _BITS - 1) / _BITS))


def measurements(marks: Sequence[DataFrame], places: Places) -> list[Measurement]:
    """What the marks come to, in one job. The largest counts first, and no more than a driver can hold."""
    counted = _counted(reduce(DataFrame.unionByName, marks))
    rows = counted.orderBy(F.col("n").desc(), *_BY, "place", "landing_id").limit(_MOST).collect()
    return [
        Measurement(
            r["measure"], *places.of(r["place"]), r["subject"], r["part"], r["landing_id"], r["n"],
            bytes(r["people"]) if r["people"] is not None else None,
            tuple(sorted({e for e in (r["first"], r["last"]) if e is not None})), instant(r["micros"]),
        )
        for r in rows
    ]  # fmt: skip


def instant(micros: int | None) -> datetime | None:
    """``time_of_micros``, where there is a time."""
    return None if micros is None else time_of_micros(micros)


def _counted(marks: DataFrame) -> DataFrame:
    is_matched = F.col("measure").isin(*MATCHED) & F.col("key").isNotNull()
    own = ~F.col("is_known")
    # Numbers only, which Spark adds up without sorting; a matched key belongs to no place until its other side is seen.
    by_key = (
        marks.withColumns({"in_place": F.when(~is_matched, F.col("place")), "in_landing": F.when(~is_matched, F.col("landing_id"))})
        .groupBy(*_BY, "in_place", "in_landing", "key", "record")
        .agg(
            F.sum(F.when(own, F.col("n"))).alias("n"),
            F.max("is_known").alias("is_known"),
            F.min(F.when(own, F.col("place"))).alias("place"),
            F.min(F.when(own, F.col("landing_id"))).alias("landing_id"),
            F.max(F.when(own, F.unix_micros("at"))).alias("micros"),
        )
        .filter(F.col("n").isNotNull() & F.col("place").isNotNull() & ~F.col("is_known"))
        .withColumns({
            "n": F.when(is_matched, 1).otherwise(F.col("n")),
            # Orders are counted anew each time, by day: the newest count replaces the one before.
            "landing_id": F.when(F.col("measure") == ORDERS, 0).otherwise(F.col("landing_id")),
        })
    )  # fmt: skip
    bitmap = F.bitmap_construct_agg(F.bitmap_bit_position(F.pmod("key", F.lit(_BITS)) + 1))
    return by_key.groupBy(*_BY, "place", "landing_id").agg(
        F.sum("n").alias("n"),
        F.when(F.count("key") > 0, bitmap).alias("people"),
        F.min("record").alias("first"),
        F.max("record").alias("last"),
        F.max("micros").alias("micros"),
    )
