"""What earlier runs measured, and what this one adds to it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from pyspark.sql import functions as F

from cdp_spark.contracts.ops import QUALITY
from cdp_spark.quality.marks import LANDED, ORDERS, QUARANTINED, SEEN_WHOLE, VALUES, VOLUME
from cdp_spark.quality.measurements import Measurement, instant
from cdp_spark.runtime.rows import frame_of_rows
from cdp_spark.runtime.run import Run
from cdp_spark.runtime.tables import Written

DAYS = 120
_LANDINGS = 60
_BY_DAY = (VOLUME, ORDERS)
# The measure that every landing leaves of a table, by which is known what has been measured.
_TOLD_BY = {"events": VOLUME, "bronze": LANDED, "identifiers": VALUES, "quarantine": QUARANTINED}


def measured_before(run: Run, newest: int) -> list[Measurement]:
    """What was measured of the last landings, and of the last days."""
    if run.tables.version(QUALITY) is None:
        return []
    first_day = day_text(run.as_of - timedelta(days=DAYS))
    of_days = F.col("measure").isin(*_BY_DAY) & (F.col("part") >= first_day)
    of_landings = ~F.col("measure").isin(*_BY_DAY) & (F.col("landing_id") > newest - _LANDINGS)
    rows = (
        run.tables.read(QUALITY).filter(of_days | of_landings).withColumn("latest", F.unix_micros("latest")).collect()
    )
    return [
        Measurement(
            r["measure"], r["source"], r["stream"], r["subject"], r["part"], r["landing_id"], r["n"],
            bytes(r["people"]) if r["people"] is not None else None, tuple(r["examples"] or ()), instant(r["latest"]),
        )
        for r in rows
    ]  # fmt: skip


def measured_up_to(before: Iterable[Measurement]) -> dict[str, int]:
    """The last landing that was measured, of each table that is measured as it lands."""
    last = dict.fromkeys(_TOLD_BY, 0)
    for m in before:
        for table, measure in _TOLD_BY.items():
            if m.measure == measure:
                last[table] = max(last[table], m.landing_id)
    return last


def with_what_is_gone(new: Sequence[Measurement], before: Iterable[Measurement], newest: int) -> list[Measurement]:
    """The measurements, and 0 for what a table that is seen whole showed at this landing and shows no longer."""
    keys = {m.key for m in new}
    gone = [
        replace(m, n=0, people=None, examples=())
        for m in before
        if m.part in SEEN_WHOLE and m.landing_id == newest and m.key not in keys
    ]
    return [*new, *gone]


def stored(run: Run, before: Iterable[Measurement], new: Iterable[Measurement]) -> Written:
    """Writes those measurements that are not stored already."""
    known = {m.key: m for m in before}
    fresh = [m for m in new if known.get(m.key) != m]
    if not fresh:
        return Written(run.tables.version(QUALITY))
    rows = [
        (
            m.measure, m.source, m.stream, m.subject, m.part, m.landing_id, m.n, m.people, list(m.examples), m.latest,
        )
        for m in fresh
    ]  # fmt: skip
    frame = frame_of_rows(run.spark, QUALITY.schema, rows).coalesce(1)
    if any(m.key in known for m in fresh):
        return run.tables.merge(QUALITY, frame, few=True)
    return run.tables.append(QUALITY, frame, few=True)


def day_text(at: datetime) -> str:
    """The calendar day of a time."""
    return at.date().isoformat()
