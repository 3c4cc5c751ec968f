"""A table small and plain enough for the driver to change it, without a Spark job that writes."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import to_arrow_schema

from cdp_spark.contracts import TableContract
from cdp_spark.runtime import differences
from cdp_spark.runtime.arrow_rewrite import Folder
from cdp_spark.runtime.delta_commit import DataFile, Transaction, begun
from cdp_spark.runtime.plain_files import PlainFiles
from cdp_spark.runtime.refusals import refuse_empty, understood
from cdp_spark.runtime.warehouse import file_system

_TOO_LARGE = "spark.driver.maxResultSize"


@dataclass(frozen=True)
class SmallTable:
    """The table's files as they stand, and the transaction that began with them."""

    contract: TableContract
    folder: Folder
    files: list[DataFile]
    transaction: Transaction

    def change(self, changes: pa.Table, label: str) -> None:
        """Writes and commits changes, which are rows of ``differences``.

        Raises ContractError where a required column is empty, TransientError where another writer was faster.
        """
        operation = changes[differences.OPERATION]
        # Texts and times come as the session's settings have it.
        rows = changes.drop_columns(differences.OPERATION).cast(self.folder.schema)
        gone = rows.filter(pc.not_equal(operation, differences.INSERT)).select(list(self.contract.key))
        upserts = rows.filter(pc.not_equal(operation, differences.DELETE))
        refuse_empty(self.contract, upserts)
        old, new = self.folder.rewritten(self.files, gone, upserts)
        with understood(self.contract):
            self.transaction.change(old, new, label)


def small_table(
    spark: SparkSession, contract: TableContract, location: str, version: int, files: PlainFiles
) -> SmallTable | None:
    """The table at its latest version, which has these files; None where it asks for more than a plain writer, or its files
    lie elsewhere.
    """
    system, path = file_system(location)
    folder = Folder(system, path, to_arrow_schema(files.schema, timezone="UTC"), contract.statistics_columns)
    stored = [DataFile(p.rsplit("/", 1)[-1], size) for p, size in files.sizes.items()]
    transaction = begun(spark, location, version) if folder.has(stored) else None
    return SmallTable(contract, folder, stored, transaction) if transaction and transaction.is_plain() else None


def fetched(rows: DataFrame) -> pa.Table | None:
    """The rows, on the driver; None where they are larger than Spark lets it take."""
    try:
        return rows.toArrow()
    except (PySparkException, Py4JJavaError) as e:  # which of them depends on where in the JVM it came from
        if _TOO_LARGE in str(e):
            return None
        raise


@dataclass(frozen=True)
class Addition:
    """A table, or the place for a new one, and the transaction that adds a few rows to it."""

    contract: TableContract
    folder: Folder
    transaction: Transaction

    def write(self, rows: pa.Table, label: str, application: tuple[str, int] | None = None) -> None:
        """Writes and commits the rows, which have the contract's columns.

        Raises ContractError where a required column is empty, TransientError where another writer was faster.
        """
        refuse_empty(self.contract, rows)
        # Texts and times come as the session's settings have it.
        files = self.folder.added(rows.cast(self.folder.schema))
        with understood(self.contract):
            self.transaction.add(files, label, application)


def addition(spark: SparkSession, contract: TableContract, location: str, version: int | None) -> Addition | None:
    """An addition to the table at its latest version, or one that makes it (version None); None where the table has other
    columns than the contract's, or asks for more than a plain writer.
    """
    transaction = begun(spark, location, version)
    if transaction is None:
        return None
    system, path = file_system(location)
    if version is None:
        transaction.create(contract.types, contract.properties)
        system.create_dir(path)
    if not (contract.is_kept_by(transaction.schema) and transaction.is_plain(to_add=True)):
        return None
    schema = to_arrow_schema(transaction.schema, timezone="UTC")
    return Addition(contract, Folder(system, path, schema, contract.statistics_columns), transaction)
