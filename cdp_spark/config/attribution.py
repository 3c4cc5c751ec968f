"""attribution.yml: sessions, marketing channels, and how credit is given."""

from datetime import timedelta
from typing import Literal, Self

from pydantic import Field, model_validator

from cdp_spark.config.base import Duration, Name, Strict


class ChannelRule(Strict):
    """A channel and what a visit must show to belong to it; the first rule that matches counts.

    Lists match in any case; within a rule all stated parts must hold.
    """

    channel: str = Field(max_length=60)
    source: tuple[str, ...] | None = Field(default=None, description="utm_source")
    medium: tuple[str, ...] | None = Field(default=None, description="utm_medium")
    click_id: tuple[str, ...] | None = Field(default=None, description="Kinds of click id, e.g. gclid")
    referrer_host: tuple[str, ...] | None = Field(
        default=None, description="Host or a domain above it; google.* for any country"
    )
    external_referrer: bool | None = Field(default=None, description="Referrer exists and is another site, or not")
    no_campaign: bool | None = Field(
        default=None, description="No utm_source, utm_medium, utm_campaign and click id, or one"
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if all(getattr(self, f) is None for f in ChannelRule.model_fields if f != "channel"):
            raise ValueError("a channel rule needs at least one part to match")
        return self


class TouchEvent(Strict):
    """What an event that is a touch by itself counts as."""

    type: Literal["click", "open", "send", "view"]
    channel: str = Field(max_length=60)


def _default_channels() -> tuple[ChannelRule, ...]:
    webmail = ("mail.google.com", "mail.yahoo.com", "outlook.live.com", "mail.aol.com")
    not_search = ("accounts.google.com", "docs.google.com", "support.google.com", "analytics.google.com")
    search = ("google.*", "bing.com", "duckduckgo.com", "yahoo.*", "ecosia.org", "qwant.com", "startpage.com")
    social = (
        "facebook.com", "instagram.com", "t.co", "twitter.com", "x.com", "linkedin.com", "lnkd.in", "tiktok.com",
        "pinterest.*", "reddit.com", "threads.net",
    )  # fmt: skip
    paid = ("cpc", "ppc", "cpm", "paid", "paidsearch", "paid_search")
    networks = ("facebook", "instagram", "tiktok", "linkedin", "meta", "pinterest")
    return (
        ChannelRule(channel="Paid Search", medium=paid, source=("google", "bing", "yahoo", "duckduckgo")),
        ChannelRule(channel="Paid Social", medium=("paid_social", "paidsocial", "paid-social")),
        ChannelRule(channel="Paid Social", medium=paid, source=networks),
        ChannelRule(channel="Email", medium=("email", "e-mail", "newsletter")),
        ChannelRule(channel="Affiliate", medium=("affiliate", "affiliates")),
        ChannelRule(channel="Display", medium=("display", "banner", "cpm")),
        ChannelRule(channel="Organic Social", medium=("social", "social-network", "organic_social")),
        ChannelRule(channel="Organic Search", medium=("organic",)),
        ChannelRule(channel="Paid Search", click_id=("gclid", "wbraid", "gbraid", "msclkid")),
        ChannelRule(channel="Paid Social", click_id=("fbclid", "ttclid", "li_fat_id"), medium=paid),
        ChannelRule(channel="Organic Social", click_id=("fbclid", "ttclid", "li_fat_id")),
        ChannelRule(channel="Email", referrer_host=webmail),
        ChannelRule(channel="Organic Social", referrer_host=social),
        ChannelRule(channel="Referral", referrer_host=not_search),
        ChannelRule(channel="Organic Search", referrer_host=search, no_campaign=True),
        ChannelRule(channel="Referral", medium=("referral",)),
        ChannelRule(channel="Referral", external_referrer=True, no_campaign=True),
        ChannelRule(channel="Direct", no_campaign=True, external_referrer=False),
    )


Model = Literal["last_touch", "last_non_direct"]


class AttributionConfig(Strict):
    """attribution.yml."""

    session_gap: Duration = Field(
        default=timedelta(minutes=30), description="A longer pause begins a new session, where the source names none"
    )
    channels: tuple[ChannelRule, ...] = Field(
        default_factory=_default_channels, min_length=1, description="In order; a visit that none matches is Unmatched"
    )
    direct_channel: str = Field(default="Direct", description="The channel that last_non_direct passes over")
    own_hosts: tuple[str, ...] = Field(
        default=(), description="Hosts beside the page's own domain that are no external referrers, e.g. a payment page"
    )
    lookback: Duration = Field(default=timedelta(days=30), description="How long before an order a touch may lie")
    models: tuple[Model, ...] = Field(default=("last_touch", "last_non_direct"), min_length=1)
    conversion_sources: tuple[Name, ...] = Field(
        default=(), description="Sources whose orders are conversions; none: all"
    )
    touch_events: dict[str, TouchEvent] = Field(
        default={"Email Link Clicked": TouchEvent(type="click", channel="Email")},
        description="Events that are touches by themselves; they belong to no session",
    )
