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


if __name__ == "__main__":
    print(machine())
