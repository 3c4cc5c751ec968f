"""Rows of a table that may have landed before: which are new, which changed, which are gone.

A row is named by its key columns, as JSON; its content is the hash of its JSON text.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from cdp_spark.ingest.bronze_rows import landing_columns, named_rows, tombstone
from cdp_spark.ingest.landings import Landing, Part
from cdp_spark.ingest.readers import StreamOf

_TEXT = {
    "timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX",
    "timestampNTZFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSS",
}
_WITHOUT_NULLS: Mapping[str, str] = MappingProxyType({**_TEXT, "ignoreNullFields": "true"})


def keyed_rows(table: DataFrame, key: Sequence[str] | None, columns: Sequence[str] | None, **more: Column) -> DataFrame:
    """``raw`` (the row as JSON without its NULLs), ``record_key``, and what else is asked for."""
    shown = F.struct(*[F.col(f"`{c}`") for c in columns or table.columns])
    name = F.to_json(F.struct(*[F.col(f"`{k}`") for k in key]), dict(_TEXT)) if key else F.lit(None).cast("string")
    others = [column.alias(n) for n, column in more.items()]
    return table.select(F.to_json(shown, dict(_WITHOUT_NULLS)).alias("raw"), name.alias("record_key"), *others)


def last_states(bronze: DataFrame, part: Part) -> DataFrame:
    """``record_key``, ``content`` and ``is_gone`` of what the table's rows were when they last landed."""
    rows = bronze.filter((F.col("stream") == part.stream) & (F.col("file_path") == part.path))
    newest = F.struct("landing_id", F.coalesce("row_pos", F.lit(0)), "record_id")
    return (
        rows.groupBy("record_key")
        .agg(
            F.max_by(
                F.struct(_content().alias("content"), F.coalesce("is_delete", F.lit(False)).alias("gone")), newest
            ).alias("s")
        )
        .select("record_key", F.col("s.content").alias("content"), F.col("s.gone").alias("is_gone"))
    )


def changed_rows(rows: DataFrame, states: DataFrame) -> DataFrame:
    """The rows that are not as they were when they last landed."""
    known = states.filter(~F.col("is_gone")).select("record_key", "content")
    return rows.withColumn("content", _content()).join(known, on=["record_key", "content"], how="left_anti")


def gone_keys(rows: DataFrame, states: DataFrame) -> DataFrame:
    """``record_key`` of what had landed and is no row any more."""
    return (
        states.filter(~F.col("is_gone"))
        .join(rows.select("record_key"), on="record_key", how="left_anti")
        .select("record_key")
    )


def table_rows(stream: StreamOf, landing: Landing, part: Part, rows: DataFrame, position: Column) -> DataFrame:
    """Bronze rows of ``raw``, ``record_key`` and ``is_delete``; a delete says its key alone.

    A record is named by its landing and by what it says; equal rows by their number, too.
    """
    place = F.concat_ws("|", F.lit(stream.source), F.lit(stream.name), F.lit(part.path))
    said = rows.withColumns(
        {
            "raw": F.when(F.col("is_delete"), tombstone(F.col("record_key"))).otherwise(F.col("raw")),
            "row_pos": position.cast("bigint"),
        }
    ).withColumn("_says", F.sha2(F.concat_ws("|", "record_key", F.col("row_pos").cast("string"), "raw"), 256))
    number = F.row_number().over(Window.partitionBy("_says").orderBy("_says"))
    none = F.lit(None).cast("string")
    records = said.withColumn("_number", number).select(
        "raw",
        none.alias("raw_base64"),
        none.alias("fault"),
        "record_key",
        "is_delete",
        F.lit(part.path).alias("file_path"),
        F.lit(landing.at).cast("timestamp").alias("file_mtime"),
        F.lit(None).cast("bigint").alias("file_size"),
        F.lit(0).cast("bigint").alias("file_offset"),
        "row_pos",
        F.concat_ws(
            "-",
            F.substring(F.sha2(place, 256), 1, 24),
            F.lpad(F.lower(F.hex(F.lit(landing.landing_id).cast("bigint"))), 10, "0"),
            F.concat_ws("_", F.substring("_says", 1, 24), F.lpad(F.hex("_number"), 4, "0")),
        ).alias("record_id"),
        *[c.alias(n) for n, c in landing_columns(stream, landing).items()],
    )
    return named_rows(stream, records, is_json_text=False)


def _content() -> Column:
    return F.sha2("raw", 256)
