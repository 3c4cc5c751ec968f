"""Records of a file, all columns as text."""

import csv
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from cdp_spark.errors import UsageError


def records_of_file(path: Path) -> pa.Table:
    """A CSV file with a header, or a Parquet file. Raises UsageError when it can't be read so."""
    if not path.is_file():
        raise UsageError(f"there is no file {path}", fix="name a CSV or Parquet file with one record a row")
    try:
        table = pyarrow.parquet.read_table(path) if path.suffix == ".parquet" else _csv(path)
    except (pa.ArrowInvalid, UnicodeDecodeError) as e:
        raise UsageError(f"{path} is no CSV file with a header, and no Parquet file", fix="save it as UTF-8 CSV") from e
    return table.rename_columns([c.strip() for c in table.column_names])


def _csv(path: Path) -> pa.Table:
    with path.open(newline="", encoding="utf-8-sig") as file:
        header = next(csv.reader(file), [])
    options = pa.csv.ConvertOptions(
        column_types={c: pa.string() for c in header}, strings_can_be_null=True, null_values=[""]
    )
    return pa.csv.read_csv(path, convert_options=options, parse_options=pa.csv.ParseOptions(newlines_in_values=True))
