"""consent.yml: purposes, and how strong a method of giving consent is."""

from typing import Literal, Self

from pydantic import Field, NonNegativeInt, field_validator, model_validator

from cdp_spark.config.base import Name, Strict

_WEAK, _MIDDLE, _STRONG = 1, 2, 3
_PURPOSES = ("advertising", "analytics", "marketing_email")
_STRENGTH = {
    "import": 0,
    "banner": _WEAK,
    "tcf": _WEAK,
    "gpp": _WEAK,
    "form": _MIDDLE,
    "agent": _MIDDLE,
    "gpc": _MIDDLE,
    "double_opt_in_confirm": _STRONG,
}


class PurposeConfig(Strict):
    """What holds for a purpose when nobody said anything."""

    default: Literal["denied", "granted"] = Field(
        default="denied", description="granted only where the law allows it without asking; never for advertising"
    )


class ConsentConfig(Strict):
    """consent.yml."""

    purposes: dict[Name, PurposeConfig] = Field(default_factory=lambda: {name: PurposeConfig() for name in _PURPOSES})
    strength: dict[Name, NonNegativeInt] = Field(
        default=_STRENGTH,
        description="Only a later grant of equal or greater strength overturns a refusal; adds to the usual methods",
    )
    unlisted_grant: NonNegativeInt = Field(default=0, description="Strength of a grant by any other method")
    unlisted_refusal: NonNegativeInt = Field(
        default=_MIDDLE, description="Strength of a refusal by any other method, or by none: like a form"
    )

    @property
    def granted_unasked(self) -> tuple[str, ...]:
        """The purposes that hold for those who said nothing."""
        return tuple(name for name, p in self.purposes.items() if p.default == "granted")

    @field_validator("strength")
    @classmethod
    def _with_the_usual_ones(cls, strength: dict[str, int]) -> dict[str, int]:
        return _STRENGTH | strength

    @model_validator(mode="after")
    def _advertising_is_asked_for(self) -> Self:
        if "advertising" in self.purposes and self.purposes["advertising"].default == "granted":
            raise ValueError("purposes.advertising.default: advertising needs a grant; use denied")
        return self
