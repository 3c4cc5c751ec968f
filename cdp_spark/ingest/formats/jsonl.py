"""JSON lines: a record a line; blank lines are none."""

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from cdp_spark.config.reads import FileRead
from cdp_spark.ingest.formats.text import text_columns

_LONGEST_BLANK = 64


def json_lines(spark: SparkSession, paths: list[str], read: FileRead, salvage: bool) -> DataFrame:
    """The lines of the files, as they are."""
    lines = (
        spark.read.option("recursiveFileLookup", "true")
        .option("ignoreCorruptFiles", str(salvage).lower())
        .text(paths)
        .select(
            F.col("_metadata.file_path").alias("uri"),
            F.col("_metadata.file_block_start").alias("file_offset"),
            # The ordinal within the task, which reads exactly one split.
            F.monotonically_increasing_id().bitwiseAND(F.lit((1 << 33) - 1)).alias("row_pos"),
            F.col("value"),
        )
    )
    text = text_columns(F.col("value"), read.encoding)
    return lines.filter(~_is_blank(F.col("value"))).select("uri", "file_offset", "row_pos", *_named(text))


def _named(columns: dict[str, Column]) -> list[Column]:
    return [column.alias(name) for name, column in columns.items()]


def _is_blank(line: Column) -> Column:
    # Looking at the whole of a long line only to find it blank would cost more than it is worth.
    return F.when(F.octet_length(line) > _LONGEST_BLANK, False).otherwise(F.btrim(line, F.lit(" \t\r\n\ufeff")) == "")
