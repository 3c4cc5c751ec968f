"""Where each record of a batch went: kept, a duplicate, or in quarantine."""

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.normalize.repeats import CONFLICT, KEPT, REFUSED, RESTATED
from cdp_spark.runtime.run import REFUSED_IN_PART

_TRIED, _KEPT, _REPEATED, _REFUSED = 0, 1, 2, 4


def flags_of(rows: DataFrame) -> DataFrame:
    """``record_id`` and what became of one row that the record made; stored rows are left out."""
    outcome = F.col("_outcome")
    flag = F.when(outcome == KEPT, _KEPT).when(outcome.isin(REFUSED, CONFLICT), _REFUSED).otherwise(_REPEATED)
    return rows.filter(outcome != RESTATED).select("record_id", flag.alias("flag"))


def refused_flags(record_ids: DataFrame) -> DataFrame:
    """The same for records that were refused."""
    return record_ids.select("record_id", F.lit(_REFUSED).alias("flag"))


def tried_flags(record_ids: DataFrame, passed_over: list[DataFrame]) -> DataFrame:
    """The same for records that went again: all their rows may be there already."""
    for skipped in passed_over:
        record_ids = record_ids.join(skipped, on="record_id", how="left_anti")
    return record_ids.select("record_id", F.lit(_TRIED).alias("flag"))


def classes(flags: list[DataFrame], new_events: DataFrame | None) -> dict[str, int]:
    """Records by class: ``kept``, ``duplicate``, ``quarantined``; and of those that made a row how many were
    ``refused_in_part``, for another table.

    ``new_events`` holds the records of the events that were added; those that have no flag are not counted here.
    """
    of_record = reduce(DataFrame.unionAll, flags).groupBy("record_id").agg(F.bit_or("flag").alias("flags"))
    made_event = F.lit(False)
    if new_events is not None:
        # The flagged records are few and the events many: the events are narrowed down to them first.
        of_flagged = new_events.select("record_id").join(of_record.select("record_id"), on="record_id", how="left_semi")
        ids = of_flagged.withColumn("_event", F.lit(True))
        of_record = of_record.join(ids, on="record_id", how="left")
        made_event = F.coalesce("_event", F.lit(False))
    # What made an event is counted with the events.
    kind = (
        F.when(made_event, "event")
        .when(_has(_KEPT), "kept")
        .when(_has(_REPEATED), "duplicate")
        .when(_has(_REFUSED), "quarantined")
        .otherwise("duplicate")
    )
    rows = of_record.groupBy(kind.alias("kind")).agg(
        F.count(F.lit(1)).alias("records"), F.count_if(_has(_REFUSED)).alias("refused")
    )
    counted = {r["kind"]: (r["records"], r["refused"]) for r in rows.collect()}
    in_part = sum(refused for kind, (_, refused) in counted.items() if kind in ("event", "kept"))
    return {kind: records for kind, (records, _) in counted.items()} | {REFUSED_IN_PART: in_part}


def _has(flag: int) -> Column:
    return F.col("flags").bitwiseAND(F.lit(flag)) != 0
