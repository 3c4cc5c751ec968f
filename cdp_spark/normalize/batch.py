"""What has landed since normalize last succeeded, and what goes through it again."""

from collections import Counter
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.contracts.bronze import bronze_contract
from cdp_spark.normalize.checks import RowChecks
from cdp_spark.normalize.mapping import MappingPlan
from cdp_spark.normalize.redrive import Redrive, pending_redrive
from cdp_spark.runtime.run import Run

STEP_NAME = "normalize"


@dataclass(frozen=True)
class Batch:
    """New bronze rows by source, the landing each source was read up to before, quarantined records that go again, and
    what is to be made of them.
    """

    new: dict[str, DataFrame]
    since: dict[str, int]
    redrive: Redrive | None
    plans: tuple[MappingPlan, ...]
    rows: int
    faulty: dict[str, int]
    """How many records no reader could take as one, by source; sources without any are left out."""

    @property
    def bronze(self) -> dict[str, DataFrame]:
        """All the batch's records by source."""
        again = {s: r.drop("_targets") for s, r in self.redrive.records.items()} if self.redrive else {}
        return {s: _together(self.new.get(s), again.get(s)) for s in {**self.new, **again}}

    def of_target(self, target: str) -> list[tuple[MappingPlan, DataFrame]]:
        """The mappings to a table, each with its source's records."""
        plans = [p for p in self.plans if p.mapping.to == target]
        records = {s: self._of_target(s, target) for s in {p.source for p in plans}}
        return [(p, records[p.source]) for p in plans]

    def rows_of(self, table: DataFrame) -> DataFrame:
        """The rows of a silver table that were made of the batch's records."""
        again = table.join(self.redrive.ids, on="record_id", how="left_semi") if self.redrive else None
        # What goes again has landed before, so no row is there twice.
        return _together(table.filter(self.holds()) if self.new else None, again)

    def holds(self) -> Column:
        """Whether a row of a silver table was made of a new record."""
        parts = [(F.col("source") == s) & (F.col("landing_id") > self.since[s]) for s in self.new]
        return reduce(lambda a, b: a | b, parts)

    @property
    def floor(self) -> int:
        """Every new landing is later than this one."""
        return min(self.since[s] for s in self.new)

    def _of_target(self, source: str, target: str) -> DataFrame:
        has_again = self.redrive is not None and source in self.redrive.records
        again = self.redrive.of_target(source, target) if self.redrive and has_again else None
        return _together(self.new.get(source), again)


def landings_read(run: Run) -> dict[str, int]:
    """The landing each source was read up to when the step last succeeded."""
    return {s: _read_before(run, s) for s in run.config.sources if run.tables.version(bronze_contract(s)) is not None}


def next_batch(run: Run) -> Batch | None:
    """What landed since the last success and what was asked to go again, None when there is neither."""
    tables = {s: bronze_contract(s) for s in run.config.sources}
    there = {s: t for s, t in tables.items() if run.tables.version(t) is not None}
    since = landings_read(run)
    # Records of a stream that is configured no more stay in bronze: there is no mapping that could account for them.
    new = {
        s: run.tables.read(t).filter(
            (F.col("landing_id") > since[s]) & F.col("stream").isin(*run.config.sources[s].streams)
        )
        for s, t in there.items()
    }
    if not new:
        return None
    found = _rows_by_stream(new)
    redrive = pending_redrive(run, STEP_NAME, since)
    again = redrive.counts if redrive else {}
    project = run.config.project
    checks = RowChecks(run.config.quality.rules, run.config.tracking_plan)
    plans = [
        MappingPlan(source, name, stream, i, project.timezone, project.country, project, checks)
        for source in new
        for name, stream in run.config.sources[source].streams.items()
        for i in range(len(stream.mappings))
        if (source, name) in found or (source, name) in again
    ]
    filled = {s: frame for s, frame in new.items() if any(source == s for source, _ in found)}
    if not filled and not redrive:
        return None
    rows, faulty = 0, Counter[str]()
    for (source, _), (records, unreadable) in (*found.items(), *again.items()):
        rows += records
        faulty[source] += unreadable
    return Batch(filled, since, redrive, tuple(plans), rows, dict(+faulty))


def _together(new: DataFrame | None, again: DataFrame | None) -> DataFrame:
    there = [f for f in (new, again) if f is not None]
    return reduce(DataFrame.unionByName, there)


def _read_before(run: Run, source: str) -> int:
    contract = bronze_contract(source)
    version = run.processed.get(STEP_NAME, {}).get(contract.name)
    return 0 if version is None else run.tables.newest_landing(contract, version)


def _rows_by_stream(new: dict[str, DataFrame]) -> dict[tuple[str, str], tuple[int, int]]:
    parts = [frame.select(F.lit(source).alias("source"), "stream", "fault") for source, frame in new.items()]
    counted = (F.count(F.lit(1)).alias("rows"), F.count("fault").alias("faulty"))
    rows = reduce(DataFrame.unionAll, parts).groupBy("source", "stream").agg(*counted).collect()
    return {(r["source"], r["stream"]): (r["rows"], r["faulty"]) for r in rows}
