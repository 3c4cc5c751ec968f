"""tracking_plan.yml: which events there are, and which properties each has, of which types."""

from typing import Literal, Self

from pydantic import Field, model_validator

from cdp_spark.config.base import Name, Strict

Type = Literal["text", "number", "boolean", "list", "object", "any"]
Action = Literal["warn", "strip", "quarantine"]


class PlannedEvent(Strict):
    """An event's properties with their types."""

    required: dict[str, Type] = Field(default={}, description="Must be there")
    allowed: dict[str, Type] = Field(default={}, description="May be there")
    others: Literal["allow", "refuse"] = Field(default="refuse", description="What a property that is not named means")
    about: str = ""

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        if both := sorted(set(self.required) & set(self.allowed)):
            raise ValueError(f"both required and allowed: {', '.join(both)}")
        return self


class TrackingPlanConfig(Strict):
    """tracking_plan.yml. Event names match in any case."""

    action: Action = Field(
        default="warn",
        description="warn marks the event; strip takes unplanned and mistyped properties out as well; quarantine keeps it out",
    )
    unknown_events: Literal["allow", "warn", "quarantine"] = Field(
        default="allow", description="What a tracked event that the plan does not name means"
    )
    sources: tuple[Name, ...] = Field(default=(), description="Only these sources; none named: all")
    events: dict[str, PlannedEvent] = Field(default={}, description="Event → what it has")

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        folded = [e.strip().lower() for e in self.events]
        if twice := sorted({e for e in folded if folded.count(e) > 1}):
            raise ValueError(f"planned twice, but for case: {', '.join(twice)}")
        return self

    def covers(self, source: str) -> bool:
        """Whether it says anything about a source's events."""
        return bool(self.events) and (not self.sources or source in self.sources)
