"""One record as it arrived, and what was made of it, for ``cdp record``."""

import re
from dataclasses import dataclass

from pyspark.sql import Row
from pyspark.sql import functions as F

from cdp_spark.config import Config
from cdp_spark.config.reads import FileRead
from cdp_spark.contracts import TableContract
from cdp_spark.contracts.bronze import bronze_contract
from cdp_spark.contracts.silver import IDENTIFIERS, MADE_OF_RECORDS, QUARANTINE, REDRIVEN
from cdp_spark.errors import UsageError
from cdp_spark.runtime.published import Published


@dataclass(frozen=True)
class RecordView:
    """A record of bronze; the tables that have rows made of it, with their warnings; why it waits, or waited."""

    source: str
    arrival: Row
    place: str
    made: list[tuple[str, list[str]]]
    waiting: list[Row]
    left: list[Row]


def record_view(published: Published, config: Config, record_id: str) -> RecordView:
    """The record of that id. Raises UsageError where there is none."""
    for source in sorted(config.sources):
        contract = bronze_contract(source)
        if contract.name not in published.versions:
            continue
        found = published.read(contract).filter(F.col("record_id") == record_id).limit(1).collect()
        if found:
            arrival = found[0]
            return RecordView(
                source=source,
                arrival=arrival,
                place=place_of(config, source, arrival),
                made=_made(published, record_id),
                waiting=_rows(published, QUARANTINE, record_id),
                left=_rows(published, REDRIVEN, record_id),
            )
    raise UsageError("no record has that id", fix="`cdp quality` and `cdp quarantine show` name records")


def place_of(config: Config, source: str, row: Row) -> str:
    """Where a row of bronze or quarantine stood: file and which record of it; of a topic or table what counts there."""
    path, position = row["file_path"] or "", row["row_pos"]
    if position is None:
        return path
    about = config.stream(source, row["stream"])
    if about is None or not isinstance(about.read, FileRead):
        return f"{path}, {position}"
    # A large file is read in parts, and its records are counted in each; the id names where the part begins.
    begins = int(row["record_id"].split("-")[1], 16)
    below = " below the header" if about.read.format == "csv" and about.read.columns is None else ""
    return f"{path}, record {position + 1:,}{f' from byte {begins:,} on' if begins else below}"


def is_record_id(text: str) -> bool:
    """Whether a text has the form of a record's id: findings name records, and sometimes forms of values."""
    return re.fullmatch("[0-9a-f]{24}(-[0-9A-Za-z_]+)+", text) is not None


def _rows(published: Published, contract: TableContract, record_id: str) -> list[Row]:
    if contract.name not in published.versions:
        return []
    return published.read(contract).filter(F.col("record_id") == record_id).orderBy("target").collect()


def _made(published: Published, record_id: str) -> list[tuple[str, list[str]]]:
    made = []
    for contract in MADE_OF_RECORDS:
        if contract is IDENTIFIERS or contract.name not in published.versions:
            continue
        rows = published.read(contract).filter(F.col("record_id") == record_id)
        warnings = F.col("warnings") if "warnings" in contract.column_names else F.array().cast("array<string>")
        for r in rows.select(warnings.alias("warnings")).distinct().collect():
            made.append((contract.name, list(r["warnings"] or ())))
    return made
