"""The columns of gold.traits, as the configuration defines them."""

from typing import TYPE_CHECKING

from cdp_spark.contracts.gold import traits_contract
from cdp_spark.contracts.table import Column, Pii, TableContract

if TYPE_CHECKING:
    from cdp_spark.config.traits import TraitConfig, TraitsConfig

_TYPES = {
    "count": "BIGINT",
    "count_distinct": "BIGINT",
    "sum": "DECIMAL(18,4)",
    "avg": "DECIMAL(18,4)",
    "min": "DECIMAL(18,4)",
    "max": "DECIMAL(18,4)",
    "most_frequent": "STRING",
    "first": "STRING",
    "last": "STRING",
    "first_at": "TIMESTAMP",
    "last_at": "TIMESTAMP",
    "unique_list": "ARRAY<STRING>",
    "exists": "BOOLEAN",
}
_FREE_TEXT = {"most_frequent", "first", "last", "unique_list"}
_TRUNCATED = Column("truncated", "ARRAY<STRING>", "Lists that were cut at max_items, sorted; NULL where none was.")


def trait_type(trait: "TraitConfig") -> str:
    """The SQL type of a trait."""
    return "TIMESTAMP" if trait.value == "time" else _TYPES[trait.kind]


def trait_columns(traits: "TraitsConfig") -> tuple[Column, ...]:
    """One column a trait, typed by its kind. What comes from free text counts as quasi-personal."""
    return tuple(_column(name, trait) for name, trait in sorted(traits.traits.items()))


def contract_of_traits(traits: "TraitsConfig") -> TableContract:
    """The contract of gold.traits under a configuration: the traits, and where there are lists, which were cut."""
    has_lists = any(t.kind == "unique_list" for t in traits.traits.values())
    return traits_contract((*trait_columns(traits), *([_TRUNCATED] if has_lists else [])))


def _column(name: str, trait: "TraitConfig") -> Column:
    pii = Pii.QUASI if trait.kind in _FREE_TEXT else Pii.NONE
    return Column(name, trait_type(trait), trait.about or f"{trait.kind} of {trait.event or 'orders'}.", pii)
