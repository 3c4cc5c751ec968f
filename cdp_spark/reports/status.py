"""What a warehouse holds now, for ``cdp status``."""

from dataclasses import dataclass

from pyspark.sql import Row
from pyspark.sql import functions as F

from cdp_spark.config import Config
from cdp_spark.contracts.ops import PUBLICATIONS, RUNS, STEPS
from cdp_spark.contracts.warehouse import all_contracts
from cdp_spark.reports.outdated import Outdated, outdated
from cdp_spark.runtime.published import Published

_RUNS_SHOWN = 10


@dataclass(frozen=True)
class WarehouseStatus:
    """The last runs, the steps of the newest one, the publication, rows by table, and what stands there by older mappings."""

    runs: list[Row]
    steps: list[Row]
    publication: Row
    rows: dict[str, int]
    outdated: Outdated


def warehouse_status(published: Published, config: Config) -> WarehouseStatus:
    """The status of the warehouse that ``published`` reads."""
    runs = published.newest(RUNS).orderBy(F.desc("sequence"), F.desc("at")).limit(2 * _RUNS_SHOWN).collect()
    publication = published.newest(PUBLICATIONS).orderBy(F.desc("publication_id")).first()
    newest = max((r["sequence"] for r in runs), default=0)
    steps = published.newest(STEPS).filter(F.col("sequence") == newest).collect()
    if publication is None:
        raise AssertionError("a Published reader exists only after a publication")
    rows, older = _row_counts(published, config), outdated(published, config)
    return WarehouseStatus(_latest_states(runs), steps, publication, rows, older)


def _latest_states(runs: list[Row]) -> list[Row]:
    latest: dict[str, Row] = {}
    for r in sorted(runs, key=lambda r: (r["sequence"], r["at"])):
        latest[r["run_id"]] = r
    return sorted(latest.values(), key=lambda r: -int(r["sequence"]))[:_RUNS_SHOWN]


def _row_counts(published: Published, config: Config) -> dict[str, int]:
    tables = [c for c in all_contracts(config) if c.name in published.versions]
    # Delta answers a bare count from the log, without reading data.
    return {c.name: published.read(c).count() for c in tables}
