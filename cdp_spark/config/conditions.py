"""Conditions: typed trees that are compiled to Columns, shared by traits and audiences."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, Tag, field_validator, model_validator

from cdp_spark.config.base import Duration, Name, Strict, told_by

Text = Annotated[str, Field(max_length=1000)]
Scalar = bool | int | float | Text
PropertyPath = Annotated[str, Field(pattern=r"^[A-Za-z0-9_ ]+(\.[A-Za-z0-9_ ]+)*$", max_length=200)]
LARGEST_NUMBER = 10**18


class Comparison(Strict):
    """One comparison of a value; exactly one operator. A missing value satisfies ``exists: false`` and nothing else."""

    eq: Scalar | None = None
    ne: Scalar | None = Field(default=None, description="Another value than this one; a missing value is none")
    lt: int | float | None = None
    lte: int | float | None = None
    gt: int | float | None = None
    gte: int | float | None = None
    one_of: tuple[Scalar, ...] | None = Field(default=None, min_length=1, max_length=10_000)
    none_of: tuple[Scalar, ...] | None = Field(default=None, min_length=1, max_length=10_000)
    contains: Text | None = Field(default=None, description="Text within the text, or an element of the list")
    starts_with: Text | None = None
    ends_with: Text | None = None
    before: str | None = Field(default=None, description="A day or an ISO 8601 time; without a zone the project's")
    after: str | None = Field(default=None, description="A day or an ISO 8601 time; without a zone the project's")
    older_than: Duration | None = Field(default=None, description="At or before as_of minus this")
    within_last: Duration | None = Field(default=None, description="After as_of minus this, and not after as_of")
    exists: bool | None = None
    exact: bool = Field(default=False, description="Capital and small letters differ")

    def operator(self) -> tuple[str, object]:
        """The operator that is set and its argument."""
        return self._chosen()[0]

    def _chosen(self) -> list[tuple[str, object]]:
        names = [f for f in Comparison.model_fields if f != "exact"]
        return [(f, v) for f in names if (v := getattr(self, f)) is not None]

    @field_validator("before", "after")
    @classmethod
    def _a_time(cls, text: str | None) -> str | None:
        if text is not None:
            try:
                datetime.fromisoformat(text)
            except ValueError as e:
                raise ValueError("is no day or time like 2026-03-01 or 2026-03-01T12:00:00Z") from e
        return text

    @model_validator(mode="after")
    def _one_operator(self) -> Self:
        chosen = self._chosen()
        if len(chosen) != 1:
            raise ValueError(
                f"needs exactly one operator, has {len(chosen)}: {', '.join(f for f, _ in chosen) or 'none'}"
            )
        arguments = chosen[0][1] if isinstance(chosen[0][1], tuple) else (chosen[0][1],)
        if any(isinstance(a, int | float) and abs(a) >= LARGEST_NUMBER for a in arguments):
            raise ValueError("numbers stay below 10^18")
        if len({_class_of(a) for a in arguments}) > 1:
            raise ValueError("a list holds texts, numbers or true/false, not a mixture")
        return self


def _class_of(argument: object) -> str:
    if isinstance(argument, bool):
        return "flag"
    return "number" if isinstance(argument, int | float) else "text"


class PropertyCondition(Comparison):
    """A comparison of a property of an event or order."""

    property: PropertyPath


class Window(Strict):
    """A time window that ends at as_of: ``last: 90d`` is (as_of - 90d, as_of].

    ``between: [30d, 90d]`` ago is (as_of - 90d, as_of - 30d]; ``since`` is from that day's beginning to as_of.
    """

    last: Duration | None = None
    between: tuple[Duration, Duration] | None = None
    since: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$", description="A day, in the project's zone")

    @field_validator("since")
    @classmethod
    def _a_day(cls, text: str | None) -> str | None:
        if text is not None:
            try:
                datetime.fromisoformat(text)
            except ValueError as e:
                raise ValueError("is no day of the calendar") from e
        return text

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if sum(f is not None for f in (self.last, self.between, self.since)) != 1:
            raise ValueError("needs one of last, between, since")
        if self.between and self.between[0] >= self.between[1]:
            raise ValueError("between goes from the nearer to the farther, like [30d, 90d]")
        return self


class TraitLeaf(Comparison):
    """A trait compared."""

    trait: Name


class FieldLeaf(Comparison):
    """A profile field compared."""

    field: Name


class Count(Strict):
    """A count compared; exactly one operator."""

    eq: int | None = Field(default=None, ge=0, lt=LARGEST_NUMBER)
    gte: int | None = Field(default=None, ge=0, lt=LARGEST_NUMBER)
    gt: int | None = Field(default=None, ge=0, lt=LARGEST_NUMBER)
    lte: int | None = Field(default=None, ge=0, lt=LARGEST_NUMBER)
    lt: int | None = Field(default=None, ge=0, lt=LARGEST_NUMBER)

    def operator(self) -> tuple[str, int]:
        """The operator that is set and its argument."""
        return next((f, v) for f in Count.model_fields if (v := getattr(self, f)) is not None)

    @model_validator(mode="after")
    def _one_operator(self) -> Self:
        if sum(getattr(self, f) is not None for f in Count.model_fields) != 1:
            raise ValueError("needs exactly one of eq, gte, gt, lte, lt")
        return self


class EventLeaf(Strict):
    """How often something was done; ``count: {eq: 0}`` is: did not."""

    event: str = Field(min_length=1, max_length=300)
    count: Count = Count(gte=1)
    window: Window | None = None
    where: tuple[PropertyCondition, ...] = Field(default=(), max_length=20, description="All hold for the same event")


class AudienceLeaf(Strict):
    """Member of another audience, by this run's result."""

    audience: Name


class All(Strict):
    """Every part holds."""

    all: tuple["Condition", ...] = Field(min_length=1, max_length=100)


class Any(Strict):
    """At least one part holds."""

    any: tuple["Condition", ...] = Field(min_length=1, max_length=100)


class Not(Strict):
    """The part does not hold. A part about a missing value is false, so its negation is true."""

    not_: "Condition" = Field(alias="not")


ConditionKind = Literal["all", "any", "not", "trait", "field", "event", "audience"]

Condition = Annotated[
    Annotated[All, Tag("All")]
    | Annotated[Any, Tag("Any")]
    | Annotated[Not, Tag("Not")]
    | Annotated[TraitLeaf, Tag("TraitLeaf")]
    | Annotated[FieldLeaf, Tag("FieldLeaf")]
    | Annotated[EventLeaf, Tag("EventLeaf")]
    | Annotated[AudienceLeaf, Tag("AudienceLeaf")],
    told_by(All, Any, Not, TraitLeaf, FieldLeaf, EventLeaf, AudienceLeaf),
]
