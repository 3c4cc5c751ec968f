"""kill -9 in the middle of landing files and a topic, at random points: every record lands, none twice."""

import argparse
import json
import random
import shutil
import tempfile
import time
from pathlib import Path

from runs import Landing, configured

from tests.ingest.servers import Broker

FILES, LINES, PARTITIONS = 3, 2_000, 2


class World:
    """Files and a topic to which records are added, each with an id of its own."""

    def __init__(self, folder: Path, broker: Broker) -> None:
        self.folder, self.broker, self.added = folder, broker, 0
        self.topic = broker.topic("events", PARTITIONS)
        configured(
            folder,
            {
                "files": {"path": "in", "format": "jsonl"},
                "topic": {"format": "kafka", "servers": broker.address, "topic": self.topic},
            },
        )

    def add(self) -> None:
        """Some files and records more."""
        for _ in range(FILES):
            ids = self._ids()
            name = f"{ids[0]:09d}.jsonl"
            (self.folder / "landing" / "in" / name).write_text("".join(json.dumps({"id": i}) + "\n" for i in ids))
        for partition in range(PARTITIONS):
            self.broker.send_objects(self.topic, self._ids(), partition)

    def _ids(self) -> range:
        self.added += LINES
        return range(self.added - LINES, self.added)


def _landed(folder: Path) -> tuple[int, float]:
    """A landing that is left alone: rows in bronze, seconds."""
    landing = Landing(folder)
    began = time.monotonic()
    landing.go()
    done = landing.ended()
    seconds = time.monotonic() - began
    if done.exit_code or done.after[0] != done.after[1]:
        raise SystemExit(f"landing ended with {done}")
    return done.after[0], seconds


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    dice, broker = random.Random(options.seed), Broker()
    folder = Path(tempfile.mkdtemp(prefix="cdp-faults-"))
    try:
        broker.start()
        world = World(folder, broker)
        world.add()
        rows, usual = _landed(folder)
        print(
            f"seed {options.seed}; a landing of {rows:,} records takes {usual:.1f} s when it is left alone", flush=True
        )
        at_work = 0
        for i in range(options.times):
            world.add()
            landing = Landing(folder)
            if landing.before[0] != landing.before[1]:
                raise SystemExit(f"after kill {i}: {landing.before[0]} rows of {landing.before[1]} records")
            delay = dice.uniform(0, usual)
            landing.go()
            at_work += landing.killed_after(delay)
            print(f"kill {i + 1} after {delay:.2f} s; bronze had held {landing.before[0]:,} rows", flush=True)
        rows, _ = _landed(folder)
        print(
            f"{options.times} kills, {at_work} of them at work: {world.added:,} records in, {rows:,} rows out, each once"
        )
        if rows != world.added:
            raise SystemExit("rows were lost or doubled")
    finally:
        broker.discard()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
