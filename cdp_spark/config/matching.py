"""identity.yml, ``matching:``: records that share no identifier, and what each of their columns says about a person."""

from enum import StrEnum

from pydantic import Field

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
    """What `cdp identity train` learns from. Runs do not use models yet: persons follow from identifiers alone."""

    kinds: dict[str, Kind] = Field(default_factory=dict, description="Column of silver.customers → what it says")
    one_record_a_person: tuple[str, ...] = Field(
        default=(), description="Sources that hold each person once: two of their records are never one person"
    )
    max_comparisons: int = Field(
        default=40_000_000, ge=1, description="Fail, naming the blocking key, before more pairs than this are compared"
    )
