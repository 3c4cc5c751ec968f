"""identity.yml: which identifiers name a person, and what holds them apart."""

from typing import Literal, Self

from pydantic import Field, model_validator

from cdp_spark.config.base import Duration, Name, Strict
from cdp_spark.config.matching import MatchingConfig


class Namespace(Strict):
    """How far an identifier of one kind is trusted."""

    strong: bool = Field(default=False, description="Names a person by itself, like a login")
    device: bool = Field(default=False, description="Names a browser or an installation, which several people may use")
    forwardable: bool = Field(
        default=False,
        description="Travels in links that people forward: it says who follows one where nothing else does, and never joins two "
        "who are both known",
    )
    limit: int | None = Field(default=None, ge=1, description="Values of this kind that one person may have")
    shared_above: int | None = Field(
        default=None,
        ge=1,
        description="Seen with the identifiers of more persons than this, by their limits, it is shared and links nobody",
    )
    generic_above: int = Field(
        default=50,
        ge=2,
        description="Seen with more identifiers of one kind than this, devices left out, it is a placeholder and links nobody",
    )
    window: Duration | None = Field(
        default=None,
        description="A sight of such a value links for this long; none: as long as the window of identity.yml",
    )
    blocked: tuple[str, ...] = Field(
        default=(), description="Values that never identify, besides the usual placeholders"
    )


class ComponentsConfig(Strict):
    """Which engine finds connected components."""

    engine: Literal["auto", "driver", "graphframes", "native"] = "auto"
    driver_max_edges: int = Field(default=12_000_000, ge=0, description="auto: up to this many edges on the driver")


class HouseholdsConfig(Strict):
    """Who counts as a household."""

    max_persons: int = Field(
        default=8, ge=2, description="What more persons than this share makes no household: a kiosk, an office"
    )


def _defaults() -> dict[str, Namespace]:
    return {
        "user_id": Namespace(strong=True, limit=1),
        "customer_id": Namespace(strong=True),
        "crm_contact_id": Namespace(strong=False),
        "loyalty_id": Namespace(strong=True, limit=3),
        "email": Namespace(strong=True, limit=5, shared_above=3),
        "phone": Namespace(limit=5, shared_above=3),
        "device_id": Namespace(device=True, shared_above=1),
        "anonymous_id": Namespace(device=True, shared_above=1),
        "advertising_id": Namespace(device=True, shared_above=1),
        "social_handle": Namespace(limit=5),
        "subscriber_id": Namespace(limit=5, forwardable=True),
    }


class IdentityConfig(Strict):
    """identity.yml. The order of ``namespaces`` is their priority, strongest first."""

    namespaces: dict[Name, Namespace] = Field(default_factory=_defaults)
    components: ComponentsConfig = ComponentsConfig()
    households: HouseholdsConfig = HouseholdsConfig()
    shared_devices: Literal["nobody", "last_seen"] = Field(
        default="nobody",
        description="Whose a record is that shows nothing but a shared device. nobody: nobody's. last_seen: theirs who was last seen "
        "on the device by another identifier; nobody's before the first of them, and on what more than households.max_persons share",
    )
    matching: MatchingConfig = Field(
        default=MatchingConfig(), description="Records of one person that share no identifier"
    )
    window: Duration | None = Field(
        default=None, description="Only evidence seen this long before as_of links; none: all"
    )
    tell_people_apart: bool = Field(
        default=True,
        description="Contacts whose birth dates are far apart, or differ as their given names do, are not one person, whatever "
        "they share; where a birth date is not known, unlike given names are not joined by a number or a device",
    )
    bridges_above: int | None = Field(
        default=30,
        ge=2,
        description="Persons with more identifiers than this are searched for single weak links between two strong parts: "
        "a probabilistic one is cut, one by device is marked for review; none: never",
    )
    max_per_record: int = Field(
        default=50,
        ge=1,
        description="A record with more identifiers of one kind than this, devices left out, links nobody",
    )

    @model_validator(mode="after")
    def _somebody_is_named(self) -> Self:
        if not any(n.strong for n in self.namespaces.values()):
            raise ValueError("at least one namespace must be strong")
        return self

    @model_validator(mode="after")
    def _devices_name_nobody(self) -> Self:
        if both := [name for name, n in self.namespaces.items() if n.strong and n.device]:
            raise ValueError(f"namespaces both strong and device: {', '.join(both)}")
        if both := [name for name, n in self.namespaces.items() if n.forwardable and (n.strong or n.device)]:
            raise ValueError(f"namespaces forwardable and also strong or device: {', '.join(both)}")
        return self
