"""Kafka to bronze: events a second of a topic on a broker of this machine."""

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
from pathlib import Path

from ingest import SEED, SOURCE, _event, config_in, run_of, timed
from machine import machine

sys.path.insert(0, str(Path(__file__).parents[2]))  # the servers of the tests

from cdp_spark.ingest.kinds import jar_sets
from cdp_spark.ingest.step import STEP as INGEST
from cdp_spark.runtime.session import open_session
from tests.ingest.servers import Broker

EVENTS_PER_SECOND = 20_000
PARTITIONS = 4


def filled_topic(broker: Broker, rows: int) -> int:
    """Fills the topic with events of about 770 bytes; the bytes sent."""
    dice, sent = random.Random(SEED), 0
    broker.topic("web", PARTITIONS)
    names = ("Product Viewed", "Product Added", "page", "Order Completed")
    for partition in range(PARTITIONS):
        lines = [json.dumps(_event(dice, i, names[i % 4])) for i in range(partition, rows, PARTITIONS)]
        sent += sum(map(len, lines))
        broker.send("web", lines, partition=partition)
    return sent


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3, help="after a first, cold one")
    options = parser.parse_args()
    broker = Broker()
    try:
        broker.start()
        size = filled_topic(broker, options.rows)
        print(f"{machine()}; load {os.getloadavg()[0]:.1f} at the start")
        print(f"{options.rows:,} events, {size / 1e6:.0f} MB in {PARTITIONS} partitions, seed {SEED}")
        with tempfile.TemporaryDirectory() as folder:
            read = f"{{format: kafka, servers: '{broker.address}', topic: web}}"
            config = config_in(Path(folder), SOURCE.replace("{path: web, format: jsonl}", read))
            runtime = config.project.runtime
            open_session("cdp:bench", runtime.profile, runtime.driver_memory, jar_sets=jar_sets(config))
            rates = []
            for i in range(options.rounds + 1):
                seconds, cpu, counts = timed(INGEST, run_of(config))
                assert counts.kept == options.rows
                rates.append(options.rows / seconds)
                print(
                    f"{'cold' if i == 0 else 'warm'}: {seconds:.1f} s (CPU {cpu:.1f}), {rates[-1]:,.0f} events/s",
                    flush=True,
                )
        print(
            f"median of the warm: {statistics.median(rates[1:] or rates):,.0f} events/s (wanted {EVENTS_PER_SECOND:,})"
        )
    finally:
        broker.discard()


if __name__ == "__main__":
    main()
