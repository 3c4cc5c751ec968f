"""The one place that knows the order of the stages and turns errors into exit codes."""

import argparse
import hashlib
import json
import re
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import cast, get_args

from pydantic import BaseModel
from pyspark.sql import SparkSession

from cdp_spark.activation.step import STEP as ACTIVATION
from cdp_spark.audiences.step import STEP as AUDIENCES
from cdp_spark.config import Config, load_config
from cdp_spark.consent.step import STEP as CONSENT
from cdp_spark.contracts import TableContract
from cdp_spark.contracts.ops import OPS
from cdp_spark.contracts.quarantined import Chosen
from cdp_spark.contracts.reasons import Reason
from cdp_spark.errors import CdpError, UsageError
from cdp_spark.identity.step import STEP as IDENTITY
from cdp_spark.ingest.step import STEP as INGEST
from cdp_spark.measurement.step import STEP as MEASUREMENT
from cdp_spark.normalize.requests import discard_request, rebuild_request, redrive_request
from cdp_spark.normalize.step import STEP as NORMALIZE
from cdp_spark.opening import only_writer, session_of, warehouse_of
from cdp_spark.profiles.step import STEP as PROFILES
from cdp_spark.quality.step import STEP as QUALITY
from cdp_spark.reports.outdated import Outdated, outdated
from cdp_spark.reports.run_report import write_report
from cdp_spark.reports.summary import Finished
from cdp_spark.runtime.clock import Clock, SystemClock, as_of_time
from cdp_spark.runtime.exits import exit_code_of
from cdp_spark.runtime.ledger import History, Ledger, StepRecord, new_run_id
from cdp_spark.runtime.progress import LogForm, Progress
from cdp_spark.runtime.published import Published
from cdp_spark.runtime.run import Counts, Run, Since, Step
from cdp_spark.runtime.side_by_side import side_by_side
from cdp_spark.runtime.tables import Tables
from cdp_spark.runtime.warehouse import Warehouse
from cdp_spark.runtime.waves import waves

STEPS: tuple[Step, ...] = (INGEST, NORMALIZE, CONSENT, IDENTITY, PROFILES, QUALITY, AUDIENCES, MEASUREMENT, ACTIVATION)
STEP_NAMES = tuple(s.name for s in STEPS)


@dataclass(frozen=True)
class RunOptions:
    """How a run was asked for."""

    as_of: datetime | None = None
    run_id: str | None = None
    stages: tuple[str, ...] = STEP_NAMES
    recompute: bool = False
    full: bool = False
    """Everything again, from the raw records on."""
    accept_guard: bool = False
    log: LogForm = "auto"
    report: bool = True
    redrive: Chosen | None = None
    """Quarantined records that are to go through normalisation again."""
    discard: Chosen | None = None
    """Quarantined records that are to be set aside."""


def run_pipeline(config: Config, options: RunOptions, clock: Clock | None = None) -> Finished:
    """Runs the stages in their order, publishes what they wrote and writes the report.

    Raises CdpError of every kind; a run that fails publishes nothing.
    """
    unknown = [s for s in options.stages if s not in STEP_NAMES]
    if unknown:
        raise UsageError(f"there is no stage {unknown[0]!r}", fix=f"use one of {', '.join(STEP_NAMES)}")
    clock = clock or SystemClock()
    warehouse = warehouse_of(config)
    warehouse.check_writable()
    with ExitStack() as stack:
        stack.enter_context(only_writer(config))
        run_id = options.run_id or new_run_id(clock)
        folder = _run_folder(config, run_id)
        progress = stack.enter_context(Progress(run_id, options.log, folder))
        spark = session_of(config, "run")
        return _Runner(config, options, clock, spark, progress, run_id, warehouse).finished(folder)


def run_from_arguments(  # noqa: PLR0913  # one parameter an option
    config: Path,
    as_of: str | None,
    run_id: str | None,
    stages: Sequence[str] | None,
    recompute: bool = False,
    full: bool = False,
    accept_guard: bool = False,
    log: str = "auto",
) -> Finished:
    """A run as the command line and the jobs ask for it. Everything is checked before a JVM starts."""
    if run_id is not None and not re.search(r"\A[A-Za-z0-9._-]{1,100}\Z", run_id):
        raise UsageError("the run id is not usable", fix="use letters, digits, dot, - and _, at most 100")
    if full and stages:
        raise UsageError("--full makes every table again, and --stage only some", fix="leave one of them out")
    options = RunOptions(
        as_of=_time(as_of),
        run_id=run_id,
        stages=tuple(stages) if stages else STEP_NAMES,
        recompute=recompute or full,
        full=full,
        accept_guard=accept_guard,
        log=_log_form(log),
    )
    return run_pipeline(load_config(config), options)


def redrive_from_arguments(config: Path, chosen: Chosen, as_of: str | None, log: str) -> Finished:
    """A run that takes quarantined records through normalisation again. Raises UsageError for unknown names."""
    log_form, loaded = _log_form(log), load_config(config)
    _refuse_unknown(chosen, loaded)
    return run_pipeline(loaded, RunOptions(as_of=_time(as_of), log=log_form, redrive=chosen))


def discard_from_arguments(config: Path, chosen: Chosen, as_of: str | None, log: str) -> Finished:
    """A run that sets quarantined records aside. Raises UsageError for unknown names, and where nothing is named."""
    log_form, loaded = _log_form(log), load_config(config)
    if chosen == Chosen():
        raise UsageError("which records?", fix="name a record, or --source, --stream or --reason")
    _refuse_unknown(chosen, loaded)
    return run_pipeline(loaded, RunOptions(as_of=_time(as_of), log=log_form, discard=chosen))


def _refuse_unknown(chosen: Chosen, config: Config) -> None:
    if chosen.source is not None and chosen.source not in config.sources:
        raise UsageError(f"there is no source {chosen.source!r}", fix=f"use one of {', '.join(sorted(config.sources))}")
    of = [config.sources[chosen.source]] if chosen.source else list(config.sources.values())
    _refuse_unknown_reason(chosen.reason)
    streams = sorted({name for s in of for name in s.streams})
    if chosen.stream is not None and chosen.stream not in streams:
        raise UsageError(f"there is no stream {chosen.stream!r}", fix=f"use one of {', '.join(streams)}")


def _refuse_unknown_reason(reason: str | None) -> None:
    kinds = [r.value for r in Reason]
    if reason is not None and reason.split(":")[0] not in kinds:
        raise UsageError(f"there is no reason {reason!r}", fix=f"use one of {', '.join(sorted(kinds))}")


def _time(as_of: str | None) -> datetime | None:
    return as_of_time(as_of) if as_of else None


def run_job(stages: Sequence[str], argv: Sequence[str] | None = None) -> int:
    """What every file of jobs/ calls: parses --config, --as-of, --run-id, --log, runs, returns the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, default=Path("conf"))
    parser.add_argument("--as-of")
    parser.add_argument("--run-id")
    parser.add_argument("--log", default="plain")
    a = parser.parse_args(argv)
    return exit_code_of(lambda: run_from_arguments(a.config, a.as_of, a.run_id, stages, log=a.log))


def _log_form(log: str) -> LogForm:
    if log not in get_args(LogForm):
        raise UsageError(f"there is no log form {log!r}", fix=f"use one of {', '.join(get_args(LogForm))}")
    return cast("LogForm", log)


class _Runner:
    """One run. Keeps what the steps recorded, so that a failure too can be written to the ledger."""

    def __init__(  # noqa: PLR0913  # what a run is made of
        self,
        config: Config,
        options: RunOptions,
        clock: Clock,
        spark: SparkSession,
        progress: Progress,
        run_id: str,
        warehouse: Warehouse,
    ) -> None:
        self._config, self._options, self._clock, self._progress = config, options, clock, progress
        self._tables = Tables(spark, warehouse, {"run_id": run_id})
        self._ledger = Ledger(spark, self._tables)
        self._history: History = self._ledger.history()
        self._run = Run(
            spark=spark,
            config=config,
            tables=self._tables,
            clock=clock,
            progress=progress,
            run_id=run_id,
            sequence=self._history.next_sequence,
            as_of=options.as_of or clock.now(),
            processed={s: r.inputs for s, r in self._history.last_success.items()},
            since={} if options.recompute else self._since(),
            accept_guard=options.accept_guard,
        )
        self._taken: dict[str, StepRecord] = {}
        self._started = time.monotonic()

    def finished(self, folder: Path) -> Finished:
        self._state("started")
        try:
            if self._options.full:
                rebuild_request(self._run)
            if self._options.redrive:
                redrive_request(self._run, self._options.redrive)
            if self._options.discard:
                discard_request(self._run, self._options.discard)
            for wave in waves([s for s in STEPS if s.name in self._options.stages], self._config):
                side_by_side(self._run.spark, *[partial(self._take, step) for step in wave])
        except CdpError as e:
            self._close("failed", e.code)
            raise
        except BaseException:
            self._close("failed", "CDP000")
            raise
        versions = self._publish()
        self._close("succeeded")
        report = self._report(versions, folder) if self._options.report and self._options.stages == STEP_NAMES else None
        seconds = time.monotonic() - self._started
        run = self._run
        return Finished(run.run_id, run.as_of, self._records, seconds, report, self._outdated(versions))

    def _outdated(self, versions: dict[str, int]) -> Outdated:
        # Only a change of the configuration can make a difference; `cdp status` looks at any time.
        if self._history.config_version in (None, self._config.version):
            return Outdated()
        return outdated(Published(self._tables, versions), self._config)

    @property
    def _records(self) -> tuple[StepRecord, ...]:
        return tuple(self._taken[s.name] for s in STEPS if s.name in self._taken)

    def _take(self, step: Step) -> None:
        self._taken[step.name] = self._record(step)

    def _record(self, step: Step) -> StepRecord:
        inputs = self._versions(step.reads(self._config))
        fingerprint = _fingerprint(step, self._config, inputs, self._run.as_of)
        last = self._history.last_success.get(step.name)
        self._progress.started(step.name, step.about)
        began = time.monotonic()
        if last and not self._options.recompute and self._is_unchanged(step, last, fingerprint):
            record = replace(last, outcome="unchanged", counts=Counts(), seconds=time.monotonic() - began)
        else:
            counts = step.run(self._run)
            outputs = self._versions(step.writes(self._config))
            seconds, as_of, rules = time.monotonic() - began, self._run.as_of, _rules(step, self._config)
            record = StepRecord(step.name, "done", fingerprint, inputs, outputs, counts, seconds, as_of, rules)
        self._progress.finished(step.name, record.outcome, _shown(record.counts), record.seconds)
        return record

    def _since(self) -> dict[str, Since]:
        last = self._history.last_success
        as_now = {s.name for s in STEPS if s.name in last and last[s.name].rules == _rules(s, self._config)}
        return {n: Since(last[n].inputs, last[n].outputs, at) for n in as_now if (at := last[n].as_of) is not None}

    def _is_unchanged(self, step: Step, last: StepRecord, fingerprint: str) -> bool:
        same_inputs = not step.looks_outside and last.fingerprint == fingerprint
        return same_inputs and last.outputs == self._versions(step.writes(self._config))

    def _versions(self, contracts: tuple[TableContract, ...]) -> dict[str, int]:
        found = {c.name: self._tables.version(c) for c in contracts}
        return {name: version for name, version in found.items() if version is not None}

    def _publish(self) -> dict[str, int]:
        all_tables = {c.name: c for s in STEPS for c in (*s.reads(self._config), *s.writes(self._config))}
        versions = self._versions(tuple(all_tables.values()))
        if versions != self._history.published:
            self._ledger.publish(self._run.run_id, self._run.sequence, self._run.as_of, self._clock.now(), versions)
        return versions

    def _state(self, state: str, error: str | None = None) -> None:
        seconds = time.monotonic() - self._started
        run = self._run
        self._ledger.run_state(
            run.run_id, state, run.sequence, self._clock.now(), run.as_of, self._config.version, error, seconds
        )

    def _close(self, state: str, error: str | None = None) -> None:
        self._ledger.steps(self._run.run_id, self._run.sequence, self._records)
        self._state(state, error)

    def _report(self, versions: dict[str, int], folder: Path) -> Path:
        ops = self._versions(OPS)
        return write_report(self._run, Published(self._tables, {**versions, **ops}), folder)


def _shown(counts: Counts) -> dict[str, int]:
    return {
        "in": counts.rows_in,
        "kept": counts.kept,
        "duplicate": counts.duplicate,
        "quarantined": counts.quarantined,
        "suppressed": counts.suppressed,
        "changed": counts.changed,
    }


def _fingerprint(step: Step, config: Config, inputs: dict[str, int], as_of: datetime) -> str:
    time_ = as_of.isoformat() if step.follows_time else None
    return _digest({"inputs": inputs, "rules": _rules(step, config), "as_of": time_})


def _rules(step: Step, config: Config) -> str:
    return _digest({"settings": _plain(step.settings(config)), "code": _code_version()})


def _digest(parts: dict[str, object]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:32]


def _plain(settings: object) -> object:
    if isinstance(settings, BaseModel):
        return settings.model_dump(mode="json")
    if isinstance(settings, dict):
        return {str(k): _plain(v) for k, v in settings.items()}
    if isinstance(settings, list | tuple):
        return [_plain(v) for v in settings]
    return settings


@cache
def _code_version() -> str:
    """Hash of the package's own source: other code may give other results."""
    digest = hashlib.sha256()

    def add(folder: Traversable) -> None:
        for entry in sorted(folder.iterdir(), key=lambda e: e.name):
            if entry.is_dir():
                add(entry)
            elif entry.name.endswith((".py", ".jinja", ".yml")):
                digest.update(entry.read_bytes())

    add(files("cdp_spark"))
    return digest.hexdigest()[:16]


def _run_folder(config: Config, run_id: str) -> Path:
    # A report on an object store is written to the driver's disk first; whoever submits decides what to keep.
    root = Path.cwd() / "output" if "://" in config.output else Path(config.output)
    return root / "runs" / run_id
