"""Reading the tables as one finished run published them."""

from pyspark.sql import DataFrame

from cdp_spark.contracts import TableContract
from cdp_spark.errors import NotPublished
from cdp_spark.runtime.tables import Tables


class Published:
    """Reads every table at the version that one finished run published."""

    def __init__(self, tables: Tables, versions: dict[str, int]) -> None:
        self._tables = tables
        self.versions = versions

    def read(self, contract: TableContract) -> DataFrame:
        """The table as published; raises NotPublished when no run has published it."""
        if contract.name not in self.versions:
            raise NotPublished(
                f"{contract.name} has not been published", fix="run `cdp run` first", table=contract.name
            )
        return self._tables.read(contract, self.versions[contract.name])

    def newest(self, contract: TableContract) -> DataFrame:
        """A table that no run publishes, at its latest version: the ledger, trained models."""
        return self._tables.read(contract)
