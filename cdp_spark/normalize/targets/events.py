"""silver.events: something a person did."""

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.config.project import InternalTraffic
from cdp_spark.config.sources import EVENT_CLOCKS
from cdp_spark.contracts.reasons import Reason
from cdp_spark.contracts.silver import EVENTS
from cdp_spark.normalize.checks import plan_quarantines, with_plan
from cdp_spark.normalize.clock import IMPLAUSIBLE, is_skewed, with_repaired_clock
from cdp_spark.normalize.fields.ip_addresses import is_within, truncated_ip
from cdp_spark.normalize.fields.urls import click_id, click_id_kind, decoded, host_of, query_of, written_parameter
from cdp_spark.normalize.fields.user_agents import Agent, agents
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
    "device_class",
    "os",
    "browser",
    "ip",
    "is_internal",
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
        .transform(_with_device, "user_agent" in given)
        .transform(_with_origin, plan)
    )
    warnings = [F.when(F.col(IMPLAUSIBLE), "implausible:event_ts"), F.when(is_skewed(), "clock_skew")]
    refusals = _refusals(plan)
    if plan.checks.plan.covers(plan.source):
        filled = filled if "properties" in given else filled.withColumn("properties", F.lit(None).cast("string"))
        filled = with_plan(filled, plan.checks.plan)
        keeps_out = plan_quarantines(plan.checks.plan)
        refusals.append(F.when(keeps_out, joined([F.col("_plan")])))
        warnings.append(F.when(~keeps_out, joined([F.col("_plan")])))
    return plan.judged(filled.withColumn("_more_reasons", joined(refusals)), tuple(warnings))


def _with_campaign(events: DataFrame) -> DataFrame:
    """What the page's URL says, where the mapping says nothing."""
    query = F.col("_query")
    # Each in a column before it is used several times: written out each time, they were most of the code of this table.
    written = {f"_{c}": written_parameter(F.col("_campaign"), F.lit(c)) for c in _UTM}
    utm = {c: F.coalesce(c, decoded(F.col(f"_{c}"))) for c in _UTM}
    kind = F.coalesce("click_id_kind", click_id_kind(F.col("_lowered")))
    return (
        events.withColumn("_query", query_of(F.col("page_url")))
        .withColumns({"_lowered": F.lower(query), "_campaign": F.when(F.contains(query, F.lit("&utm_")), query)})
        .withColumns(written)
        .withColumns({**utm, "click_id_kind": kind})
        .withColumn("click_id", F.coalesce("click_id", click_id(query, F.col("_lowered"), F.col("click_id_kind"))))
    )


def _with_device(events: DataFrame, names_agent: bool) -> DataFrame:
    """What the user agent says, where the mapping says nothing."""
    if not names_agent:
        return events
    said = {name: F.coalesce(name, F.col("_agent")[name]) for name in Agent._fields}
    return events.withColumn("_agent", agents(F.col("user_agent"))).withColumns(said)


def _with_origin(events: DataFrame, plan: MappingPlan) -> DataFrame:
    """Whether the visit is the company's own, and of the IP address what may be kept."""
    has_ip = "ip" in plan.mapping.set
    own = plan.project.internal_traffic if plan.project else InternalTraffic()
    signs = [is_within(F.col("ip"), own.networks)] if own.networks and has_ip else []
    if own.email_domains and "email" in plan.mapping.identifiers:
        signs.append(_is_of_domain(own.email_domains))
    if "page_url" in plan.mapping.set:
        events = events.withColumn("_host", host_of(F.col("page_url")))
        signs.append(_is_on_test_site(own))
    for sign in signs:
        # One sign is enough, and one that is missing leaves the other.
        events = events.withColumn("is_internal", F.greatest("is_internal", sign))
    return events.withColumn("ip", _kept_ip(plan)) if has_ip else events


def _is_on_test_site(own: InternalTraffic) -> Column:
    url, host = F.col("page_url"), F.col("_host")
    signs = [host.startswith(h.lower()) for h in own.hosts]
    signs += [url.contains(f"{mark}{p}=") for p in own.parameters for mark in ("?", "&")]
    return F.when(url.isNotNull(), reduce(Column.__or__, signs, F.lit(False)))


def _is_of_domain(domains: tuple[str, ...]) -> Column:
    addresses = F.filter("identifiers", lambda i: i["namespace"] == "email")
    is_own = F.exists(addresses, lambda i: F.substring_index(i["value"], "@", -1).isin(*domains))
    return F.when(F.size(addresses) > 0, is_own)


def _kept_ip(plan: MappingPlan) -> Column:
    match plan.project.ip_addresses if plan.project else "truncated":
        case "whole":
            return F.col("ip")
        case "dropped":
            return F.lit(None).cast("string")
        case _:
            return truncated_ip(F.col("ip"))


def _refusals(plan: MappingPlan) -> list[Column]:
    prefix = 0 if plan.stream.global_id else len(f"{plan.source}:{plan.stream_name}:")
    longest = F.lit(LONGEST_ID + prefix)
    return [
        F.when(~F.col("type").isin(*TYPES), Reason.UNKNOWN_TYPE),
        F.when(F.length("message_id") > longest, Reason.MESSAGE_ID_TOO_LONG),
    ]
