"""kill -9 in the middle of identity, at random points: the published persons stay, the next run ends as one left alone."""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from cdp_spark.contracts import TableContract
from cdp_spark.contracts.identity import IDENTITY
from cdp_spark.runtime.ledger import published
from cdp_spark.runtime.published import Published
from cdp_spark.runtime.session import open_session
from cdp_spark.runtime.tables import Tables
from cdp_spark.runtime.warehouse import Warehouse
from cdp_spark.simulate import Company, write_company, write_days_after

AS_OF = ("2026-03-01T00:00:00Z", "2026-03-05T00:00:00Z")
STAGES = ("ingest", "normalize", "consent", "identity")
# What tells runs apart and nothing else.
RUN_COLUMNS = {"run_id"}
Contents = dict[str, tuple[int, int]]


def pipeline(folder: Path, day: int) -> subprocess.Popen[str]:
    """A run up to identity in a process of its own."""
    code = (
        "import sys; from pathlib import Path; from cdp_spark.pipeline import run_from_arguments as run; "
        f"run(Path(sys.argv[1]), {AS_OF[day]!r}, None, {STAGES!r}, log='plain')"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code, str(folder / "conf")], stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def finished(folder: Path, day: int) -> float:
    """Lets a run come to its end; the seconds that identity took."""
    process = pipeline(folder, day)
    assert process.stderr
    began = took = 0.0
    for line in process.stderr:
        if line.startswith("identity "):
            began, took = (time.monotonic(), 0.0) if line.rstrip().endswith("…") else (began, time.monotonic() - began)
    if process.wait():
        raise SystemExit("a run that was left alone failed")
    return took


def killed_in_identity(folder: Path, after: float) -> bool:
    """Kills a run and its JVM (-9) so many seconds after identity began; whether it was still at work."""
    process = pipeline(folder, 1)
    assert process.stderr
    for line in process.stderr:
        if line.startswith("identity "):
            break
    time.sleep(after)
    working = process.poll() is None
    if working:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return working


def contents(tables: Tables | Published, contracts: tuple[TableContract, ...]) -> Contents:
    """Rows of each table and a hash of them that knows no order."""
    found = {}
    for contract in contracts:
        frame = tables.read(contract)
        told = F.xxhash64(F.to_json(F.struct(*[c for c in frame.columns if c not in RUN_COLUMNS])))
        row = frame.agg(F.count(F.lit(1)), F.coalesce(F.sum(told.cast("decimal(38,0)")), F.lit(0))).first()
        found[contract.name] = (int(row[0]), int(row[1])) if row else (0, 0)
    return found


def company(folder: Path, people: int, seed: int) -> None:
    """A company of which one run is published, and four days more that have not been read."""
    shutil.copytree("conf", folder / "conf")
    project = folder / "conf" / "cdp.yml"
    project.write_text(project.read_text().replace("profile: local", "profile: test"))
    made = Company(people=people, days=30, seed=seed)
    places = (folder / "data" / "landing", folder / "data" / "truth")
    write_company(made, *places)
    finished(folder, 0)
    write_days_after(made, *places, days=4)


def state(spark: SparkSession, folder: Path) -> Tables:
    """The tables of a company."""
    return Tables(spark, Warehouse(str(folder / "data" / "warehouse")))


def _killed_and_mended(
    spark: SparkSession, root: Path, name: str, delay: float, before: Contents, expected: Contents
) -> tuple[bool, bool]:
    """Kills a run and lets the next one end; whether the first was at work, and had written some of the tables."""
    folder = root / "killed"
    shutil.copytree(root / "base", folder)
    working = killed_in_identity(folder, delay)
    left = state(spark, folder)
    # A kill may come late: then all that was to be published is.
    now = contents(published(left), IDENTITY)
    if now not in (before, expected):
        raise SystemExit(f"{name} after {delay:.2f} s: what is published is neither what it was nor what it was to be")
    found = "as before" if now == before else "as they were to be"
    torn = contents(left, IDENTITY) not in (before, expected)
    finished(folder, 1)
    now = contents(state(spark, folder), IDENTITY)
    if other := sorted(table for table in now if now[table] != expected[table]):
        raise SystemExit(f"{name} after {delay:.2f} s: {', '.join(other)} differ from a run left alone")
    print(f"{name} after {delay:.2f} s: published rows {found}, the next run ends alike", flush=True)
    shutil.rmtree(folder)
    return working, torn


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--people", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    dice, root = random.Random(options.seed), Path(tempfile.mkdtemp(prefix="cdp-faults-"))
    try:
        company(root / "base", options.people, options.seed)
        shutil.copytree(root / "base", root / "alone")
        usual = finished(root / "alone", 1)
        spark = open_session("cdp:faults", "test", "1g")
        before = contents(published(state(spark, root / "base")), IDENTITY)
        expected = contents(state(spark, root / "alone"), IDENTITY)
        if before == expected:
            raise SystemExit("the days after change nothing; nothing would be shown")
        print(f"seed {options.seed}; identity takes {usual:.1f} s when it is left alone", flush=True)
        killed = [
            _killed_and_mended(spark, root, f"kill {i + 1}", dice.uniform(0, usual), before, expected)
            for i in range(options.times)
        ]
        at_work, torn = (sum(k[n] for k in killed) for n in (0, 1))
        print(f"{options.times} kills, {at_work} of them at work, {torn} between two of the tables")
    finally:
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
