"""The name of the fact that a record tells, from the record's own fields."""

import re

from pyspark.sql import Column
from pyspark.sql import functions as F

from cdp_spark.config.sources import Concat, Const, First, Hashed, Stream, Text, Value


def own_ids(stream: Stream) -> Column:
    """The name that a record gives its fact, NULL where its stream names no field for it, from column ``parsed`` (the record as
    the one element of a VARIANT array).
    """
    return F.lit(None).cast("string") if stream.message_id is None else _text(stream.message_id)


def fact_ids(source: str, stream_name: str, stream: Stream) -> Column:
    """The message id, from columns ``own_id`` (``own_ids``), ``raw``, ``file_path``, ``file_offset`` and ``row_pos``.

    A source's own id gets source and stream before it unless it is unique in the world. A record without one is named
    by a hash of what it says, and of its place where equal records are separate facts.
    """
    place = [F.col(c).cast("string") for c in ("file_path", "file_offset", "row_pos")]
    separate = place if stream.equal_records == "separate" else []
    hashed = F.sha2(F.concat_ws("|", F.lit(source), F.lit(stream_name), F.col("raw"), *separate), 256)
    own = F.when(F.trim("own_id") != "", F.col("own_id"))
    return F.coalesce(own if stream.global_id else F.concat(F.lit(f"{source}:{stream_name}:"), own), hashed)


def variant_path(path: str) -> str:
    """A mapping's path within the VARIANT array ``parsed``."""
    steps = re.findall(r"[^.\[\]]+|\[\d+\]", path)
    return "$[0]" + "".join(s if s.startswith("[") else f"[{_quoted(s)}]" for s in steps)


def _quoted(name: str) -> str:
    return f'"{name}"' if "'" in name else f"'{name}'"


def _text(value: Value) -> Column:
    match value:
        case str():
            return F.try_variant_get("parsed", variant_path(value), "string")
        case Const(const=const):
            return F.lit(str(const))
        case First(first=parts):
            return F.coalesce(*[F.nullif(_text(p), F.lit("")) for p in parts])
        case Concat(concat=parts, separator=separator):
            texts = [_text(p) for p in parts]
            return F.when(F.coalesce(*texts).isNotNull(), F.concat_ws(separator, *texts))
        case Text(text=part, case=case):
            trimmed = F.regexp_replace(_text(part), r"\A\s+|\s+\z", "")
            return {"lower": F.lower, "upper": F.upper}.get(case, lambda c: c)(trimmed)
        case Hashed(hash=parts):
            return F.sha2(F.concat_ws("\x1f", *[F.coalesce(_text(p), F.lit("\x00")) for p in parts]), 256)
        case _:
            raise AssertionError(f"{type(value).__name__} names no fact; the configuration refuses it")
