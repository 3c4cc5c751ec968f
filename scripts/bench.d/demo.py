"""Fresh machine to finished demo, then the demo again: seconds, rows changed, peak memory."""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from machine import machine

ROOT = Path(__file__).parents[2]


def main() -> None:
    """A clone with an empty home: nothing installed, resolved or cached before."""
    print(machine())
    keep_caches = "--keep-caches" in sys.argv
    with tempfile.TemporaryDirectory() as home:
        clone = Path(home) / "cdp-spark"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        environment = (
            dict(os.environ) if keep_caches else {**os.environ, "HOME": home, "XDG_CACHE_HOME": f"{home}/.cache"}
        )
        first = timed(clone, environment)
        print(f"fresh clone to finished demo: {first[0]:.0f} s")
        describe(clone, "first run")
        second = timed(clone, environment)
        print(f"the demo again: {second[0]:.0f} s")
        describe(clone, "second run")
        print(f"peak memory of a process: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6:.2f} GB")
        print(f"peak memory of all processes together: {max(first[1], second[1]) / 1e9:.2f} GB")
        setup = seconds(["scripts/setup"], clone, environment)
        print(f"scripts/setup again: {setup:.1f} s")
        shutil.rmtree(clone / "data", ignore_errors=True)


def timed(clone: Path, environment: dict[str, str]) -> tuple[float, float]:
    """Seconds of scripts/demo, and the largest memory its processes held together."""
    began = time.monotonic()
    process = subprocess.Popen(["scripts/demo"], cwd=clone, env=environment, stdout=subprocess.DEVNULL)
    peak = [0.0]
    watcher = threading.Thread(target=watch, args=(process, peak))
    watcher.start()
    if process.wait():
        sys.exit("scripts/demo failed")
    watcher.join()
    return time.monotonic() - began, peak[0]


def watch(process: "subprocess.Popen[bytes]", peak: list[float]) -> None:
    """Adds up the resident memory of Java and Python processes below ``process`` twice a second."""
    while process.poll() is None:
        peak[0] = max(peak[0], sum(resident(p) for p in descendants(process.pid)))
        time.sleep(0.5)


def descendants(pid: int) -> list[int]:
    """The process and all below it."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parts = stat.read_text().rsplit(")", 1)[1].split()
            children.setdefault(int(parts[1]), []).append(int(stat.parent.name))
        except (OSError, IndexError):
            continue
    found = [pid]
    for p in found:
        found.extend(children.get(p, []))
    return found


def resident(pid: int) -> int:
    """Bytes a process holds in memory."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def describe(clone: Path, name: str) -> None:
    """Seconds and changed rows of the newest run, from its events."""
    newest = max((clone / "data/output/runs").iterdir(), key=lambda p: (p / "events.jsonl").stat().st_mtime)
    events = [json.loads(line) for line in (newest / "events.jsonl").read_text().splitlines()]
    steps = [e for e in events if e["event"] == "step_finished"]
    print(f"  {name}: pipeline {events[-1]['at_seconds']:.1f} s after the run began; by step:")
    for e in steps:
        print(f"    {e['step']:<12} {e['outcome']:<10} {e['seconds']:6.1f} s  rows changed {e['changed']:,}")


def seconds(command: list[str], clone: Path, environment: dict[str, str]) -> float:
    """Seconds of a command."""
    began = time.monotonic()
    subprocess.run(command, cwd=clone, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


if __name__ == "__main__":
    main()
