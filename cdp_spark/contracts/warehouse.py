"""Every table of a warehouse under a configuration."""

from typing import TYPE_CHECKING

from cdp_spark.contracts.bronze import bronze_contract
from cdp_spark.contracts.gold import GOLD
from cdp_spark.contracts.identity import DECISIONS, IDENTITY, MODELS
from cdp_spark.contracts.ops import OPS
from cdp_spark.contracts.silver import SILVER
from cdp_spark.contracts.table import TableContract
from cdp_spark.contracts.traits import contract_of_traits

if TYPE_CHECKING:
    from cdp_spark.config import Config


def all_contracts(config: "Config") -> tuple[TableContract, ...]:
    """The contracts of all layers, in the order of the data."""
    bronze = tuple(bronze_contract(s) for s in sorted(config.sources))
    return (*bronze, *SILVER, *IDENTITY, DECISIONS, MODELS, *GOLD, contract_of_traits(config.traits), *OPS)
