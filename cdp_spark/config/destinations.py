"""destinations/*.yml: where audiences go, in which form, with whose consent."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from cdp_spark.config.base import Name, Strict

ColumnName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_ ]{0,62}$")]
Normalisation = Literal["plain", "google", "meta", "tiktok", "linkedin", "microsoft"]


class OutputField(Strict):
    """A column of the export."""

    profile: Name | None = Field(default=None, description="A profile field")
    trait: Name | None = Field(default=None, description="A trait")
    contact_points: Name | None = Field(default=None, description="All the person's identifiers of a namespace")
    hashed: bool = Field(default=False, description="SHA-256 after the destination's normalisation")

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if sum(f is not None for f in (self.profile, self.trait, self.contact_points)) != 1:
            raise ValueError("needs one of profile, trait, contact_points")
        return self


class Guard(Strict):
    """What holds a sync before it sends."""

    max_removed_share: float = Field(default=0.2, ge=0, le=1, description="Removals above this share of what is held")
    min_removed: int = Field(default=100, ge=0, description="Fewer removals than this never hold it")


class Sync(Strict):
    """An audience sent to the destination."""

    audience: Name
    purposes: tuple[Name, ...] = Field(min_length=1, description="Consent purposes that must be granted")
    suppress: tuple[Name, ...] = Field(default=(), description="Audiences whose members are not sent, e.g. buyers")


class DestinationConfig(Strict):
    """destinations/<name>.yml. kind file: CSV or JSON lines below the output root, differences after the first run."""

    destination: Name
    about: str = ""
    kind: Literal["file"] = "file"
    format: Literal["csv", "jsonl"] = "csv"
    normalisation: Normalisation = Field(
        default="plain", description="The rules of the platform that will read the hashes"
    )
    consent_namespace: Name = Field(default="email", description="Contact point that consent is checked for")
    excel_safe: bool = Field(
        default=False, description="For people's files: guard cells that spreadsheets would execute"
    )
    fields: dict[ColumnName, OutputField] = Field(min_length=1)
    syncs: tuple[Sync, ...] = Field(min_length=1)
    guard: Guard = Guard()
