"""New events: which of the new records make one.

Only message ids that occur twice, or are stored already, go the long way by which repeats are told from conflicts; all
other records go straight to the table, without a shuffle.
"""

from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.contracts.silver import EVENTS
from cdp_spark.normalize.mapping import MappingPlan
from cdp_spark.normalize.repeats import KEPT, first_facts, is_usable
from cdp_spark.normalize.targets.events import event_rows

# Message ids are compared by hash first: two that share one only go the long way for nothing.
_ID_HASH = "_id_hash"


@dataclass(frozen=True)
class EventSource:
    """New bronze records and a mapping that makes events of them."""

    plan: MappingPlan
    bronze: DataFrame


def repeated_ids(sources: list[EventSource], stored: DataFrame | None) -> DataFrame:
    """Hashes of the message ids that occur more than once among the new records and the stored events."""
    by_stream = {(s.plan.source, s.plan.stream_name): s for s in sources}
    new = reduce(DataFrame.unionAll, [_hashes_of_new(s) for s in by_stream.values()])
    twice = new.groupBy(_ID_HASH).count().filter(F.col("count") > 1).select(_ID_HASH)
    if stored is None:
        return twice
    known = stored.select(_hash().alias(_ID_HASH)).join(new, on=_ID_HASH, how="left_semi")
    return twice.unionAll(known).distinct()


def judged_events(sources: list[EventSource]) -> DataFrame:
    """The events that the new records would make, with ``_reasons``."""
    rows = [event_rows(s.plan, s.bronze).select(*EVENTS.column_names, "_reasons") for s in sources]
    return reduce(DataFrame.unionAll, rows)


def straight_events(judged: DataFrame, repeated: DataFrame | None) -> DataFrame:
    """The events of all other records."""
    return judged if repeated is None else judged.filter(~_hash().isin(repeated))


def compared_events(judged: DataFrame, repeated: DataFrame, stored: DataFrame) -> DataFrame:
    """The events of records with repeated ids, with ``_outcome``."""
    # A filter is taken down to the records, before anything of them is read; a join is not.
    rows, known = [frame.filter(_hash().isin(repeated)) for frame in (judged, stored)]
    return first_facts(EVENTS, rows, known, at="event_ts", received="received_ts")


def kept_events(straight: DataFrame, compared: DataFrame | None) -> DataFrame:
    """The rows to add to silver.events."""
    usable = EVENTS.shape(straight.filter(is_usable()))
    if compared is None:
        return usable
    return usable.unionByName(EVENTS.shape(compared.filter(F.col("_outcome") == KEPT)))


def _hashes_of_new(source: EventSource) -> DataFrame:
    usable = (F.col("stream") == source.plan.stream_name) & F.col("fault").isNull()
    return source.bronze.filter(usable).select(_hash().alias(_ID_HASH))


def _hash() -> Column:
    return F.xxhash64("message_id")
