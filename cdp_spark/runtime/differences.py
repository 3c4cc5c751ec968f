"""The rows in which a new state differs from the stored one, as pure frame logic."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.contracts import TableContract

OPERATION = "_op"
INSERT, UPDATE, DELETE = "insert", "update", "delete"


def state_differences(contract: TableContract, new_state: DataFrame, stored: DataFrame) -> DataFrame:
    """What has to change for ``stored`` to become ``new_state``: the contract's columns and ``_op``.

    Both frames have the contract's columns and one row a key. A deleted row carries its key only.
    """
    joined = _side_by_side(contract, new_state, stored)
    operation = (
        F.when(F.col("s._there").isNull(), INSERT)
        .when(F.col("n._there").isNull(), DELETE)
        .when(~_same(contract), UPDATE)
    )
    return _differing(contract, joined, operation)


def upsert_differences(
    contract: TableContract, new_rows: DataFrame, stored: DataFrame, newer_by: tuple[str, ...]
) -> DataFrame:
    """The new rows that are not stored, or replace a stored one: the contract's columns and ``_op``.

    ``new_rows`` has one row a key. With ``newer_by`` a row replaces another only when those columns, compared
    in order, are greater; without, whenever it differs.
    """
    stored = stored.join(new_rows.select(*contract.key), list(contract.key), "left_semi")
    joined = _side_by_side(contract, new_rows, stored).filter(F.col("n._there").isNotNull())
    replaces = ~_same(contract)
    if newer_by:
        replaces = replaces & (_tuple("n", newer_by) > _tuple("s", newer_by))
    operation = F.when(F.col("s._there").isNull(), INSERT).when(replaces, UPDATE)
    return _differing(contract, joined, operation)


def deletions(contract: TableContract, gone: DataFrame, stored: DataFrame) -> DataFrame:
    """The stored rows whose keys ``gone`` holds, as rows to delete: their key, and ``_op``."""
    keys = stored.join(gone.select(*contract.key).distinct(), list(contract.key), "left_semi").select(*contract.key)
    rest = {c.name: F.lit(None).cast(c.type) for c in contract.columns if c.name not in contract.key}
    return keys.withColumns({**rest, OPERATION: F.lit(DELETE)}).select(*contract.column_names, OPERATION)


def with_keys_of(contract: TableContract, rows: DataFrame, few: DataFrame, how: str) -> DataFrame:
    """The rows whose key is (``left_semi``) or is not (``left_anti``) among the few."""
    return rows.alias("r").join(few.select(*contract.key).alias("f"), on=_same_key(contract, "r", "f"), how=how)


def _side_by_side(contract: TableContract, new: DataFrame, stored: DataFrame) -> DataFrame:
    n = new.withColumn("_there", F.lit(True)).alias("n")
    s = stored.withColumn("_there", F.lit(True)).alias("s")
    return n.join(s, on=_same_key(contract, "n", "s"), how="full_outer")


def _same_key(contract: TableContract, one: str, other: str) -> list[Column]:
    # Spark looks up a number as it is, and as a row of two columns where it may be empty.
    filled = {c.name for c in contract.columns if c.required}
    pairs = [(k, F.col(f"{one}.`{k}`"), F.col(f"{other}.`{k}`")) for k in contract.key]
    return [a == b if k in filled else a.eqNullSafe(b) for k, a, b in pairs]


def _differing(contract: TableContract, joined: DataFrame, operation: Column) -> DataFrame:
    values = [
        (F.coalesce(F.col(f"n.`{c}`"), F.col(f"s.`{c}`")) if c in contract.key else F.col(f"n.`{c}`")).alias(c)
        for c in contract.column_names
    ]
    return joined.select(*values, operation.alias(OPERATION)).filter(F.col(OPERATION).isNotNull())


def _same(contract: TableContract) -> Column:
    rest = [c for c in contract.columns if c.name not in contract.key]
    same = F.lit(True)
    for c in rest:
        same = same & _comparable(f"n.`{c.name}`", c.type).eqNullSafe(_comparable(f"s.`{c.name}`", c.type))
    return same


def _comparable(column: str, type_: str) -> Column:
    # Spark compares no maps; their sorted entries say the same.
    return F.array_sort(F.map_entries(column)) if type_.startswith("MAP") else F.col(column)


def _tuple(side: str, columns: tuple[str, ...]) -> Column:
    return F.struct(*[F.col(f"{side}.`{c}`") for c in columns])
