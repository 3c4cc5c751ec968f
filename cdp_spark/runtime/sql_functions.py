"""Columns as functions of SQL.

A session's SQL knows functions by the text of their bodies. That text is printed from the Column that a function makes
of its parameters, after Spark has resolved it, so that SQL and Columns cannot say different things. No text of a user
is in it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from cdp_spark.runtime.rows import frame_of_rows


@dataclass(frozen=True)
class SqlFunction:
    """``parameters`` are texts; ``column`` makes the result of them. ``python`` gives a vectorised function instead,
    where a library does the work.
    """

    parameters: tuple[str, ...]
    returns: str
    column: Callable[..., Column] | None = None
    python: Callable[[], Any] | None = None


def register_functions(spark: SparkSession, functions: Mapping[str, SqlFunction]) -> None:
    """Makes functions known to the SQL of a session, in place of earlier ones of the same name."""
    for name, function in functions.items():
        if function.python is not None:
            spark.udf.register(name, function.python())
        else:
            spark.sql(_definition(spark, name, function))


def _definition(spark: SparkSession, name: str, function: SqlFunction) -> str:
    assert function.column is not None
    names = function.parameters
    frame = frame_of_rows(spark, ", ".join(f"{p} STRING" for p in names))
    body = frame.select(function.column(*[F.col(p) for p in names]).cast(function.returns).alias("body"))
    text = body._jdf.queryExecution().analyzed().expressions().head().child().sql()
    parameters = ", ".join(f"{p} STRING" for p in names)
    return f"CREATE OR REPLACE TEMPORARY FUNCTION {name}({parameters}) RETURNS {function.returns} RETURN {text}"
