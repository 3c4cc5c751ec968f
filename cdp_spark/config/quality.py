"""quality.yml: what counts as stale, unusual or wrong. Everything has a default."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from cdp_spark.config.base import Duration, Name, Strict, duration
from cdp_spark.config.rules import Rule
from cdp_spark.contracts.findings import KINDS


def _a_kind(kind: str) -> str:
    if kind not in KINDS:
        raise ValueError(f"there is no finding {kind!r}; there are {', '.join(sorted(KINDS))}")
    return kind


class Freshness(Strict):
    """How long a source may be silent."""

    warn_after: Duration = Field(default=duration("3d"), description="Longer silence is a warning")
    error_after: Duration = Field(default=duration("14d"), description="Longer silence is an error")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.error_after < self.warn_after:
            raise ValueError("error_after must not be shorter than warn_after")
        return self


class Volume(Strict):
    """When the number of events a day is unusual, by the median and the spread of the same weekdays."""

    history_days: int = Field(default=14, ge=7, description="Days of history before anything is compared")
    z: float = Field(default=6.0, gt=0, description="Robust z score from which a day is unusual")
    change: float = Field(default=0.5, gt=0, description="Smallest relative change that is reported")
    expected: int = Field(default=20, ge=1, description="Events that must be missing before an event counts as stopped")


class EventNames(Strict):
    """What sources call some events; case does not matter."""

    bounced: tuple[str, ...] = ("Email Bounced", "Push Notification Bounced", "bounce", "bounced")
    purchase: tuple[str, ...] = ("Order Completed", "Purchase", "purchase", "ecommerce.order_placed")
    refund: tuple[str, ...] = ("Order Refunded", "refund")


class QualityConfig(Strict):
    """quality.yml."""

    freshness: Freshness = Freshness()
    freshness_of: dict[Name, Freshness] = Field(default={}, description="Source → its own freshness")
    volume: Volume = Volume()
    event_names: EventNames = EventNames()
    role_accounts: tuple[str, ...] = Field(
        default=(
            "info", "admin", "administrator", "contact", "office", "sales", "support", "service", "help", "billing",
            "accounts", "hello", "mail", "marketing", "noreply", "no-reply", "postmaster", "webmaster", "jobs", "hr",
        ),
        description="Names before the @ that belong to a desk",
    )  # fmt: skip
    given_names_at_most: int = Field(default=8, ge=1, description="More given names with one address are too many")
    landings: int = Field(default=30, ge=1, description="Landings that findings about rows look back on")
    examined_per_file: int = Field(default=500, ge=0, description="Records of a file whose fields are looked at")
    rules: tuple[Rule, ...] = ()
    ignore: tuple[Annotated[str, AfterValidator(_a_kind)], ...] = Field(
        default=(), description="Kinds of findings that are not reported"
    )

    @model_validator(mode="after")
    def _rules_named_once(self) -> Self:
        ids = [r.id for r in self.rules]
        if twice := sorted({i for i in ids if ids.count(i) > 1}):
            raise ValueError(f"rules with the same id: {', '.join(twice)}")
        return self
