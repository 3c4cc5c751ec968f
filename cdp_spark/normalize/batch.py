"""What has landed since normalize last succeeded."""

from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.contracts.bronze import bronze_contract
from cdp_spark.normalize.mapping import MappingPlan
from cdp_spark.runtime.run import Run

STEP_NAME = "normalize"


@dataclass(frozen=True)
class Batch:
    """New bronze rows by source, the landing each source was read up to before, and what is to be made of them."""

    bronze: dict[str, DataFrame]
    since: dict[str, int]
    plans: tuple[MappingPlan, ...]
    rows: int
    faulty: int

    def of_target(self, target: str) -> list[tuple[MappingPlan, DataFrame]]:
        """The mappings to a table, each with its source's new rows."""
        return [(p, self.bronze[p.source]) for p in self.plans if p.mapping.to == target]

    def holds(self) -> Column:
        """Whether a row of a silver table was made of a record of this batch."""
        parts = [(F.col("source") == s) & (F.col("landing_id") > self.since[s]) for s in self.bronze]
        return reduce(lambda a, b: a | b, parts)

    @property
    def floor(self) -> int:
        """Every landing of the batch is later than this one."""
        return min(self.since[s] for s in self.bronze)


def new_records(run: Run) -> Batch | None:
    """The rows landed since the last success, None when there are none."""
    tables = {s: bronze_contract(s) for s in run.config.sources}
    there = {s: t for s, t in tables.items() if run.tables.version(t) is not None}
    since = {s: _read_before(run, s) for s in there}
    new = {s: run.tables.read(t).filter(F.col("landing_id") > since[s]) for s, t in there.items()}
    if not new:
        return None
    found = _rows_by_stream(new)
    plans = [
        MappingPlan(source, name, stream, i, run.config.project.timezone, run.config.project.country)
        for source in new
        for name, stream in run.config.sources[source].streams.items()
        for i in range(len(stream.mappings))
        if (source, name) in found
    ]
    filled = {s: frame for s, frame in new.items() if any(source == s for source, _ in found)}
    if not filled:
        return None
    rows, faulty = (sum(counts[i] for counts in found.values()) for i in (0, 1))
    return Batch(filled, since, tuple(plans), rows, faulty)


def _read_before(run: Run, source: str) -> int:
    contract = bronze_contract(source)
    version = run.processed.get(STEP_NAME, {}).get(contract.name)
    if version is None:
        return 0
    newest = run.tables.read(contract, version).agg(F.max("landing_id")).first()
    return int(newest[0] or 0) if newest else 0


def _rows_by_stream(new: dict[str, DataFrame]) -> dict[tuple[str, str], tuple[int, int]]:
    parts = [
        frame.groupBy(F.lit(source).alias("source"), "stream").agg(
            F.count(F.lit(1)).alias("rows"), F.count("fault").alias("faulty")
        )
        for source, frame in new.items()
    ]
    rows = reduce(DataFrame.unionAll, parts).collect()
    return {(r["source"], r["stream"]): (r["rows"], r["faulty"]) for r in rows}
