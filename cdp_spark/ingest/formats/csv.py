"""CSV: a record becomes a JSON object of header → text; an empty cell is left out.

The header is read here, file by file, so that a byte order mark, renamed, reordered or added columns all work. Spark
reads one-byte encodings and UTF-8 as latin-1, which keeps every byte; the bytes become text afterwards.
"""

import csv
import io
from collections import Counter
from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from cdp_spark.config.reads import FileRead
from cdp_spark.contracts.reasons import Reason
from cdp_spark.ingest.files import LandingZone, StreamFile
from cdp_spark.ingest.formats.text import Encoding, bytes_of_latin, text_columns

Header = tuple[str, ...]

_PYTHON_NAMES = {"utf-8": "utf-8-sig", "latin-1": "latin-1", "windows-1252": "windows-1252", "utf-16": "utf-16"}
_BOM_AS_LATIN = "\u00ef\u00bb\u00bf"


def header_of(zone: LandingZone, file: StreamFile, read: FileRead) -> Header | None:
    """The file's column names; none where it has no line, None where it cannot be read."""
    if read.columns is not None:
        return read.columns
    try:
        system, path = zone.system_path(file.path)
        with system.open_input_stream(path) as stream:
            text = io.TextIOWrapper(stream, _PYTHON_NAMES[read.encoding], errors="replace", newline="")
            row = next(filter(None, csv.reader(text, delimiter=read.delimiter, quotechar=read.quote)), [])
    except (OSError, EOFError, UnicodeError, csv.Error):
        return None
    return tuple(name.strip() or f"column_{i}" for i, name in enumerate(row, 1))


def csv_records(spark: SparkSession, paths: list[str], header: Header, read: FileRead, salvage: bool) -> DataFrame:
    """The records of files that share a header."""
    cells = [f"c{i}" for i in range(len(header))]
    utf16 = read.encoding == "utf-16"
    rows = (
        spark.read.options(
            recursiveFileLookup="true",
            ignoreCorruptFiles=str(salvage).lower(),
            header=str(read.columns is None).lower(),
            multiLine="true",
            sep=read.delimiter if utf16 else _as_latin(read.delimiter, read.encoding),
            quote=read.quote,
            escape=read.quote,
            encoding="UTF-16" if utf16 else "ISO-8859-1",
            mode="PERMISSIVE",
            columnNameOfCorruptRecord="broken",
            enforceSchema="true",
        )
        .schema(", ".join(f"`{c}` STRING" for c in [*cells, "broken"]))
        .csv(paths)
        .select(
            F.col("_metadata.file_path").alias("uri"),
            F.col("_metadata.file_block_start").alias("file_offset"),
            F.monotonically_increasing_id().bitwiseAND(F.lit((1 << 33) - 1)).alias("row_pos"),
            F.regexp_replace("c0", rf"\A(\ufeff|{_BOM_AS_LATIN})", "").alias("c0"),
            *cells[1:],
            "broken",
        )
    )
    stored = F.coalesce("broken", _json(cells, header, utf16, read.encoding))
    text = text_columns(stored if utf16 else bytes_of_latin(stored), "utf-8" if utf16 else read.encoding)
    fault = F.coalesce(text["fault"], F.when(F.col("broken").isNotNull(), Reason.WRONG_COLUMN_COUNT), _doubled(header))
    return rows.select(
        "uri",
        "file_offset",
        "row_pos",
        text["raw"].alias("raw"),
        text["raw_base64"].alias("raw_base64"),
        fault.alias("fault"),
    )


def _json(cells: list[str], header: Header, utf16: bool, encoding: Encoding) -> Column:
    names = header if utf16 else [_as_latin(name, encoding) for name in header]
    return F.to_json(F.struct(*[F.col(c).alias(n) for c, n in zip(cells, _unique(names), strict=True)]))


def _doubled(header: Header) -> Column:
    # Which of two columns of one name is meant nobody knows: no record of such a file is used.
    return F.lit(Reason.DOUBLED_COLUMN if len(set(header)) < len(header) else None).cast("string")


def _unique(names: Sequence[str]) -> list[str]:
    seen: Counter[str] = Counter()
    unique = []
    for name in names:
        seen[name] += 1
        unique.append(name if seen[name] == 1 else f"{name}__{seen[name]}")
    return unique


def _as_latin(text: str, encoding: Encoding) -> str:
    return text.encode(encoding, "replace").decode("latin-1")
