"""What a write refuses, and how it says so."""

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa
from delta.exceptions import (
    ConcurrentAppendException,
    ConcurrentDeleteDeleteException,
    ConcurrentDeleteReadException,
    ConcurrentTransactionException,
    ConcurrentWriteException,
    DeltaConcurrentModificationException,
    MetadataChangedException,
    ProtocolChangedException,
)
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from cdp_spark.contracts import TableContract
from cdp_spark.errors import ContractError, TransientError

_REQUIRED = "required column is empty: "
# In Python they are not of one kind.
_CONFLICTS = (
    ConcurrentAppendException,
    ConcurrentDeleteDeleteException,
    ConcurrentDeleteReadException,
    ConcurrentTransactionException,
    ConcurrentWriteException,
    DeltaConcurrentModificationException,
    MetadataChangedException,
    ProtocolChangedException,
)


def filled(contract: TableContract, shaped: DataFrame) -> DataFrame:
    """The rows, whose computation fails where a required column is empty."""
    required = {
        c.name: F.coalesce(
            F.col(f"`{c.name}`"), F.raise_error(F.lit(f"{_REQUIRED}{contract.name}.{c.name}")).cast(c.type)
        )
        for c in contract.columns
        if c.required and shaped.schema[c.name].nullable
    }
    return shaped.withColumns(required)


@contextmanager
def understood(contract: TableContract) -> Iterator[None]:
    """Turns Delta's and Spark's failures into this project's, without the values they quote."""
    try:
        yield
    except _CONFLICTS as e:
        raise TransientError(
            f"another writer changed {contract.name} at the same time", fix="run again", table=contract.name
        ) from e
    except (PySparkException, Py4JJavaError) as e:  # which of them depends on where in the JVM it came from
        text = str(e)
        if _REQUIRED in text:
            column = text.split(_REQUIRED, 1)[1].split(maxsplit=1)[0].strip("'\"`.,)")
            raise _empty(contract, column) from None
        raise


def refuse_empty(contract: TableContract, rows: pa.Table) -> None:
    """Raises ContractError where a required column of the rows is empty."""
    for column in contract.columns:
        if column.required and rows[column.name].null_count:
            raise _empty(contract, f"{contract.name}.{column.name}")


def _empty(contract: TableContract, column: str) -> ContractError:
    return ContractError(
        f"a required column is empty: {column}", fix="correct the mapping or rule that makes it", table=contract.name
    )
