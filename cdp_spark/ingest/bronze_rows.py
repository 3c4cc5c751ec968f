"""Records of any kind of source → bronze rows."""

from datetime import datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.contracts.bronze import bronze_contract
from cdp_spark.contracts.reasons import Reason
from cdp_spark.ingest.landings import Landing
from cdp_spark.ingest.message_ids import fact_ids, own_ids
from cdp_spark.ingest.readers import StreamOf

# What a reader of files knows nothing about.
NO_KEY = {"record_key": "STRING", "headers": "ARRAY<STRUCT<key: STRING, value: STRING>>", "is_delete": "BOOLEAN"}


def landing_columns(stream: StreamOf, landing: Landing) -> dict[str, Column]:
    """Stream and landing of a record."""
    return {
        "stream": F.lit(stream.name),
        "landing_id": F.lit(landing.landing_id).cast("bigint"),
        "landed_at": _time(landing.at),
    }


def named_rows(stream: StreamOf, records: DataFrame, is_json_text: bool) -> DataFrame:
    """Bronze rows: the records with the name of their fact, and with a fault where they are no JSON object.

    Texts that the reader made itself (``is_json_text`` false) are not looked at again. Where a record says that
    something is gone, ``is_delete``, the saying is the fact.
    """
    too_large = F.octet_length("raw") > stream.stream.read.max_record_bytes
    # As the one element of an array, a second record on the line makes it malformed instead of vanishing.
    whole = F.try_parse_json(F.concat(F.lit("["), F.col("raw"), F.lit("]")))
    # Each in a column of its own, or it would be made anew for each use.
    parsed = records.withColumn("parsed", F.when(~too_large & F.col("fault").isNull(), whole))
    parsed = parsed.withColumn("own_id", own_ids(stream.stream))
    fault = F.coalesce(F.when(too_large, Reason.RECORD_TOO_LARGE), F.col("fault"))
    if is_json_text:
        fault = F.coalesce(fault, _json_fault())
    name = fact_ids(stream.source, stream.name, stream.stream)
    if "is_delete" in records.columns:
        name = F.when(F.col("is_delete"), F.sha2("record_id", 256)).otherwise(name)
    absent = {c: F.lit(None).cast(kind) for c, kind in NO_KEY.items() if c not in records.columns}
    named = parsed.withColumns({"message_id": name, "fault": fault, **absent})
    return bronze_contract(stream.source).shape(named)


def tombstone(key: Column) -> Column:
    """What a delete says: ``_deleted``, with the fields of a key that is a JSON object, else the key as ``_key``."""
    is_object = F.try_parse_json(key).isNotNull() & key.rlike(r'\A\s*\{\s*"')
    fields = F.regexp_replace(key, r"\A\s*\{", "")
    plain = F.to_json(F.struct(F.lit(True).alias("_deleted"), key.alias("_key")))
    return F.when(is_object, F.concat(F.lit('{"_deleted":true,'), fields)).otherwise(plain)


def _time(at: datetime) -> Column:
    return F.lit(at).cast("timestamp")


def _json_fault() -> Column:
    """Why a line is not one JSON object; columns ``raw`` and ``parsed``."""
    raw, parsed = F.col("raw"), F.col("parsed")
    keys = F.json_object_keys(raw)
    strict = {"allowSingleQuotes": "false", "allowNonNumericNumbers": "false"}
    reads = F.from_json(F.concat(F.lit("["), raw, F.lit("]")), "ARRAY<MAP<STRING, STRING>>", strict)
    doubled = (F.size(keys) > F.size(F.array_distinct(keys))) | (F.size(reads) == 1)
    # A surrogate alone is no text: such a line reads leniently, but not as JSON.
    is_duplicate = doubled & ~raw.rlike(r"\\u[dD][89a-fA-F]")
    return (
        F.when(
            parsed.isNull(),
            F.when(F.coalesce(is_duplicate, F.lit(False)), Reason.DUPLICATE_KEYS).otherwise(Reason.MALFORMED_JSON),
        )
        .when(F.try_variant_get(parsed, "$[1]", "variant").isNotNull(), Reason.MALFORMED_JSON)
        .when(~F.ltrim(raw).startswith("{"), Reason.NOT_AN_OBJECT)
    )
