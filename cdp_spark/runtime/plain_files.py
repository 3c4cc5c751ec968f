"""A small table's files, told by Delta Kernel without a Spark job.

Delta asks Spark for a table's files once for every time a plan reads it, which takes more than a tenth of a second each; a run of
the demo reads some three hundred times, mostly tables of a few files whose statistics could not spare it any.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from py4j.protocol import Py4JError
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructType

# More files are worth choosing among by their statistics.
FEW = 16
# Deletion vectors, other names of columns and whatever else has to be heeded ask for a newer one.
_PLAIN_READER = 1
_GLOB = re.compile(r"[*?\[\]{}\\]")


@dataclass(frozen=True)
class PlainFiles:
    """Parquet files that together are a table's rows at a version, with nothing else to heed."""

    sizes: dict[str, int]
    """Path → bytes."""
    schema: StructType

    @property
    def paths(self) -> tuple[str, ...]:
        """The files, in order."""
        return tuple(sorted(self.sizes))

    @property
    def n_bytes(self) -> int:
        """Bytes of all files."""
        return sum(self.sizes.values())

    def rows(self, spark: SparkSession) -> DataFrame:
        """The table's rows. Of none Spark knows that there are none, and leaves out what would be joined to them."""
        if not self.sizes:
            return spark.createDataFrame(to_arrow_schema(self.schema, timezone="UTC").empty_table())
        return spark.read.schema(self.schema).parquet(*self.paths)


def plain_files(spark: SparkSession, location: str, version: int) -> PlainFiles | None:
    """The files of the table in a folder; None where they are many, where the table asks for a newer reader or is
    partitioned, and where Spark has no Delta Kernel at hand.
    """
    jvm: Any = getattr(spark, "_jvm", None)
    if jvm is None or _GLOB.search(location):
        return None
    try:
        engine = jvm.io.delta.kernel.defaults.engine.DefaultEngine.create(spark.sparkContext._jsc.hadoopConfiguration())
        snapshot = jvm.io.delta.kernel.TableManager.loadSnapshot(location).atVersion(version).build(engine)
        if snapshot.getProtocol().getMinReaderVersion() > _PLAIN_READER or snapshot.getPartitionColumnNames().size():
            return None
        sizes = _few_sizes(jvm, engine, snapshot)
        return None if sizes is None else PlainFiles(sizes, _schema(snapshot))
    except (Py4JError, TypeError):  # a cluster without these classes; what is wrong with a table, Delta itself says
        return None


def _few_sizes(jvm: Any, engine: Any, snapshot: Any) -> dict[str, int] | None:
    """Path → bytes; None where there are more than a few files."""
    of_row = jvm.io.delta.kernel.internal.InternalScanFileUtils
    sizes: dict[str, int] = {}
    batches = snapshot.getScanBuilder().build().getScanFiles(engine)
    try:
        while batches.hasNext():
            rows = batches.next().getRows()
            while rows.hasNext():
                if len(sizes) == FEW:
                    return None
                status = of_row.getAddFileStatus(rows.next())
                sizes[status.getPath()] = status.getSize()
    finally:
        batches.close()
    return sizes


def _schema(snapshot: Any) -> StructType:
    return StructType.fromJson(json.loads(snapshot.getMetadata().getSchemaString()))
