"""Injected defects by kind and what `cdp quality` finds of each; errors in a clean company, of which there are to be none."""

import argparse
import csv
import gzip
import os
import re
import shutil
import sys
import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from machine import machine

from cdp_spark.config import load_config
from cdp_spark.contracts.ops import FINDINGS
from cdp_spark.opening import session_of, warehouse_of
from cdp_spark.pipeline import RunOptions, run_pipeline
from cdp_spark.runtime.ledger import published
from cdp_spark.runtime.tables import Tables
from cdp_spark.simulate import flaws
from cdp_spark.simulate.company import Company
from cdp_spark.simulate.writing import write_company

ROOT = Path(__file__).parents[2]
# What shows a defect; where nothing is said, a finding of its own name.
SHOWN_BY = {
    flaws.PLACEHOLDER_ID: {"placeholder_id", "impossible_phone", "unfit_identifier"},
    flaws.DUPLICATE_CRM_RECORD: {"same_email_several_ids", "same_phone_several_ids"},
    flaws.EMAIL_WITH_MANY_NAMES: {"too_many_given_names"},
    flaws.MISSING_UTM: {"paid_click_without_utm"},
    flaws.BOT_TRAFFIC: {"bots"},
    flaws.EVENT_NAME_CASING: {"event_name_variants"},
    flaws.VOLUME_TO_ZERO: {"volume_dropped"},
    flaws.IMPOSSIBLE_TIMESTAMP: {"implausible_time"},
    # A landing that begins before the field was lost still has some of it.
    flaws.VANISHED_FIELD: {"vanished_field", "thinned_field"},
}
_LAST_DAY = re.compile(r"(\d{8})\.[a-z.]+$")
Found = dict[tuple[str, str, str], int]


def main() -> None:
    """Both companies go through the pipeline in three landings, as weeks would bring them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=8_000)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    print(f"{machine()}; load {os.getloadavg()[0]:.1f} at the start; {options.people:,} people, seed {options.seed}")
    with tempfile.TemporaryDirectory() as folder:
        found, errors = {}, {}
        for name in ("clean", "tampered"):
            company = Company(options.people, options.days, options.seed, clean=name == "clean")
            found[name], errors[name] = findings(Path(folder) / name, company)
        injected = injected_in(Path(folder) / "tampered" / "data" / "truth")
    missed = report(injected, found["tampered"], found["clean"])
    print(f"{len(injected) - len(missed)} of {len(injected)} kinds at their places found; missed: {missed or 'none'}")
    print(f"errors in the clean company: {errors['clean'] or 'none'}")
    sys.exit(bool(missed or errors["clean"]))


def findings(folder: Path, company: Company) -> tuple[Found, list[str]]:
    """Rows by kind, source and stream that the findings after each landing speak of at the most; errors after the last."""
    shutil.copytree(ROOT / "conf", folder / "conf")
    write_company(company, folder / "all", folder / "data" / "truth")
    config = load_config(folder / "conf")
    files = sorted(p for p in (folder / "all").rglob("*") if p.is_file())
    ends = sorted({last_day(p) for p in files})
    found: Counter[tuple[str, str, str]] = Counter()
    errors: list[str] = []
    for since, until in zip([ends[0] - timedelta(days=1), *ends[-3:-1]], ends[-3:], strict=True):
        for path in files:
            if since < last_day(path) <= until:
                to = folder / "data" / "landing" / path.relative_to(folder / "all")
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, to)
        as_of = until + timedelta(days=1)
        run_pipeline(config, RunOptions(as_of=as_of, log="quiet", report=False))
        newest = published(Tables(session_of(config, "read"), warehouse_of(config)))
        rows = newest.read(FINDINGS).collect()
        for r in rows:
            key = (r["kind"], r["source"], r["stream"])
            found[key] = max(found[key], r["affected"])
        errors = [f"{r['source']}.{r['stream']}: {r['sentence']}" for r in rows if r["severity"] == "error"]
        print(f"{folder.name}, up to {until:%Y-%m-%d}: {len(rows)} findings, {len(errors)} errors", flush=True)
    return dict(found), errors


def last_day(path: Path) -> datetime:
    """The last day whose records are in a file."""
    match = _LAST_DAY.search(path.name)
    if match is None:
        raise ValueError(f"{path.name} does not say its days")
    return datetime.strptime(match[1], "%Y%m%d").replace(tzinfo=UTC)


def injected_in(truth: Path) -> Counter[tuple[str, str, str]]:
    """Defects by kind, source and stream."""
    with gzip.open(truth / "defects.csv.gz", "rt") as file:
        return Counter((r["kind"], r["source"], r["stream"]) for r in csv.DictReader(file))


def report(injected: Counter[tuple[str, str, str]], found: Found, clean: Found) -> list[str]:
    """Prints a line a kind and place; those that no finding shows."""
    missed = []
    print(f"{'kind':28}{'place':18}{'injected':>9}{'found':>8}{'clean':>8}")
    for (kind, source, stream), n in sorted(injected.items()):
        shown = [(k, source, stream) for k in SHOWN_BY.get(kind, {kind})]
        there, before = (max(f.get(s, 0) for s in shown) for f in (found, clean))
        print(f"{kind:28}{source + '.' + stream:18}{n:>9,}{there:>8,}{before:>8,}")
        # What a clean company shows as well proves nothing.
        if there <= before:
            missed.append(f"{kind} in {source}.{stream}")
    return missed


if __name__ == "__main__":
    main()
