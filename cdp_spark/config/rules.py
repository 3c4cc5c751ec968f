"""Rules of quality.yml: what a row of silver must meet, each a check from a closed list; no text of a rule becomes SQL."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from cdp_spark.config.base import Duration, Name, Strict

Table = Literal["events", "customers", "orders", "order_lines", "consent_events"]
Severity = Literal["warn", "quarantine", "stop"]
Pattern = Literal["email", "phone", "currency", "country", "language", "url", "uuid", "digits", "ip"]
_FIELD = re.compile(r"\A[a-z][a-z0-9_]*(?:\.[A-Za-z0-9_ ]{1,60}){0,5}\Z")
# These compare a row with others: by then it is in silver, and too late to put it into quarantine.
BEYOND_THE_ROW = ("unique", "references")


def _a_field(field: str) -> str:
    if not _FIELD.match(field):
        raise ValueError(f"{field!r} is no field; write a column, or properties.name for what lies in a JSON column")
    return field


FieldName = Annotated[str, AfterValidator(_a_field)]


class Limits(Strict):
    """From where to where, both included."""

    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _one_at_least(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("needs min or max")
        return self


class Reference(Strict):
    """A column in which every value must be found."""

    # Of events only the new ones are looked at, so nothing can be sought among them.
    table: Literal["customers", "orders", "order_lines", "consent_events"]
    field: FieldName


class Case(Strict):
    """Which rows a rule is for."""

    field: FieldName
    equals: str | None = None
    one_of: tuple[str, ...] | None = None
    exists: bool | None = None

    @model_validator(mode="after")
    def _one_test(self) -> Self:
        if len([t for t in (self.equals, self.one_of, self.exists) if t is not None]) != 1:
            raise ValueError("needs one of equals, one_of, exists")
        return self


class Rule(Strict):
    """One rule: table, field, exactly one check, and what becomes of a row that breaks it.

    warn marks the row (``warnings``), quarantine keeps it out with the rule as its reason, stop marks it and ends the
    run with exit code 3 before anything is published, unless the run was told ``--accept-guard``.
    """

    id: Name
    table: Table
    field: FieldName
    source: Name | None = Field(default=None, description="Only rows of this source")
    when: Case | None = Field(default=None, description="Only rows that meet this condition")
    severity: Severity = "warn"
    on_null: Literal["pass", "fail"] = Field(default="pass", description="What an empty field means, but for not_null")
    about: str = Field(default="", description="Why the rule is there")

    not_null: Literal[True] | None = None
    type: Literal["number", "time", "boolean"] | None = Field(default=None, description="A text must read as this")
    range: Limits | None = None
    length: Limits | None = None
    in_set: tuple[str, ...] | None = None
    pattern: Pattern | None = None
    unique: Literal[True] | None = None
    not_future: Duration | None = Field(default=None, description="At most this long after the record landed")
    references: Reference | None = None
    currency_present: Literal[True] | None = Field(
        default=None, description="Where field, an amount, is there, so is a currency"
    )
    no_placeholder: Literal[True] | None = Field(default=None, description="No null, undefined, anonymous, -1 or zeros")

    @property
    def check(self) -> str:
        """The name of the one check."""
        return next(c for c in CHECKS if getattr(self, c) is not None)

    @model_validator(mode="after")
    def _one_check(self) -> Self:
        given = [c for c in CHECKS if getattr(self, c) is not None]
        if len(given) != 1:
            raise ValueError(f"needs exactly one of {', '.join(CHECKS)}")
        if self.severity == "quarantine" and given[0] in BEYOND_THE_ROW:
            raise ValueError(f"{given[0]} compares rows with others; its severity is warn or stop")
        if self.table == "consent_events" and self.severity != "quarantine" and given[0] not in BEYOND_THE_ROW:
            raise ValueError("rows of consent_events carry no warnings; the severity of their rules is quarantine")
        return self


CHECKS = (
    "not_null", "type", "range", "length", "in_set", "pattern", "unique", "not_future", "references",
    "currency_present", "no_placeholder",
)  # fmt: skip
