"""Frames of rows that the driver makes: a handful, or none."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import cast

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructType


def frame_of_rows(spark: SparkSession, schema: str, rows: Sequence[Sequence[object]] = ()) -> DataFrame:
    """The rows, each with a value a column of ``schema`` (DDL); nothing is held to NOT NULL.

    By Arrow: for a list Spark starts Python workers and takes the rows for ones of unknown number.

    Raises ValueError for a time without a zone, as Spark collects them: it is that of this machine.
    """
    types = cast("StructType", StructType.fromDDL(schema.replace(" NOT NULL", "")))
    arrow = to_arrow_schema(types, timezone="UTC")
    columns = [pa.array([_value(row[i]) for row in rows], type=field.type) for i, field in enumerate(arrow)]
    return spark.createDataFrame(pa.Table.from_arrays(columns, schema=arrow))


def _value(value: object) -> object:
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError("a time needs a zone: collect its microseconds, and see time_of_micros")
    # Arrow takes a map as its entries.
    return list(value.items()) if isinstance(value, dict) else value


def time_of_micros(micros: int) -> datetime:
    """The time of so many microseconds since 1970: a collected TIMESTAMP would lose its zone."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
