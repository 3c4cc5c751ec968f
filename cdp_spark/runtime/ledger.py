"""The run ledger and the publications: what was done, and which versions belong together."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from cdp_spark.contracts import TableContract
from cdp_spark.contracts.ops import PUBLICATIONS, RUNS, STEPS
from cdp_spark.errors import NotPublished
from cdp_spark.runtime.clock import Clock
from cdp_spark.runtime.published import Published
from cdp_spark.runtime.rows import frame_of_rows, time_of_micros
from cdp_spark.runtime.run import Counts
from cdp_spark.runtime.tables import Tables


@dataclass(frozen=True)
class StepRecord:
    """A step as the ledger keeps it."""

    step: str
    outcome: str
    fingerprint: str
    inputs: dict[str, int]
    outputs: dict[str, int]
    counts: Counts
    seconds: float
    as_of: datetime | None = None
    rules: str | None = None


@dataclass(frozen=True)
class History:
    """What earlier runs left: the next sequence, each step's last success, the newest publication, the configuration."""

    next_sequence: int = 1
    last_success: dict[str, StepRecord] = field(default_factory=dict)
    published: dict[str, int] = field(default_factory=dict)
    config_version: str | None = None
    """That of the last run that succeeded."""


class Ledger:
    """Writes ops.runs, ops.steps and ops.publications, and reads them back."""

    def __init__(self, spark: SparkSession, tables: Tables) -> None:
        self._spark = spark
        self._tables = tables

    def history(self) -> History:
        """What earlier runs left."""
        if self._tables.version(RUNS) is None:
            return History()
        succeeded = F.when(F.col("state") == "succeeded", F.col("sequence"))
        runs = self._tables.read(RUNS).agg(F.max("sequence"), F.max_by("config_version", succeeded)).first()
        steps = (
            self._tables.read(STEPS).withColumn("as_of", F.unix_micros("as_of")).orderBy("sequence").collect()
            if self._tables.version(STEPS) is not None
            else []
        )
        last = {r["step"]: _record(r.asDict()) for r in steps if r["outcome"] in ("done", "unchanged")}
        publication = latest_publication(self._tables)
        newest, config = (runs[0], runs[1]) if runs else (None, None)
        return History(1 + (newest or 0), last, publication or {}, config)

    def run_state(  # noqa: PLR0913  # one value a column
        self,
        run_id: str,
        state: str,
        sequence: int,
        at: datetime,
        as_of: datetime,
        config: str,
        error: str | None,
        seconds: float,
    ) -> None:  # one value a column
        """Appends a state of a run."""
        row = (run_id, state, sequence, at, as_of, config, error, seconds)
        self._tables.append(RUNS, self._frame(RUNS, [row]), few=True)

    def steps(self, run_id: str, sequence: int, records: Sequence[StepRecord]) -> None:
        """Appends the steps of a run."""
        rows = [
            (
                run_id, sequence, r.step, r.outcome, r.fingerprint, r.inputs, r.outputs,
                r.counts.rows_in, r.counts.kept, r.counts.duplicate, r.counts.quarantined, r.counts.suppressed,
                r.counts.changed, r.counts.details, r.seconds, r.as_of, r.rules,
            )
            for r in records
        ]  # fmt: skip
        self._tables.append(STEPS, self._frame(STEPS, rows), few=True)

    def publish(self, run_id: str, sequence: int, as_of: datetime, at: datetime, versions: dict[str, int]) -> None:
        """The one commit that makes a run's tables the published ones."""
        self._tables.append(
            PUBLICATIONS, self._frame(PUBLICATIONS, [(sequence, run_id, as_of, at, versions)]), few=True
        )

    def _frame(self, contract: TableContract, rows: Sequence[tuple[object, ...]]) -> DataFrame:
        return frame_of_rows(self._spark, contract.schema, rows).coalesce(1)


def new_run_id(clock: Clock) -> str:
    """The name of a run that was given none: its time, and letters that tell it from others."""
    return f"{clock.now():%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}"


def latest_publication(tables: Tables) -> dict[str, int] | None:
    """Table → version of the newest publication, None before the first."""
    row = tables.read(PUBLICATIONS).orderBy("publication_id", ascending=False).first()
    return dict(row["tables"]) if row else None


def publication_time(tables: Tables) -> datetime:
    """``as_of`` of the newest publication, with zone; raises NotPublished before the first."""
    row = tables.read(PUBLICATIONS).agg(F.max_by(F.unix_micros("as_of"), "publication_id")).first()
    if row is None or row[0] is None:
        raise _nothing_published()
    return time_of_micros(row[0])


def published(tables: Tables) -> Published:
    """A reader of the newest publication; raises NotPublished before the first."""
    versions = latest_publication(tables)
    if versions is None:
        raise _nothing_published()
    return Published(tables, versions)


def _nothing_published() -> NotPublished:
    return NotPublished("nothing has been published in this warehouse", fix="run `cdp run` first")


def _record(row: dict[str, object]) -> StepRecord:
    counts = Counts(
        rows_in=row["rows_in"], kept=row["rows_kept"], duplicate=row["rows_duplicate"],  # type: ignore[arg-type]
        quarantined=row["rows_quarantined"], suppressed=row["rows_suppressed"],  # type: ignore[arg-type]
        changed=row["rows_changed"], details=row["details"] or {},  # type: ignore[arg-type]
    )  # fmt: skip
    return StepRecord(
        step=str(row["step"]), outcome=str(row["outcome"]), fingerprint=str(row["fingerprint"]),
        inputs=row["inputs"] or {}, outputs=row["outputs"] or {}, counts=counts, seconds=float(str(row["seconds"])),  # type: ignore[arg-type]
        as_of=None if row["as_of"] is None else time_of_micros(int(str(row["as_of"]))),
        rules=row["rules"],  # type: ignore[arg-type]
    )  # fmt: skip
