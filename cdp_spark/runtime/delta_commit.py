"""Committing files to a Delta table that something other than Spark has written, by Delta's own transaction."""

import json
import re
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from py4j.protocol import Py4JError
from pyspark.sql import SparkSession
from pyspark.sql.types import StructType

# Generated and checked columns and whatever else a writer has to heed ask for a newer one.
_PLAIN_WRITER = 2
# A change feed is one more file where rows change, and nothing where they are only added.
_FOR_ADDED_ROWS = {"appendOnly", "invariants", "changeDataFeed"}
_NO_TABLE = -1


@dataclass(frozen=True)
class DataFile:
    """A data file below the table's folder; ``modified`` in milliseconds since 1970, ``statistics`` as Delta writes them."""

    name: str
    size: int
    modified: int = 0
    statistics: dict[str, object] | None = None


@dataclass(frozen=True)
class Transaction:
    """A transaction begun at a version; whatever others commit after it that it would have to know of makes its commit fail."""

    spark: SparkSession
    of_delta: Any

    def change(self, old: Iterable[DataFile], new: Iterable[DataFile], label: str) -> None:
        """Takes the old files out of the table and the new ones in.

        Raises what Delta raises where another writer was faster.
        """
        self.of_delta.readWholeTable()
        added = [self._added(f) for f in new]
        self._commit("Overwrite", [*added, *(self._added(f).remove() for f in old)], label)

    def add(self, new: Iterable[DataFile], label: str, application: tuple[str, int] | None = None) -> None:
        """Takes the files in. ``application`` and its version stay with the table, for ``newest_of``.

        Raises what Delta raises where another writer made the table, or wrote for the same application.
        """
        marks = []
        if application:
            name, version = application
            marks = [self._action({"txn": {"appId": name, "version": version, "lastUpdated": time.time_ns() // 10**6}})]
        self._commit("Append", [*marks, *(self._added(f) for f in new)], label)

    def newest_of(self, application: str) -> int:
        """The version that an application wrote last; -1 before its first."""
        return int(self.of_delta.txnVersion(application))

    def create(self, schema: StructType, properties: dict[str, str]) -> None:
        """Lets the commit make the table. Columns may all be empty, as Delta has it: what is required, the contract holds."""
        fields = re.sub(r'"(nullable|containsNull|valueContainsNull)":false', r'"\1":true', schema.json())
        metadata = {
            "id": str(uuid.uuid4()), "format": {"provider": "parquet", "options": {}}, "schemaString": fields,
            "partitionColumns": [], "configuration": properties, "createdTime": time.time_ns() // 10**6,
        }  # fmt: skip
        self.of_delta.updateMetadataForNewTable(self._action({"metaData": metadata}))

    @property
    def schema(self) -> StructType:
        """The table's columns."""
        return StructType.fromJson(json.loads(self.of_delta.metadata().schemaString()))

    def is_plain(self, to_add: bool = False) -> bool:
        """Whether a plain writer can change the table, or add rows to it."""
        protocol = json.loads(self.of_delta.protocol().json())["protocol"]
        if self.of_delta.metadata().partitionColumns().size():
            return False
        is_plain: bool = protocol["minWriterVersion"] <= _PLAIN_WRITER
        return is_plain or (to_add and set(protocol.get("writerFeatures", ["?"])) <= _FOR_ADDED_ROWS)

    def _commit(self, mode: str, actions: list[Any], label: str) -> None:
        jvm: Any = self.spark._jvm
        none, save_mode = jvm.scala.Option.empty(), getattr(jvm.org.apache.spark.sql.SaveMode, mode)
        write = getattr(jvm.org.apache.spark.sql.delta, "DeltaOperations$Write")
        operation = write(save_mode, none, none, jvm.scala.Option.apply(label), none, none, none, none, none)
        self.of_delta.commit(jvm.org.apache.spark.api.python.PythonUtils.toSeq(actions), operation)

    def _added(self, file: DataFile) -> Any:
        add = {
            "path": file.name, "partitionValues": {}, "size": file.size, "modificationTime": file.modified, "dataChange": True,
        }  # fmt: skip
        if file.statistics is not None:
            add["stats"] = json.dumps(file.statistics)
        return self._action({"add": add})

    def _action(self, action: dict[str, object]) -> Any:
        jvm: Any = self.spark._jvm
        return jvm.org.apache.spark.sql.delta.actions.Action.fromJson(json.dumps(action))


def begun(spark: SparkSession, location: str, version: int | None) -> Transaction | None:
    """A transaction at the table's version, None before the first; None where the table is at another, or Spark has no such
    Delta.
    """
    jvm: Any = getattr(spark, "_jvm", None)
    try:
        log = jvm.org.apache.spark.sql.delta.DeltaLog.forTable(spark._jsparkSession, location)
        transaction = log.startTransaction()
        expected = _NO_TABLE if version is None else version
        return Transaction(spark, transaction) if transaction.readVersion() == expected else None
    except (Py4JError, TypeError, AttributeError):
        return None  # a cluster with another Delta; what is wrong with a table, a write will say
