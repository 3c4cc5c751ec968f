"""The machine that the figures are from."""

import os
import platform
from pathlib import Path


def machine() -> str:
    """Processor, cores and memory in one line."""
    cpu = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        "",
    )
    kilobytes = next(
        int(line.split()[1]) for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal")
    )
    return f"{cpu or platform.machine()}, {os.cpu_count()} cores, {kilobytes / 1e6:.0f} GB, {platform.system()} {platform.machine()}"


def cpu_seconds() -> float:
    """CPU of the processes below this one that are still running."""
    ticks = 0
    parents = {os.getpid()}
    for stat in sorted(Path("/proc").glob("[0-9]*/stat"), key=lambda p: int(p.parent.name)):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) in parents:
            parents.add(int(stat.parent.name))
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    print(machine())
