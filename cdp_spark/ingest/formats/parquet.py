"""Parquet: a row becomes a JSON object; NULLs are left out, times are ISO 8601 in UTC, decimals exact."""

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from cdp_spark.ingest.files import LandingZone, StreamFile

_TIMES = {
    "timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX",
    "timestampNTZFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSS",
    "ignoreNullFields": "true",
}


def columns_of(zone: LandingZone, file: StreamFile) -> str | None:
    """The file's columns and types as text; None where its footer cannot be read."""
    system, path = zone.system_path(file.path)
    try:
        with system.open_input_file(path) as stream:
            return str(pq.read_schema(stream).remove_metadata().to_string(show_field_metadata=False))
    except (OSError, pa.ArrowException):
        return None


def parquet_rows(spark: SparkSession, paths: list[str], salvage: bool) -> DataFrame:
    """The rows of files that share their columns."""
    none = F.lit(None).cast("string")
    return (
        spark.read.option("recursiveFileLookup", "true")
        .option("ignoreCorruptFiles", str(salvage).lower())
        .parquet(*paths)
        .select(
            F.col("_metadata.file_path").alias("uri"),
            F.lit(0).cast("bigint").alias("file_offset"),
            F.col("_metadata.row_index").alias("row_pos"),
            F.to_json(F.struct("*"), _TIMES).alias("raw"),
            none.alias("raw_base64"),
            none.alias("fault"),
        )
    )
