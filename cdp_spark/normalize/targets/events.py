"""silver.events: something a person did."""

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.config.project import InternalTraffic, ProjectConfig
from cdp_spark.contracts.reasons import Reason
from cdp_spark.contracts.silver import EVENTS
from cdp_spark.normalize.checks import plan_quarantines, with_plan
from cdp_spark.normalize.clock import IMPLAUSIBLE, is_skewed, with_repaired_clock
from cdp_spark.normalize.fields.ip_addresses import is_within, truncated_ip
from cdp_spark.normalize.fields.urls import click_id, click_id_kind, decoded, host_of, query_of, written_parameter
from cdp_spark.normalize.fields.user_agents import Agent, agents
from cdp_spark.normalize.mapping import Parts, is_given, joined, judged, rows_of
from cdp_spark.normalize.repeats import content_hash

TYPES = ("identify", "track", "page", "screen", "group", "alias")
LONGEST_ID = 100
_UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")


def event_rows(parts: Parts) -> DataFrame:
    """The events of mappings' records, judged: see :mod:`cdp_spark.normalize.mapping`."""
    checks = parts[0][0].checks
    kind = F.coalesce("type", F.lit("track"))
    # Pages and calls without a name are named by what they are; a tracked event must have one.
    filled = (
        rows_of(parts)
        .withColumn("type", kind)
        .withColumn("event", F.coalesce("event", F.when(F.col("type") != "track", F.col("type"))))
        .transform(with_repaired_clock)
        .transform(_with_campaign)
        .transform(_with_device, parts)
        .transform(_with_origin, parts)
    )
    warnings = [
        F.when(F.col(IMPLAUSIBLE), "implausible:event_ts"),
        F.when(is_skewed(), "clock_skew"),
    ]
    refusals = [
        F.when(~F.col("type").isin(*TYPES), Reason.UNKNOWN_TYPE),
        F.when(F.length("message_id") > _longest_id(parts), Reason.MESSAGE_ID_TOO_LONG),
    ]
    if covered := sorted({plan.source for plan, _ in parts if checks.plan.covers(plan.source)}):
        filled = with_plan(filled, checks.plan, covered)
        keeps_out = plan_quarantines(checks.plan)
        refusals.append(F.when(keeps_out, joined([F.col("_plan")])))
        warnings.append(F.when(~keeps_out, joined([F.col("_plan")])))
    rows = judged(filled, parts, warnings, refusals).withColumn("content_hash", content_hash(EVENTS))
    return rows.select(*EVENTS.column_names, "_reasons")


def _longest_id(parts: Parts) -> Column:
    """How long a message id may be: the names of source and stream, where they stand before it, do not count."""
    longest = F.lit(LONGEST_ID)
    for plan, _ in parts:
        if not plan.stream.global_id:
            prefix = len(f"{plan.source}:{plan.stream_name}:")
            is_of_stream = (F.col("source") == plan.source) & (F.col("stream") == plan.stream_name)
            longest = F.when(is_of_stream, LONGEST_ID + prefix).otherwise(longest)
    return longest


def _with_campaign(events: DataFrame) -> DataFrame:
    """What the page's URL says, where the mapping says nothing."""
    query = F.col("_query")
    # Each in a column before it is used several times: written out each time, they were most of the code of this table.
    written = {f"_{c}": F.when(F.col(c).isNull(), written_parameter(F.col("_campaign"), F.lit(c))) for c in _UTM}
    utm = {c: F.coalesce(c, decoded(F.col(f"_{c}"))) for c in _UTM}
    kind = F.coalesce("click_id_kind", click_id_kind(F.col("_lowered")))
    return (
        events.withColumn("_query", query_of(F.col("page_url")))
        .withColumns({"_lowered": F.lower(query), "_campaign": F.when(F.contains(query, F.lit("&utm_")), query)})
        .withColumns(written)
        .withColumns({**utm, "click_id_kind": kind})
        .withColumn("click_id", F.coalesce("click_id", click_id(query, F.col("_lowered"), F.col("click_id_kind"))))
    )


def _with_device(events: DataFrame, parts: Parts) -> DataFrame:
    """What the user agent says, where the mapping says nothing."""
    if not is_given("user_agent", parts):
        return events
    said = {name: F.coalesce(name, F.col("_agent")[name]) for name in Agent._fields}
    return events.withColumn("_agent", agents(F.col("user_agent"))).withColumns(said)


def _with_origin(events: DataFrame, parts: Parts) -> DataFrame:
    """Whether the visit is the company's own, and of the IP address what may be kept."""
    has_ip = is_given("ip", parts)
    project = parts[0][0].project
    own = project.internal_traffic if project else InternalTraffic()
    signs = [is_within(F.col("ip"), own.networks)] if own.networks and has_ip else []
    if own.email_domains and any("email" in p.mapping.identifiers for p, _ in parts):
        signs.append(_is_of_domain(own.email_domains))
    if is_given("page_url", parts):
        events = events.withColumn("_host", host_of(F.col("page_url")))
        signs.append(_is_on_test_site(own))
    for sign in signs:
        # One sign is enough, and one that is missing leaves the other.
        events = events.withColumn("is_internal", F.greatest("is_internal", sign))
    return events.withColumn("ip", _kept_ip(project)) if has_ip else events


def _is_on_test_site(own: InternalTraffic) -> Column:
    url, host = F.col("page_url"), F.col("_host")
    signs = [host.startswith(h.lower()) for h in own.hosts]
    signs += [url.contains(f"{mark}{p}=") for p in own.parameters for mark in ("?", "&")]
    return F.when(url.isNotNull(), reduce(Column.__or__, signs, F.lit(False)))


def _is_of_domain(domains: tuple[str, ...]) -> Column:
    addresses = F.filter("identifiers", lambda i: i["namespace"] == "email")
    is_own = F.exists(addresses, lambda i: F.substring_index(i["value"], "@", -1).isin(*domains))
    return F.when(F.size(addresses) > 0, is_own)


def _kept_ip(project: ProjectConfig | None) -> Column:
    match project.ip_addresses if project else "truncated":
        case "whole":
            return F.col("ip")
        case "dropped":
            return F.lit(None).cast("string")
        case _:
            return truncated_ip(F.col("ip"))
