"""Marketing channels: the first rule that matches what a visit shows, else Unmatched."""

import re
from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.config.attribution import ChannelRule

UNMATCHED = "Unmatched"

_CAMPAIGN = ("utm_source", "utm_medium", "utm_campaign", "click_id_kind")
_HOST = r"\A[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?([^/?#:\[\]]+)"
# Written by web analytics where there is no value.
_PLACEHOLDERS = ("", "(none)", "(direct)", "(not set)", "(not provided)")
_SECOND_LEVEL = "co|com|org|net|ac|gov|edu|or|ne|gv"
_REGISTRABLE = rf"([^.]+\.(?:(?:{_SECOND_LEVEL})\.[a-z]{{2}}|[^.]+))\z"
_NO_DOMAIN = r"\A(?:[^.]*|[0-9.]+)\z"


def with_channel(visits: DataFrame, rules: Sequence[ChannelRule], own_hosts: Sequence[str] = ()) -> DataFrame:
    """The visits with their channel; never NULL.

    Reads the columns utm_source, utm_medium, utm_campaign, click_id_kind, referrer and landing_url. A referrer is
    external unless it lies under the landing page's registrable domain or one of ``own_hosts``.
    """
    # As columns of their own, so that a row is parsed once and not once a rule.
    shown = {
        "_referrer": host(F.col("referrer")),
        "_page": host(F.col("landing_url")),
        **{f"_{name}": _stated(name) for name in _CAMPAIGN},
    }
    return (
        visits.withColumns(shown)
        .withColumns({"_external": _is_external(own_hosts), "_no_campaign": _has_no_campaign()})
        .withColumns({"channel": _first_match(rules)})
        .drop(*shown, "_external", "_no_campaign")
    )


def _first_match(rules: Sequence[ChannelRule]) -> Column:
    chosen = reduce(
        lambda earlier, rule: earlier.when(_matches(rule), rule.channel),
        rules[1:],
        F.when(_matches(rules[0]), rules[0].channel),
    )
    return chosen.otherwise(UNMATCHED)


def host(url: Column) -> Column:
    """The host of an absolute URL in lower case, NULL where there is none."""
    return F.lower(F.nullif(F.regexp_extract(url, _HOST, 1), F.lit("")))


def registrable_domain(host_name: Column) -> Column:
    """What a company registers: the last two labels, three under endings such as co.uk; addresses stay whole."""
    domain = F.nullif(F.regexp_extract(host_name, _REGISTRABLE, 1), F.lit(""))
    return F.when(host_name.rlike(_NO_DOMAIN), host_name).otherwise(F.coalesce(domain, host_name))


def _matches(rule: ChannelRule) -> Column:
    stated = [
        *_one_of("_utm_source", rule.source),
        *_one_of("_utm_medium", rule.medium),
        *_one_of("_click_id_kind", rule.click_id),
    ]
    if rule.referrer_host is not None:
        stated.append(F.coalesce(_lies_under(F.col("_referrer"), rule.referrer_host), F.lit(False)))
    if rule.external_referrer is not None:
        stated.append(F.col("_external") == rule.external_referrer)
    if rule.no_campaign is not None:
        stated.append(F.col("_no_campaign") == rule.no_campaign)
    return reduce(lambda a, b: a & b, stated)


def _one_of(column: str, allowed: Sequence[str] | None) -> list[Column]:
    if allowed is None:
        return []
    return [F.coalesce(F.col(column).isin([a.lower() for a in allowed]), F.lit(False))]


def _stated(column: str) -> Column:
    text = F.lower(F.trim(F.col(column)))
    return F.when(~text.isin(*_PLACEHOLDERS), text)


def _has_no_campaign() -> Column:
    return F.coalesce(*[f"_{name}" for name in _CAMPAIGN]).isNull()


def _is_external(own_hosts: Sequence[str]) -> Column:
    referrer, page = F.col("_referrer"), F.col("_page")
    external = referrer.isNotNull() & ~registrable_domain(referrer).eqNullSafe(registrable_domain(page))
    return external & ~F.coalesce(_lies_under(referrer, own_hosts), F.lit(False)) if own_hosts else external


def _lies_under(host_name: Column, domains: Sequence[str]) -> Column:
    # google.* stands for google.com, google.de, google.co.uk and the like.
    any_domain = "|".join(
        re.escape(d[:-2].lower()) + r"(?:\.[a-z]{2,3}){1,2}" if d.endswith(".*") else re.escape(d.lower())
        for d in domains
    )
    return host_name.rlike(rf"\A(?:.*\.)?(?:{any_domain})\z")
