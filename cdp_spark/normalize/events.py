"""New events: which of the new records make one.

Only message ids that occur twice, or are stored already, go the long way by which repeats are told from conflicts; all
other records go straight to the table, without a shuffle.
"""

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.contracts.silver import EVENTS
from cdp_spark.normalize.mapping import MappingPlan, Parts
from cdp_spark.normalize.repeats import KEPT, first_facts, is_usable
from cdp_spark.runtime.staging import hinted

# Message ids are compared by hash first: two that share one only go the long way for nothing.
_ID_HASH = "_id_hash"
_BY_HASH = ("message_id", "record_id", "event_ts", "received_ts", "content_hash")


def met_events(parts: Parts, stored: DataFrame, count: int) -> DataFrame:
    """The stored events whose message id may be one of the mappings' new records, of which there are ``count`` at most:
    what tells a repeat from a conflict, and the id's hash.
    """
    known = stored.select(_hash().alias(_ID_HASH), *_BY_HASH)
    return known.join(hinted(_hashes_of_new(parts), count), on=_ID_HASH, how="left_semi")


def repeated_ids(parts: Parts, met: DataFrame | None) -> DataFrame:
    """Hashes of the message ids that occur more than once among the mappings' new records and the ``met_events``."""
    twice = _hashes_of_new(parts).groupBy(_ID_HASH).count().filter(F.col("count") > 1).select(_ID_HASH)
    return twice if met is None else twice.unionAll(met.select(_ID_HASH)).distinct()


def straight_events(judged: DataFrame, repeated: DataFrame | None) -> DataFrame:
    """Those of the judged events whose message id is none of the repeated ones."""
    return judged if repeated is None else judged.filter(~_hash().isin(repeated))


def compared_events(judged: DataFrame, repeated: DataFrame, stored: DataFrame, content: Column) -> DataFrame:
    """Those of the judged events whose message id is a repeated one, with ``_outcome``.

    ``content`` is the hash of what an event says. As it stands in ``stored`` it leaves a conflict in doubt: one that was
    made when the table had other columns, or none yet, is another.
    """
    # A filter is taken down to the records, before anything of them is read; a join is not. Beside stored events with the
    # id of a new one it leaves those whose hash happens to be the same: they meet no row.
    rows, known = [frame.filter(_hash().isin(repeated)) for frame in (judged, stored)]
    return first_facts(EVENTS, rows, known.drop(_ID_HASH), at="event_ts", received="received_ts", content=content)


def kept_events(straight: DataFrame, compared: DataFrame | None) -> DataFrame:
    """The rows to add to silver.events."""
    usable = EVENTS.shape(straight.filter(is_usable()))
    if compared is None:
        return usable
    return usable.unionByName(EVENTS.shape(compared.filter(F.col("_outcome") == KEPT)))


def _hashes_of_new(parts: Parts) -> DataFrame:
    by_stream = {(plan.source, plan.stream_name): _hashes_of_stream(plan, bronze) for plan, bronze in parts}
    return reduce(DataFrame.unionAll, by_stream.values())


def _hashes_of_stream(plan: MappingPlan, bronze: DataFrame) -> DataFrame:
    usable = (F.col("stream") == plan.stream_name) & F.col("fault").isNull()
    return bronze.filter(usable).select(_hash().alias(_ID_HASH))


def _hash() -> Column:
    return F.xxhash64("message_id")
