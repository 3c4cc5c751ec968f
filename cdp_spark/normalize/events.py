"""New events: which of the new records make one.

Only message ids that occur twice, or are stored already, go the long way by which repeats are told from conflicts; all
other records go straight to the table, without a shuffle.
"""

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.contracts.silver import EVENTS
from cdp_spark.normalize.mapping import MappingPlan
from cdp_spark.normalize.repeats import KEPT, first_facts, is_usable

# Message ids are compared by hash first: two that share one only go the long way for nothing.
_ID_HASH = "_id_hash"


def repeated_ids(parts: list[tuple[MappingPlan, DataFrame]], stored: DataFrame | None) -> DataFrame:
    """Hashes of the message ids that occur more than once among the mappings' new records and the stored events."""
    by_stream = {(plan.source, plan.stream_name): _hashes_of_new(plan, bronze) for plan, bronze in parts}
    new = reduce(DataFrame.unionAll, by_stream.values())
    twice = new.groupBy(_ID_HASH).count().filter(F.col("count") > 1).select(_ID_HASH)
    if stored is None:
        return twice
    known = stored.select(_hash().alias(_ID_HASH)).join(new, on=_ID_HASH, how="left_semi")
    return twice.unionAll(known).distinct()


def straight_events(judged: DataFrame, repeated: DataFrame | None) -> DataFrame:
    """Those of the judged events whose message id is none of the repeated ones."""
    return judged if repeated is None else judged.filter(~_hash().isin(repeated))


def compared_events(judged: DataFrame, repeated: DataFrame, stored: DataFrame) -> DataFrame:
    """Those of the judged events whose message id is a repeated one, with ``_outcome``."""
    # A filter is taken down to the records, before anything of them is read; a join is not. Beside stored events with the
    # id of a new one it leaves those whose hash happens to be the same: they meet no row.
    rows, known = [frame.filter(_hash().isin(repeated)) for frame in (judged, stored)]
    return first_facts(EVENTS, rows, known, at="event_ts", received="received_ts")


def kept_events(straight: DataFrame, compared: DataFrame | None) -> DataFrame:
    """The rows to add to silver.events."""
    usable = EVENTS.shape(straight.filter(is_usable()))
    if compared is None:
        return usable
    return usable.unionByName(EVENTS.shape(compared.filter(F.col("_outcome") == KEPT)))


def _hashes_of_new(plan: MappingPlan, bronze: DataFrame) -> DataFrame:
    usable = (F.col("stream") == plan.stream_name) & F.col("fault").isNull()
    return bronze.filter(usable).select(_hash().alias(_ID_HASH))


def _hash() -> Column:
    return F.xxhash64("message_id")
