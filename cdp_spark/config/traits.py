"""traits.yml: what is computed about a person from everything they did."""

from typing import Literal, Self

from pydantic import Field, model_validator

from cdp_spark.config.base import Name, Strict
from cdp_spark.config.conditions import PropertyCondition, PropertyPath, Window

Kind = Literal[
    "count", "count_distinct", "sum", "avg", "min", "max", "most_frequent",
    "first", "last", "first_at", "last_at", "unique_list", "exists",
]  # fmt: skip
NUMERIC_KINDS = frozenset({"sum", "avg", "min", "max"})
MONEY_PROPERTIES = frozenset(
    {"revenue", "total", "subtotal", "value", "amount", "price", "unit_price", "tax", "shipping", "discount"}
)
_NEED_PROPERTY = NUMERIC_KINDS | {"count_distinct", "most_frequent", "first", "last", "unique_list"}
RESERVED_NAMES = frozenset({"person_id", "truncated"})


ORDER_COLUMNS = (
    "order_id",
    "channel",
    "status",
    "currency",
    "revenue",
    "total",
    "tax",
    "shipping",
    "discount",
    "store",
)
"""What a trait over orders finds in silver.orders; anything else it looks for in their properties."""


class TraitConfig(Strict):
    """A trait over a person's events, or over their orders.

    Orders taken back as a whole (cancelled, refunded) do not count, unless ``where`` looks at ``status``. A row of
    negative revenue is a refund: it lowers sums, and no other kind sees it.
    """

    kind: Kind
    event: str | None = Field(
        default=None, min_length=1, max_length=300, description="Event name; names match trimmed and in any case"
    )
    orders: bool = Field(default=False, description="Take silver.orders instead of events")
    property: PropertyPath | None = Field(
        default=None,
        description="Path into the event's properties; with orders first a column like revenue, total, store",
    )
    where: tuple[PropertyCondition, ...] = Field(default=(), max_length=20, description="All hold for the same event")
    window: Window | None = None
    value: Literal["number", "time"] = Field(default="number", description="For min and max: what the property holds")
    currency: str | None = Field(
        default=None,
        pattern=r"^[A-Z]{3}$",
        description="Only amounts in this currency; others are counted apart. Needed where amounts come in several",
    )
    min_count: int = Field(default=2, ge=1, description="For most_frequent: how often it must have occurred")
    max_items: int = Field(default=1000, ge=1, le=10_000, description="For unique_list")
    about: str = ""

    def is_money(self) -> bool:
        """It adds up or compares amounts of a currency."""
        last_part = (self.property or "").rsplit(".", maxsplit=1)[-1].lower()
        return self.kind in NUMERIC_KINDS and self.value == "number" and last_part in MONEY_PROPERTIES

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if (self.event is None) == (not self.orders):
            raise ValueError("needs either event or orders: true")
        if self.kind in _NEED_PROPERTY and not self.property:
            raise ValueError(f"kind {self.kind} needs a property")
        if self.kind not in _NEED_PROPERTY and self.property:
            raise ValueError(f"kind {self.kind} takes no property")
        if self.value == "time" and self.kind not in {"min", "max"}:
            raise ValueError("value: time goes with min and max only")
        return self


class TraitsConfig(Strict):
    """traits.yml."""

    traits: dict[Name, TraitConfig] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _usable_names(self) -> Self:
        if clocks := [n for n in self.traits if n.startswith("days_since")]:
            raise ValueError(
                f"{', '.join(clocks)} would change every day; keep the time (last_at) and compare with older_than"
            )
        if reserved := sorted(RESERVED_NAMES & set(self.traits)):
            raise ValueError(f"{', '.join(reserved)} cannot be the name of a trait")
        return self
