"""identity.yml, ``matching:``: records that share no identifier, and what each of their columns says about a person."""

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from cdp_spark.config.base import Strict


class Kind(StrEnum):
    """What a column says about a person. Levels, blocking and weights follow from it."""

    PERSON_NAME = "person_name"
    GIVEN_NAME = "given_name"
    FAMILY_NAME = "family_name"
    DATE = "date"
    POSTCODE = "postcode"
    PLACE = "place"
    STREET = "street"
    HOUSE_NUMBER = "house_number"
    CATEGORY = "category"
    IDENTIFIER_NUMBER = "identifier_number"
    EMAIL = "email"
    PHONE = "phone"


NAME_KINDS = (Kind.PERSON_NAME, Kind.GIVEN_NAME, Kind.FAMILY_NAME)


class MatchingConfig(Strict):
    """Probabilistic matching of records; off unless it is enabled."""

    enabled: bool = Field(default=False, description="Link the records that a trained model finds to be one person")
    kinds: dict[str, Kind] = Field(default_factory=dict, description="Column of silver.customers → what it says")
    model: str | None = Field(default=None, description="Version in identity.models; none: the newest")
    one_record_a_person: tuple[str, ...] = Field(
        default=(), description="Sources that hold each person once: two of their records are never one person"
    )
    max_comparisons: int = Field(
        default=40_000_000, ge=1, description="Fail, naming the blocking key, before more pairs than this are compared"
    )

    @model_validator(mode="after")
    def _kinds_are_named(self) -> Self:
        if self.enabled and not self.kinds:
            raise ValueError("matching is enabled, but no column has a kind; name them below kinds")
        return self
