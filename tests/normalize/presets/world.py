"""One warehouse with what every preset makes of its payloads: files below this folder, and public data sets in place."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from cdp_spark.config.presets import adopted
from cdp_spark.contracts.silver import (
    AD_SPEND,
    CONSENT_EVENTS,
    CUSTOMERS,
    EVENTS,
    IDENTIFIERS,
    ORDER_LINES,
    ORDERS,
    QUARANTINE,
)
from cdp_spark.runtime.run import Counts
from tests.ingest.company import WRITTEN, Company

PAYLOADS = Path(__file__).parent
TABLES = (EVENTS, CUSTOMERS, ORDERS, ORDER_LINES, AD_SPEND, CONSENT_EVENTS, IDENTIFIERS, QUARANTINE)
_PROVENANCE = ("record_id", "landing_id")


@dataclass
class World:
    """The rows of silver by table and source, with times as ISO text and amounts as numbers."""

    counts: Counts
    found: dict[str, dict[str, list[dict[str, Any]]]]

    def rows(self, table: str, source: str, *columns: str) -> list[tuple[Any, ...]]:
        """The columns of a source's rows of a table, in order."""
        rows = self.found[table].get(source, [])
        return sorted((tuple(r[c] for c in columns) for r in rows), key=repr)

    def one(self, table: str, source: str, **where: Any) -> dict[str, Any]:
        """What is there of the one row that has these values."""
        rows = [r for r in self.found[table].get(source, []) if all(r[k] == v for k, v in where.items())]
        assert len(rows) == 1, (table, source, where, self.found[table].get(source))
        return {k: v for k, v in rows[0].items() if v is not None and v != [] and k not in _PROVENANCE}

    def identifiers(self, source: str) -> set[tuple[str, str]]:
        """Namespace and value of a source's identifiers."""
        return {(r["namespace"], r["value"]) for r in self.found["identifiers"].get(source, [])}


def made(spark: SparkSession, folder: Path, sources: dict[str, dict[str, Any]], data: Path | None = None) -> World:
    """Takes in the payloads of these sources, each of which adopts a preset, in one run; ``data`` is where they lie,
    in place of the payloads here.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if data is not None:
        (folder / "landing").symlink_to(data)
    for name in sources if data is None else ():
        shutil.copytree(PAYLOADS / name, folder / "landing" / name)
    for file in (folder / "landing").rglob("*") if data is None else ():
        os.utime(file, (WRITTEN.timestamp(), WRITTEN.timestamp()))
    configured = {
        n: {k: v for k, v in adopted({"source": n, **s}).items() if k != "source"} for n, s in sources.items()
    }
    company = Company(spark, folder, {}, more_sources=configured)
    counts = company.run()
    return World(counts, {t.table: _by_source(company, t) for t in TABLES})


def _by_source(company: Company, contract: Any) -> dict[str, list[dict[str, Any]]]:
    if company.tables.version(contract) is None:
        return {}
    frame = company.frame(contract)
    shown = {
        c.name: _shown(c.name, c.type) for c in contract.columns if c.type.startswith(("TIMESTAMP", "DATE", "DECIMAL"))
    }
    by_source: dict[str, list[dict[str, Any]]] = {}
    for row in frame.withColumns(shown).collect():
        by_source.setdefault(row["source"], []).append(row.asDict(recursive=True))
    return by_source


def _shown(name: str, type_: str) -> Any:
    if type_.startswith("DECIMAL"):
        return F.col(name).cast("double")
    return F.date_format(name, "yyyy-MM-dd'T'HH:mm:ss") if type_ == "TIMESTAMP" else F.date_format(name, "yyyy-MM-dd")
