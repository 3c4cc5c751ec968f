"""The company beside the public data sets it is calibrated on."""

import gzip
import json
import random
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from cdp_spark.simulate import Company, write_company
from cdp_spark.simulate.typos import misspelt

HALF_AN_HOUR = 1_800


def _visits(calls: pd.DataFrame) -> pd.DataFrame:
    """Events, seconds and whether the cart was used, of each visit: calls less than half an hour apart."""
    calls = calls.sort_values(["who", "at"])
    gap = calls.groupby("who")["at"].diff().dt.total_seconds()
    visits = calls.groupby((gap.isna() | (gap > HALF_AN_HOUR)).cumsum())
    lasted = (visits["at"].max() - visits["at"].min()).dt.total_seconds()
    return pd.DataFrame({"events": visits.size(), "seconds": lasted, "cart": visits["cart"].any()})


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    folder = tmp_path_factory.mktemp("calibrated")
    write_company(Company(people=2_500, days=45, seed=5, clean=True), folder / "landing", folder / "truth")
    calls = {}
    for path in (folder / "landing/web/events").iterdir():
        for line in gzip.decompress(path.read_bytes()).decode().splitlines():
            call = json.loads(line)
            calls[call["messageId"]] = (call["anonymousId"], call["timestamp"], call.get("event") == "Product Added")
    frame = pd.DataFrame(calls.values(), columns=["who", "at", "cart"])
    return _visits(frame.assign(at=pd.to_datetime(frame["at"])))


@pytest.fixture(scope="module")
def public(shared_data: Path) -> pd.DataFrame:
    calls = pd.read_csv(shared_data / "events_ecom_clickstream" / "ecom.csv.gz").drop_duplicates()
    frame = pd.DataFrame({"who": calls["session_id"], "at": pd.to_datetime(calls["timestamp"])})
    return _visits(frame.assign(cart=calls["event"] == "add_to_cart"))


def test_visits_have_as_many_events_and_last_as_long(simulated: pd.DataFrame, public: pd.DataFrame) -> None:
    of_ours, of_theirs = (visits["events"].quantile([0.25, 0.5, 0.75]).tolist() for visits in (simulated, public))
    assert of_ours == pytest.approx(of_theirs, abs=2)
    assert simulated["seconds"].median() == pytest.approx(public["seconds"].median(), rel=0.25)


def test_the_cart_is_used_as_often(simulated: pd.DataFrame, public: pd.DataFrame) -> None:
    assert simulated["cart"].mean() == pytest.approx(public["cart"].mean(), abs=0.06)


def test_slips_are_of_the_kinds_of_febrl() -> None:
    dice, word = random.Random(3), "abcdefghijkl"
    slips = Counter(_kind(word, misspelt(word, dice)) for _ in range(4_000))
    wanted = {"inserted": 170, "swapped": 138, "replaced": 137, "lost": 118}  # of 563 plain slips in FEBRL's first set
    assert {kind: count / 4_000 for kind, count in slips.items()} == pytest.approx(
        {kind: count / sum(wanted.values()) for kind, count in wanted.items()}, abs=0.03
    )


def _kind(word: str, slip: str) -> str:
    if len(slip) != len(word):
        return "inserted" if len(slip) > len(word) else "lost"
    return "swapped" if sorted(slip) == sorted(word) else "replaced"
