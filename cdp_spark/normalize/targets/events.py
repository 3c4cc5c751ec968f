"""silver.events: something a person did."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.config.sources import EVENT_CLOCKS
from cdp_spark.contracts.silver import EVENTS
from cdp_spark.normalize.clock import IMPLAUSIBLE, with_repaired_clock
from cdp_spark.normalize.fields.urls import click_id, click_id_kind, query_of, query_parameter
from cdp_spark.normalize.fields.user_agents import comparable_agent, is_bot
from cdp_spark.normalize.mapping import MappingPlan, joined

TYPES = ("identify", "track", "page", "screen", "group", "alias")
LONGEST_ID = 100
_UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
_DERIVED = (
    "event_ts",
    "received_ts",
    "page_url",
    *_UTM,
    "click_id_kind",
    "click_id",
    "user_agent",
    "is_bot",
    "type",
    "event",
)


def event_rows(plan: MappingPlan, bronze: DataFrame) -> DataFrame:
    """The events of a mapping's records, judged: see :mod:`cdp_spark.normalize.mapping`."""
    rows = plan.rows(bronze)
    given = set(rows.columns)
    types = {c.name: c.type for c in EVENTS.columns} | dict.fromkeys(EVENT_CLOCKS, "TIMESTAMP")
    absent = {n: F.lit(None).cast(types[n]) for n in (*_DERIVED, *EVENT_CLOCKS) if n not in given}
    kind = F.coalesce(rows["type"] if "type" in given else F.lit(None), F.lit("track"))
    # Pages and calls without a name are named by what they are; a tracked event must have one.
    filled = (
        rows.withColumns({**absent, "type": kind})
        .withColumn("event", F.coalesce("event", F.when(F.col("type") != "track", F.col("type"))))
        .transform(with_repaired_clock)
        .transform(_with_campaign)
        .withColumn("_agent", comparable_agent(F.col("user_agent")))
        .withColumn("is_bot", F.coalesce("is_bot", is_bot(F.col("_agent"))))
        .withColumn("_more_reasons", _refusals(plan))
    )
    return plan.judged(filled, (F.when(F.col(IMPLAUSIBLE), "implausible:event_ts"),))


def _with_campaign(events: DataFrame) -> DataFrame:
    """What the page's URL says, where the mapping says nothing."""
    query = F.col("_query")
    utm = {c: F.coalesce(c, query_parameter(query, c)) for c in _UTM}
    kind = F.coalesce("click_id_kind", click_id_kind(F.col("_lowered")))
    return (
        events.withColumn("_query", query_of(F.col("page_url")))
        .withColumn("_lowered", F.lower(query))
        .withColumns({**utm, "click_id_kind": kind})
        .withColumn("click_id", F.coalesce("click_id", click_id(query, F.col("_lowered"), F.col("click_id_kind"))))
    )


def _refusals(plan: MappingPlan) -> Column:
    prefix = 0 if plan.stream.global_id else len(f"{plan.source}:{plan.stream_name}:")
    longest = F.lit(LONGEST_ID + prefix)
    return joined(
        [
            F.when(~F.col("type").isin(*TYPES), "unknown_type"),
            F.when(F.length("message_id") > longest, "message_id_too_long"),
        ]
    )
