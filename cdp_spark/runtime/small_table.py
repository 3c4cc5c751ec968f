"""A table small and plain enough for the driver to change it, without a Spark job that writes."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import SparkSession
from pyspark.sql.pandas.types import to_arrow_schema

from cdp_spark.contracts import TableContract
from cdp_spark.runtime import differences
from cdp_spark.runtime.arrow_rewrite import Folder
from cdp_spark.runtime.delta_commit import DataFile, Transaction, begun
from cdp_spark.runtime.plain_files import PlainFiles
from cdp_spark.runtime.refusals import refuse_empty, understood
from cdp_spark.runtime.warehouse import file_system


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
            self.transaction.commit(old, new, label)


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
    return None if transaction is None else SmallTable(contract, folder, stored, transaction)
