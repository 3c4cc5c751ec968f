"""A run: what every stage is handed, and the form of a stage."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from pyspark.sql import SparkSession

from cdp_spark.config import Config
from cdp_spark.contracts import TableContract
from cdp_spark.errors import ConservationError
from cdp_spark.runtime.clock import Clock
from cdp_spark.runtime.progress import Progress
from cdp_spark.runtime.tables import Tables, Written


@dataclass(frozen=True)
class Since:
    """What a step's last success read and wrote (table → version), and its time."""

    inputs: dict[str, int]
    outputs: dict[str, int]
    as_of: datetime


@dataclass(frozen=True)
class Run:
    """One run over one warehouse. ``as_of`` is its time: nothing later counts."""

    spark: SparkSession
    config: Config
    tables: Tables
    clock: Clock
    progress: Progress
    run_id: str
    sequence: int
    as_of: datetime
    processed: dict[str, dict[str, int]] = field(default_factory=dict)
    """Step → table → version that the step's last success had read."""
    since: dict[str, Since] = field(default_factory=dict)
    """Step → its last success, for steps whose settings and code are those of then: what has not changed still holds."""
    accept_guard: bool = False
    """Somebody looked at what a guard held and lets it pass."""


REFUSED_IN_PART = "refused_in_part"
"""The detail that counts records of which one row was made and another refused."""


@dataclass(frozen=True)
class Counts:
    """Where a step's rows went. ``details`` holds further counts by name."""

    rows_in: int = 0
    kept: int = 0
    duplicate: int = 0
    quarantined: int = 0
    suppressed: int = 0
    changed: int = 0
    details: dict[str, int] = field(default_factory=dict)

    def conserved(self, step: str) -> "Counts":
        """These counts; raises ConservationError when rows in are not all accounted for."""
        out = self.kept + self.duplicate + self.quarantined + self.suppressed
        if self.rows_in != out:
            raise ConservationError(
                f"{step}: {self.rows_in} rows in, {out} accounted for",
                fix="nothing was published; report this with the run's ops.steps rows",
                rows_in=self.rows_in,
                kept=self.kept,
                duplicate=self.duplicate,
                quarantined=self.quarantined,
                suppressed=self.suppressed,
            )
        return self


def changed_rows(*writes: Written) -> int:
    """Rows that the writes inserted, updated or deleted."""
    return sum(w.changed for w in writes)


@dataclass(frozen=True)
class Step:
    """A stage as the pipeline sees it.

    ``reads`` and ``writes`` name its tables, ``settings`` the part of the configuration its result depends
    on. A step whose inputs, settings and code are those of its last success is not run again; one that
    ``follows_time`` counts ``as_of`` among its inputs; one that ``looks_outside`` (files) always runs. What a step that
    ``sends_out`` did is not taken back when another fails.
    """

    name: str
    about: str
    run: Callable[[Run], Counts]
    reads: Callable[[Config], tuple[TableContract, ...]]
    writes: Callable[[Config], tuple[TableContract, ...]]
    settings: Callable[[Config], object]
    follows_time: bool = False
    looks_outside: bool = False
    sends_out: bool = False
