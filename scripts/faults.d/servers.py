"""A broker killed and restarted, and PostgreSQL restarted, in the middle of a read: nothing lost, nothing twice."""

import argparse
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from runs import Landed, Landing, configured

from tests.ingest.servers import Broker, Postgres, Server

_TRANSIENT = 75


def _landed(folder: Path) -> Landed:
    landing = Landing(folder)
    landing.go()
    return landing.ended()


def _wait_until_planned(folder: Path) -> None:
    """From then on the records are read."""
    while not _first_commit(folder, "ops", "landings").exists():
        time.sleep(0.05)


def _first_commit(folder: Path, layer: str, table: str) -> Path:
    return folder / "warehouse" / layer / table / "_delta_log" / f"{0:020d}.json"


def _broken(name: str, server: Server, read: dict[str, Any], records: int, options: argparse.Namespace) -> None:
    """Lands while the server is killed and, after a while, started again; then lands what is left."""
    folder = Path(tempfile.mkdtemp(prefix="cdp-faults-"))
    try:
        configured(folder, {name: read})
        landing = Landing(folder)
        landing.go()
        _wait_until_planned(folder)
        time.sleep(options.after)
        is_mid_read = not _first_commit(folder, "bronze", name).exists()
        server.run("kill")
        time.sleep(options.away)
        server.start()
        first = landing.ended()
        last = first if first.exit_code == 0 else _landed(folder)
        again = _landed(folder)
        print(
            f"{name}: killed {'while it was read' if is_mid_read else 'after it was read'}, {options.after} s after planning,"
            f" for {options.away} s; first exit code {first.exit_code}"
            f" {first.problem.split(' Fix:')[0]}; {records:,} records in, {again.after[0]:,} rows out,"
            f" {again.after[1]:,} of them distinct; a further run took {again.kept}",
            flush=True,
        )
        if first.exit_code not in {0, _TRANSIENT} or last.exit_code or again.kept or again.after != (records, records):
            raise SystemExit(f"not as it should be: {first} {last} {again}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=300_000)
    parser.add_argument("--after", type=float, default=2.0, help="seconds after the landing was planned")
    parser.add_argument("--away", type=float, default=5.0, help="seconds until the server is back")
    options = parser.parse_args()
    broker, postgres = Broker(), Postgres()
    try:
        broker.start()
        topic = broker.topic("events", 1)
        broker.send_objects(topic, range(options.records))
        kafka = {"format": "kafka", "servers": broker.address, "topic": topic, "timeout_seconds": 30}
        _broken("topic", broker, kafka, options.records, options)
        postgres.start()
        postgres.sql(
            f"create table t as select g as id, repeat('x', 200) as pad from generate_series(1, {options.records}) g"
        )
        user = postgres.folder / "user"
        user.write_text("cdp")
        jdbc = {
            "format": "jdbc", "url": postgres.url, "user": f"file:{user}", "table": "t", "key": ["id"], "cursor": "id",
            "fetch_size": 100,
        }  # fmt: skip
        _broken("table", postgres, jdbc, options.records, options)
    finally:
        broker.discard()
        postgres.discard()


if __name__ == "__main__":
    main()
