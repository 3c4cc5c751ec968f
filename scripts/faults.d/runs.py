"""A landing in a process of its own, that can be killed at any moment."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EVENTS = {
    "message_id": "id",
    "global_id": True,
    "mappings": [{"to": "events", "set": {"type": {"const": "track"}, "event": {"const": "x"}}}],
}


@dataclass(frozen=True)
class Landed:
    """What a landing said: its exit code, the rows it took, and those that bronze held before and after it."""

    exit_code: int
    kept: int
    before: tuple[int, int]
    after: tuple[int, int]
    problem: str = ""


class Landing:
    """A process with a session, waiting for :meth:`go`."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        self.before = self._said()["rows"]

    def go(self) -> None:
        """Lets it land."""
        assert self._process.stdin
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def killed_after(self, seconds: float) -> bool:
        """Kills it and its JVM (-9); whether it was still at work."""
        time.sleep(seconds)
        working = self._process.poll() is None
        if working:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        return working

    def ended(self) -> Landed:
        """Waits for its end."""
        said = self._said()
        self._process.wait()
        return Landed(said["exit_code"], said["kept"], tuple(self.before), tuple(said["rows"]), said["problem"])

    def _said(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("the landing process ended without a word")
        found: dict[str, Any] = json.loads(line)
        return found


def configured(folder: Path, sources: dict[str, dict[str, Any]]) -> None:
    """A configuration of the sources: stream ``events`` of each is read as said."""
    import yaml

    (folder / "conf" / "sources").mkdir(parents=True)
    (folder / "landing" / "in").mkdir(parents=True)
    (folder / "conf" / "cdp.yml").write_text("name: faults\nwarehouse: warehouse\nlanding: landing\n")
    for name, read in sources.items():
        stream = {"source": name, "streams": {"events": {"read": read, **EVENTS}}}
        (folder / "conf" / "sources" / f"{name}.yml").write_text(yaml.safe_dump(stream))


def _main(folder: Path) -> None:  # imports where only the process that lands needs them
    from functools import reduce

    from pyspark.sql import DataFrame
    from pyspark.sql import functions as F

    from cdp_spark.config import load_config
    from cdp_spark.contracts.bronze import bronze_contract
    from cdp_spark.errors import CdpError
    from cdp_spark.ingest.kinds import jar_sets
    from cdp_spark.ingest.step import STEP
    from cdp_spark.runtime.clock import SystemClock
    from cdp_spark.runtime.progress import Progress
    from cdp_spark.runtime.run import Run
    from cdp_spark.runtime.session import open_session
    from cdp_spark.runtime.tables import Tables
    from cdp_spark.runtime.warehouse import Warehouse

    config = load_config(folder / "conf")
    spark = open_session("cdp:faults", "local", "1g", jar_sets=jar_sets(config))
    tables, clock = Tables(spark, Warehouse(config.warehouse)), SystemClock()
    run = Run(spark, config, tables, clock, Progress("faults", "quiet"), "faults", 1, clock.now())

    def rows() -> list[int]:
        bronze = [tables.read(bronze_contract(s)).select("message_id") for s in config.sources]
        found = reduce(DataFrame.unionAll, bronze).agg(F.count(F.lit(1)), F.countDistinct("message_id")).first()
        return list(found or (0, 0))

    print(json.dumps({"rows": rows()}), flush=True)
    sys.stdin.readline()
    exit_code, kept, problem = 0, 0, ""
    try:
        kept = STEP.run(run).kept
    except CdpError as e:
        exit_code, problem = e.exit_code, str(e)
    print(json.dumps({"exit_code": exit_code, "kept": kept, "rows": rows(), "problem": problem}), flush=True)


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
