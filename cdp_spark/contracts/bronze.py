"""Bronze: raw records as they arrived, one table a source, all of one shape."""

from cdp_spark.contracts.table import Column, Pii, TableContract

_COLUMNS = (
    Column(
        "record_id", "STRING", "Names the arrival: hash of source, stream, file version and position.", required=True
    ),
    Column("message_id", "STRING", "Names the fact: the source's own id, else a hash of the payload.", Pii.QUASI),
    Column("stream", "STRING", "Stream of the source, e.g. events.", required=True),
    Column(
        "raw", "STRING", "The record, untouched; a row of a CSV, Parquet or other table as JSON object.", Pii.DIRECT
    ),
    Column("raw_base64", "STRING", "The exact bytes, where the record was not valid UTF-8.", Pii.DIRECT),
    Column("fault", "STRING", "Why the reader could not take the record as one, e.g. wrong_column_count."),
    Column("file_path", "STRING", "The file, relative to the landing root; topic/partition; the table.", required=True),
    Column("file_mtime", "TIMESTAMP", "The file's modification time; a Kafka record's time; else the landing's."),
    Column("file_size", "BIGINT", "The file's size in bytes."),
    Column("file_offset", "BIGINT", "Where the split began that the record was read from."),
    Column("row_pos", "BIGINT", "Ordinal within that split; a Kafka offset; a row's cursor (times in µs); a version."),
    Column("landing_id", "BIGINT", "The landing that took the file; rises with every landing.", required=True),
    Column("landed_at", "TIMESTAMP", "When the landing took place.", required=True),
    Column("record_key", "STRING", "A Kafka record's key; the key columns of a table's row as JSON.", Pii.DIRECT),
    Column("headers", "ARRAY<STRUCT<key: STRING, value: STRING>>", "A Kafka record's headers.", Pii.DIRECT),
    Column("is_delete", "BOOLEAN", "The source says that what the key names is gone; raw holds the key alone."),
)


def bronze_contract(source: str) -> TableContract:
    """The contract of ``bronze.<source>``."""
    return TableContract(
        name=f"bronze.{source}",
        about=f"Raw records of source {source} as they arrived.",
        columns=_COLUMNS,
        key=("record_id",),
    )
