"""Committing files to a Delta table that something other than Spark has written, by Delta's own transaction."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from py4j.protocol import Py4JError
from pyspark.sql import SparkSession

# Generated and checked columns, change feeds and whatever else a writer has to heed ask for a newer one.
_PLAIN_WRITER = 2


@dataclass(frozen=True)
class DataFile:
    """A data file below the table's folder; ``modified`` in milliseconds since 1970, ``statistics`` as Delta writes them."""

    name: str
    size: int
    modified: int = 0
    statistics: dict[str, object] | None = None


@dataclass(frozen=True)
class Transaction:
    """A transaction begun at a version; whatever others commit after it makes its commit fail."""

    spark: SparkSession
    of_delta: Any

    def commit(self, old: Iterable[DataFile], new: Iterable[DataFile], label: str) -> None:
        """Takes the old files out of the table and the new ones in.

        Raises what Delta raises where another writer was faster.
        """
        jvm: Any = self.spark._jvm
        actions = [*(self._action(f) for f in new), *(self._action(f).remove() for f in old)]
        none, overwrite = jvm.scala.Option.empty(), jvm.org.apache.spark.sql.SaveMode.Overwrite
        write = getattr(jvm.org.apache.spark.sql.delta, "DeltaOperations$Write")
        operation = write(overwrite, none, none, jvm.scala.Option.apply(label), none, none, none, none, none)
        self.of_delta.readWholeTable()
        self.of_delta.commit(jvm.org.apache.spark.api.python.PythonUtils.toSeq(actions), operation)

    def _action(self, file: DataFile) -> Any:
        add = {
            "path": file.name, "partitionValues": {}, "size": file.size, "modificationTime": file.modified, "dataChange": True,
        }  # fmt: skip
        if file.statistics is not None:
            add["stats"] = json.dumps(file.statistics)
        jvm: Any = self.spark._jvm
        return jvm.org.apache.spark.sql.delta.actions.Action.fromJson(json.dumps({"add": add}))


def begun(spark: SparkSession, location: str, version: int) -> Transaction | None:
    """A transaction at the table's version; None where the table is at another, asks for a newer writer, or Spark has no such
    Delta.
    """
    jvm: Any = getattr(spark, "_jvm", None)
    try:
        log = jvm.org.apache.spark.sql.delta.DeltaLog.forTable(spark._jsparkSession, location)
        transaction = log.startTransaction()
        is_plain = transaction.protocol().minWriterVersion() <= _PLAIN_WRITER
        return Transaction(spark, transaction) if is_plain and transaction.readVersion() == version else None
    except (Py4JError, TypeError, AttributeError):
        return None  # a cluster with another Delta; what is wrong with a table, a write will say
