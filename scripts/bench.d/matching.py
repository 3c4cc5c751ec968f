"""Matching without labels: precision, recall, F1, B-cubed, largest cluster and seconds on sets with a known truth."""

import sys
import time
from pathlib import Path

import pyarrow as pa
from machine import machine

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from cdp_spark.config.matching import Kind  # noqa: E402  # the tests' sets lie beside the package
from cdp_spark.identity.matching.records import prepared_records  # noqa: E402
from cdp_spark.identity.matching.training import trained  # noqa: E402
from tests.identity.matching.truth import FAKE_1000_KINDS, fake_1000, febrl_1, febrl_4, scores  # noqa: E402
from tests.identity.matching.variants import FEBRL_KINDS, Truth, febrl, historical  # noqa: E402

SHARED_DATA = ROOT.parent / "shared" / "data"
LIMIT = 40_000_000


def main() -> None:
    """Published sets where they are at hand, then made-up ones; each by the kinds of its columns alone."""
    print(machine())
    if SHARED_DATA.is_dir():
        measured("fake_1000", *fake_1000(SHARED_DATA), FAKE_1000_KINDS)
        measured("FEBRL 1", *febrl_1(SHARED_DATA), FEBRL_KINDS)
        measured("FEBRL 4 linked 1:1", *febrl_4(SHARED_DATA), FEBRL_KINDS, ("a", "b"))
        measured("FEBRL 4 as one table", *febrl_4(SHARED_DATA), FEBRL_KINDS)
    else:
        print(f"public data sets are not at {SHARED_DATA}")
    made("register, no households", febrl(2_000, 5_000, households=0.0))
    made("register, a quarter in households", febrl(2_000, 5_000))
    made("catalogue of up to 21 variants", historical(5_500))


def made(name: str, truth: Truth) -> None:
    """A made-up set."""
    measured(name, truth.records, dict(truth.person), truth.kinds)


def measured(
    name: str, table: pa.Table, person: dict[str, object], kinds: dict[str, Kind], clean: tuple[str, ...] = ()
) -> None:
    """Trains, scores and clusters once and prints how well and how fast."""
    wall, cpu = time.perf_counter(), time.process_time()
    records = prepared_records(table, kinds, "id", "source", clean)
    _, matched = trained(records, LIMIT)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    cluster = {i: str(records.ids[x]) for i, x in zip(records.ids, matched.labels, strict=True)}
    print(
        f"{name:34} {len(records):>6,} rows {len(matched.left):>9,} pairs  {scores(cluster, person)}  {wall:.1f} s wall, {cpu:.1f} s CPU",
        flush=True,
    )


if __name__ == "__main__":
    main()
