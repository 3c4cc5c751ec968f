"""Silver made anew from all that ever landed, by the configuration of today.

A mapping that changes is for what lands from then on; a rebuild brings what was made before up to it. Shadow tables are
made beside those of silver, and then only the rows that differ are written, so that later stages follow what changed. A
request is a row of ``ops.redrives``, so that whichever run comes next finishes a rebuild that died.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.config import Config
from cdp_spark.contracts.silver import MADE_OF_RECORDS, QUARANTINE, REDRIVEN
from cdp_spark.normalize.discard import but_discarded
from cdp_spark.normalize.redrive import written_redriven
from cdp_spark.normalize.requests import open_requests
from cdp_spark.runtime.run import REFUSED_IN_PART, Counts, Run, changed_rows
from cdp_spark.runtime.staging import counted
from cdp_spark.runtime.tables import Written

# What is the same was not tried again, but found to be as it was.
_AS_BEFORE = ("record_id", "target", "reasons", "mapping_version")


def is_rebuild_asked(run: Run, step: str) -> bool:
    """Whether a rebuild was asked for since the step last succeeded."""
    return any(r["everything"] for r in open_requests(run, step))


def rebuilt(run: Run, normalized: Callable[[Run], Counts]) -> Counts:
    """Makes silver what ``normalized`` makes of all of bronze; counts of all records, and of the rows that differed.

    Rows of streams that are configured no more go; quarantine keeps what it knows of a record that is refused as before,
    and does not take in again what was set aside.
    """
    run.progress.note("normalize: all that ever landed is made anew")
    with run.tables.shadow(QUARANTINE.layer) as shadow:
        counts = normalized(replace(run, tables=shadow, processed={}, since={}))
        there = [c for c in MADE_OF_RECORDS if any(t.version(c) is not None for t in (run.tables, shadow))]
        written = [run.tables.replace(c, shadow.read(c)) for c in there]
        refused = shadow.read(QUARANTINE)
        waiting = but_discarded(run, refused)
        written += _written_quarantine(run, waiting)
        wholly, in_part = _set_aside(run, refused, waiting, [shadow.read(c) for c in there])
    wholly = min(wholly, counts.quarantined)
    details = {**counts.details, REFUSED_IN_PART: counts.details.get(REFUSED_IN_PART, 0) - in_part}
    return replace(
        counts,
        quarantined=counts.quarantined - wholly,
        suppressed=counts.suppressed + wholly,
        changed=changed_rows(*written),
        details={k: v for k, v in details.items() if v > 0},
    )


def _written_quarantine(run: Run, refused: DataFrame) -> list[Written]:
    stored = run.tables.read(QUARANTINE)
    # What waits of other streams was not tried.
    held, n_held = counted(_but_as_in(stored.filter(_is_of_a_stream(run.config)), refused))
    others, n_others = counted(_but_as_in(refused, stored))
    if not (n_held or n_others):
        return []
    written, _ = written_redriven(run, held, others)
    return written


def _set_aside(run: Run, refused: DataFrame, waiting: DataFrame, made: list[DataFrame]) -> tuple[int, int]:
    """How many records were refused once more and had been set aside: those that made no row at all, and the others."""
    if run.tables.read(REDRIVEN).filter("discarded").isEmpty():
        return 0, 0
    records = refused.select("record_id").distinct().join(waiting, on="record_id", how="left_anti")
    rows = reduce(DataFrame.unionAll, [m.select("record_id") for m in made])
    in_part = rows.join(F.broadcast(records), on="record_id", how="left_semi").distinct().count()
    return records.count() - in_part, in_part


def _is_of_a_stream(config: Config) -> Column:
    streams = [(F.col("source") == s) & F.col("stream").isin(*c.streams) for s, c in config.sources.items()]
    return reduce(lambda a, b: a | b, streams, F.lit(False))


def _but_as_in(rows: DataFrame, others: DataFrame) -> DataFrame:
    same = [F.col(f"r.{c}").eqNullSafe(F.col(f"o.{c}")) for c in _AS_BEFORE]
    return rows.alias("r").join(others.alias("o"), on=same, how="left_anti")
