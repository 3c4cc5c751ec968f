"""Lands and normalises JSON events, and lets DuckDB read, parse, de-duplicate and write the same."""

import argparse
import json
import os
import random
import shutil
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from duckdb_events import differing_rows, duckdb_seconds
from machine import cpu_seconds, machine

from cdp_spark.config import Config, load_config
from cdp_spark.ingest.step import STEP as INGEST
from cdp_spark.normalize.step import STEP as NORMALIZE
from cdp_spark.runtime.clock import SystemClock
from cdp_spark.runtime.progress import Progress
from cdp_spark.runtime.run import Counts, Run, Step
from cdp_spark.runtime.session import open_session
from cdp_spark.runtime.tables import Tables
from cdp_spark.runtime.warehouse import Warehouse

SEED, FILES, PEOPLE = 3, 8, 100_000
EVENTS_PER_SECOND, TIMES_DUCKDB = 40_000, 3.0
DECLARED = datetime(2026, 3, 1, tzinfo=UTC)

SOURCE = """
source: web
streams:
  events:
    read: {path: web, format: jsonl}
    message_id: messageId
    global_id: true
    mappings:
      - to: events
        set:
          channel: {const: web}
          type: type
          event: {first: [event, name]}
          event_ts: timestamp
          device_ts: originalTimestamp
          sent_ts: sentAt
          received_ts: receivedAt
          anonymous_id: anonymousId
          user_id: userId
          page_url: context.page.url
          page_title: context.page.title
          page_referrer: context.page.referrer
          utm_source: context.campaign.source
          utm_medium: context.campaign.medium
          utm_campaign: context.campaign.name
          utm_term: context.campaign.term
          utm_content: context.campaign.content
          user_agent: context.userAgent
          properties: properties
          traits: context.traits
        identifiers:
          anonymous_id: anonymousId
          user_id: userId
          email: context.traits.email
"""


def write_events(folder: Path, rows: int) -> int:
    """Events of about 770 bytes, one in fifty a repeat, in eight files; the bytes written."""
    dice = random.Random(SEED)
    folder.mkdir(parents=True)
    names = ("Product Viewed", "Product Added", "page", "Order Completed")
    files = [(folder / f"events-{i}.jsonl").open("w") for i in range(FILES)]
    line = ""
    for i in range(rows):
        # One in fifty is delivered twice.
        line = line if i % 50 == 49 else json.dumps(_event(dice, i, names[dice.randrange(4)])) + "\n"
        files[i * FILES // rows].write(line)
    for file in files:
        file.close()
    return sum(f.stat().st_size for f in folder.iterdir())


def _event(dice: random.Random, i: int, name: str) -> dict[str, object]:
    person = dice.randrange(PEOPLE)
    at = f"2026-02-{1 + person % 27:02d}T{i % 24:02d}:{i % 60:02d}:{i * 7 % 60:02d}.{i % 1000:03d}Z"
    page = i % 5000
    return {
        "messageId": f"msg-{i:012d}", "type": "page" if name == "page" else "track", "event": name,
        "anonymousId": f"anon-{person:08x}-aaaa-bbbb", "userId": f"u{person}" if person % 3 == 0 else None,
        "timestamp": at, "originalTimestamp": at, "sentAt": at, "receivedAt": at,
        "context": {
            "page": {
                "url": f"https://shop.example.com/p/{page}?utm_source=google&utm_medium=cpc", "path": f"/p/{page}",
                "referrer": "https://www.google.com/", "title": "Product page",
            },
            "campaign": {"source": "google", "medium": "cpc", "name": "spring"},
            "userAgent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "ip": "203.0.113.7", "locale": "de-AT",
        },
        "properties": {
            "product_id": f"p{page}", "price": round(dice.random() * 100, 2), "currency": "EUR", "category": "shoes", "quantity": 1,
        },
    }  # fmt: skip


def config_in(folder: Path, source: str = SOURCE) -> Config:
    """A company with one source below ``folder``."""
    (folder / "conf" / "sources").mkdir(parents=True)
    (folder / "conf" / "cdp.yml").write_text("name: bench\nwarehouse: warehouse\nlanding: landing\n")
    (folder / "conf" / "sources" / "web.yml").write_text(source)
    return load_config(folder / "conf")


def run_of(config: Config) -> Run:
    """A first run over an empty warehouse."""
    shutil.rmtree(config.warehouse, ignore_errors=True)
    runtime = config.project.runtime
    spark = open_session("cdp:bench", runtime.profile, runtime.driver_memory)
    tables = Tables(spark, Warehouse(config.warehouse))
    return Run(spark, config, tables, SystemClock(), Progress("bench", "quiet"), "bench", 1, DECLARED)


def timed(step: Step, run: Run) -> tuple[float, float, Counts]:
    """Wall seconds, CPU seconds of the session's JVM and its workers, and counts of a step."""
    began, cpu = time.monotonic(), cpu_seconds()
    counts = step.run(run)
    return time.monotonic() - began, cpu_seconds() - cpu, counts


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3, help="after a first, cold one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        config = config_in(Path(folder))
        size = write_events(Path(config.landing) / "web", options.rows)
        print(f"{machine()}; load {os.getloadavg()[0]:.1f} at the start")
        print(f"{options.rows:,} events, {size / 1e6:.0f} MB in {FILES} files, seed {SEED}")
        spark_seconds, duck_seconds, to = [], [], Path(folder) / "duckdb"
        for i in range(options.rounds + 1):
            run = run_of(config)
            land, land_cpu, _ = timed(INGEST, run)
            normalise, normalise_cpu, counts = timed(NORMALIZE, run)
            duck, duck_cpu = duckdb_seconds(f"{config.landing}/web/*.jsonl", to)
            print(
                f"{'cold' if i == 0 else 'warm'}: land {land:.1f} s (CPU {land_cpu:.1f}), normalise {normalise:.1f} s"
                f" (CPU {normalise_cpu:.1f}), {options.rows / (land + normalise):,.0f} events/s;"
                f" DuckDB {duck:.1f} s (CPU {duck_cpu:.1f}); ratio {(land + normalise) / duck:.2f}",
                flush=True,
            )
            print(
                f"      kept {counts.kept:,}, duplicates {counts.duplicate:,}, quarantined {counts.quarantined:,}",
                flush=True,
            )
            if i:
                spark_seconds.append(land + normalise)
                duck_seconds.append(duck)
                continue
            differing = differing_rows(config.warehouse, to)
            print(f"      rows that only one of both has: {differing}", flush=True)
            assert not any(differing.values()), "what makes other tables is no measure"
        rate = options.rows / statistics.median(spark_seconds)
        ratio = statistics.median(spark_seconds) / statistics.median(duck_seconds)
        print(
            f"median: {rate:,.0f} events/s (wanted {EVENTS_PER_SECOND:,}), {ratio:.2f} times DuckDB (wanted {TIMES_DUCKDB})"
        )


if __name__ == "__main__":
    main()
