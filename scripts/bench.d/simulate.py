"""Makes demo companies: records/s in one process and by Spark on all cores, and that both write the same bytes."""

import argparse
import hashlib
import resource
import tempfile
import time
from pathlib import Path

from machine import machine

from cdp_spark.simulate import Company, WrittenCompany, write_company


def made(company: Company, folder: Path, *, spark: bool) -> tuple[WrittenCompany, float]:
    """A company written to a folder, and the seconds it took."""
    began = time.monotonic()
    written = write_company(company, folder / "landing", folder / "truth", spark=spark)
    return written, time.monotonic() - began


def digest(folder: Path) -> str:
    """One hash over the names and bytes of all files."""
    total = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        total.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return total.hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=200_000)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--compare", type=int, default=60_000, help="people of the company made both ways")
    options = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        written, seconds = made(Company(people=20_000, days=options.days), Path(folder) / "demo", spark=False)
        cpu = resource.getrusage(resource.RUSAGE_SELF)
        cpu_seconds = cpu.ru_utime + cpu.ru_stime
        print(
            f"20,000 people in this process: {written.rows:,} records in {seconds:.1f} s, {written.rows / seconds:,.0f}"
            f" records/s; CPU with start {cpu_seconds:.1f} s, peak memory {cpu.ru_maxrss / 1e6:.2f} GB",
            flush=True,
        )
        digests = set()
        for spark in (False, True):
            home = Path(folder) / f"compared-{spark}"
            made(Company(people=options.compare, days=options.days), home, spark=spark)
            digests.add(digest(home))
        print(f"{options.compare:,} people made both ways: {'the same bytes' if len(digests) == 1 else 'DIFFERENT'}")
        company = Company(people=options.people, days=options.days)
        written, seconds = made(company, Path(folder) / "large", spark=True)
        print(
            f"{options.people:,} people in {company.shards} shards by Spark: {written.rows:,} records in {seconds:.1f} s,"
            f" {written.rows / seconds:,.0f} records/s"
        )


if __name__ == "__main__":
    main()
