"""profiles.yml: which of several values a golden profile shows."""

from typing import Literal, Self

from pydantic import Field, model_validator

from cdp_spark.config.base import Name, Strict
from cdp_spark.contracts.gold import PROFILES
from cdp_spark.contracts.silver import CUSTOMERS

Rule = Literal["most_recent", "source_priority", "most_frequent", "verified_first", "longest"]

FIELD_TYPES = {c.name: c.type for c in PROFILES.columns if c.name in CUSTOMERS.column_names}
"""The fields of a profile that come from customer records → their SQL types."""


class FieldRule(Strict):
    """Rules for a field or a group of fields that move together, applied in order until one value is left."""

    fields: tuple[Name, ...] = Field(min_length=1, description="Fields taken from the same record")
    rules: tuple[Rule, ...] = Field(default=("most_recent",), min_length=1)
    sources: tuple[Name, ...] = Field(default=(), description="For source_priority: best first")

    @model_validator(mode="after")
    def _rules_can_be_applied(self) -> Self:
        if "verified_first" in self.rules and self.fields != ("email",):
            raise ValueError("verified_first: sources verify e-mails only; use it for fields: [email]")
        if "longest" in self.rules and (dated := [f for f in self.fields if FIELD_TYPES.get(f, "STRING") != "STRING"]):
            raise ValueError(f"longest: {', '.join(dated)} is no text")
        if ("source_priority" in self.rules) != bool(self.sources):
            raise ValueError("source_priority and sources go together")
        return self


class ProfilesConfig(Strict):
    """profiles.yml. Fields not named here follow most_recent on their own."""

    fields: tuple[FieldRule, ...] = (
        FieldRule(fields=("email",), rules=("verified_first", "most_recent")),
        FieldRule(fields=("first_name", "last_name")),
        FieldRule(fields=("street", "city", "region", "postcode", "country")),
    )
    contact_points: tuple[Name, ...] = Field(
        default=("email", "phone", "device_id", "advertising_id"),
        description="Namespaces by which a person can be reached",
    )

    @model_validator(mode="after")
    def _fields_survive(self) -> Self:
        named = [f for rule in self.fields for f in rule.fields]
        if strange := sorted(set(named) & (set(PROFILES.column_names) - set(FIELD_TYPES))):
            raise ValueError(f"fields: {', '.join(strange)} is computed, not chosen among values")
        return self

    @property
    def groups(self) -> tuple[FieldRule, ...]:
        """The rules of every field: those named, then each other field on its own."""
        named = {f for rule in self.fields for f in rule.fields}
        return (*self.fields, *(FieldRule(fields=(f,)) for f in FIELD_TYPES if f not in named))
