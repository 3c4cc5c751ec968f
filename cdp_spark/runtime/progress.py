"""Progress for people and for machines.

People see a live table where there is a terminal, plain lines where there is none; machines read one JSON
line an event, from standard output with ``log: json`` and always from the run's ``events.jsonl``.
"""

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Literal, Self, TextIO

from rich.console import Console
from rich.live import Live
from rich.table import Table

LogForm = Literal["auto", "plain", "json", "quiet"]

_COLUMNS = ("in", "kept", "duplicate", "quarantined", "suppressed", "changed")


class Progress:
    """Shows the steps of a run. ``form`` auto: a live table on a terminal, else plain lines."""

    def __init__(
        self, run_id: str, form: LogForm = "auto", folder: Path | None = None, out: TextIO | None = None
    ) -> None:
        self._run_id = run_id
        self._out = out or sys.stderr
        self._form = form if form != "auto" else ("live" if self._out.isatty() else "plain")
        self._rows: dict[str, list[str]] = {}
        self._console = Console(file=self._out)
        self._live = (
            Live(console=self._console, refresh_per_second=4, transient=False) if self._form == "live" else None
        )
        self._file = None
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = (folder / "events.jsonl").open("a", encoding="utf-8")
        self._started = time.monotonic()
        # Steps go side by side; what they say comes line by line.
        self._one_at_a_time = Lock()

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()
        if self._file:
            self._file.close()

    def started(self, step: str, about: str) -> None:
        """A step begins."""
        with self._one_at_a_time:
            self._row(step, [step, "…", *[""] * len(_COLUMNS), ""])
            self._event("step_started", step=step, about=about)
            if self._form == "plain":
                self._line(f"{step:<12} {about} …")

    def finished(self, step: str, outcome: str, counts: Mapping[str, int], seconds: float) -> None:
        """A step ended; ``counts`` has the keys in, kept, duplicate, quarantined, suppressed, changed."""
        figures = [f"{counts[c]:,}" if counts.get(c) else "" for c in _COLUMNS]
        with self._one_at_a_time:
            self._row(step, [step, outcome, *figures, f"{seconds:.1f}"])
            self._event("step_finished", step=step, outcome=outcome, seconds=round(seconds, 3), **counts)
            if self._form == "plain":
                shown = "  ".join(f"{c} {counts[c]:,}" for c in _COLUMNS if counts.get(c))
                self._line(f"{step:<12} {outcome:<10} {seconds:6.1f} s  {shown}")

    def note(self, text: str, **facts: object) -> None:
        """Something worth knowing, without personal data."""
        with self._one_at_a_time:
            self._event("note", text=text, **facts)
            if self._form == "live":
                self._console.print(f"  {text}", highlight=False, markup=False)
            elif self._form == "plain":
                self._line(f"  {text}")

    def _row(self, step: str, cells: list[str]) -> None:
        self._rows[step] = cells
        if self._live:
            self._live.update(_table(self._run_id, list(self._rows.values())))

    def _line(self, text: str) -> None:
        print(text, file=self._out, flush=True)

    def _event(self, kind: str, **facts: object) -> None:
        seconds = round(time.monotonic() - self._started, 3)
        line = json.dumps({"event": kind, "run_id": self._run_id, "at_seconds": seconds, **facts}, default=str)
        if self._form == "json":
            print(line, file=sys.stdout, flush=True)
        if self._file:
            self._file.write(line + "\n")
            self._file.flush()


def _table(run_id: str, rows: list[list[str]]) -> Table:
    table = Table(title=f"run {run_id}", title_justify="left")
    for i, name in enumerate(("step", "outcome", *_COLUMNS, "seconds")):
        table.add_column(name, justify="left" if i < 2 else "right")
    for row in rows:
        table.add_row(*row)
    return table
