"""Lands and normalises days of events on top of a history: a day must not cost more because there were others."""

import argparse
import json
import os
import random
import shutil
import tempfile
from pathlib import Path

from ingest import DECLARED, FILES, SEED, _event, config_in, run_of, timed
from machine import machine
from quality import with_rules

from cdp_spark.contracts.bronze import bronze_contract
from cdp_spark.contracts.silver import EVENTS, IDENTIFIERS
from cdp_spark.ingest.step import STEP as INGEST
from cdp_spark.normalize.step import STEP as NORMALIZE
from cdp_spark.runtime.run import Run, Since

TENTH_TO_SECOND = 1.3
NAMES = ("Product Viewed", "Product Added", "page", "Order Completed")
A_LANDING = 1_000_000


def write_day(folder: Path, first: int, rows: int) -> None:
    """Events numbered from ``first``; one in fifty repeats an event of any day before, or of this one."""
    dice = random.Random(SEED + first)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    files = [(folder / f"events-{first:012d}-{i}.jsonl").open("w") for i in range(FILES)]
    for i in range(first, first + rows):
        number = dice.randrange(i) if i and i % 50 == 49 else i
        said = _event(random.Random(number), number, NAMES[number % 4])
        files[(i - first) * FILES // rows].write(json.dumps(said) + "\n")
    for file in files:
        file.close()


def day(run: Run) -> tuple[float, float]:
    """Seconds and CPU seconds to land and normalise what is new; the run knows then that it has been."""
    land, land_cpu, _ = timed(INGEST, run)
    normalise, normalise_cpu, counts = timed(NORMALIZE, run)
    assert counts.kept + counts.duplicate == counts.rows_in
    bronze = bronze_contract("web")
    read = {bronze.name: run.tables.version(bronze) or 0}
    wrote = {t.name: run.tables.version(t) or 0 for t in (EVENTS, IDENTIFIERS)}
    run.processed[NORMALIZE.name], run.since[NORMALIZE.name] = read, Since(read, wrote, run.as_of)
    return land + normalise, land_cpu + normalise_cpu


def main() -> None:
    """A history in landings of a million, then the days."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--history", type=int, default=1_000_000, help="events before the first day")
    parser.add_argument("--rows", type=int, default=100_000, help="events a day")
    parser.add_argument("--days", type=int, default=10)
    parser.add_argument("--rules", action="store_true", help="with five rules and a tracking plan")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        config = with_rules(config_in(Path(folder))) if options.rules else config_in(Path(folder))
        landing = Path(config.landing) / "web"
        print(f"{machine()}; load {os.getloadavg()[0]:.1f} at the start; seed {SEED}; as of {DECLARED:%Y-%m-%d}")
        landing.mkdir(parents=True)
        run, events = run_of(config), 0
        while events < options.history:
            rows = min(A_LANDING, options.history - events)
            write_day(landing, events, rows)
            seconds, cpu = day(run)
            events += rows
            print(
                f"{rows:,} events on {events - rows:,}: {seconds:.1f} s (CPU {cpu:.1f}), {rows / seconds:,.0f} events/s",
                flush=True,
            )
        took = []
        for i in range(options.days):
            write_day(landing, events, options.rows)
            seconds, cpu = day(run)
            events += options.rows
            took.append(seconds)
            print(f"day {i + 1}: {seconds:.1f} s (CPU {cpu:.1f})", flush=True)
        if len(took) > 1:
            print(f"the last day took {took[-1] / took[1]:.2f} times the second (wanted {TENTH_TO_SECOND})")


if __name__ == "__main__":
    main()
