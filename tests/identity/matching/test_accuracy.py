"""Published sets with truth, each matched by the kinds of its columns alone; labels only score the result."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from cdp_spark.config.matching import Kind
from cdp_spark.identity.matching.records import prepared_records
from cdp_spark.identity.matching.training import trained
from tests.identity.matching.truth import FAKE_1000_KINDS, Scores, fake_1000, febrl_1, febrl_4, scores
from tests.identity.matching.variants import FEBRL_KINDS, Truth, febrl, historical

LIMIT = 40_000_000


def of_clusters(
    table: pa.Table, kinds: dict[str, Kind], person: dict[str, object], one_record_a_person: tuple[str, ...] = ()
) -> Scores:
    records = prepared_records(table, kinds, "id", "source", one_record_a_person)
    _, matched = trained(records, LIMIT)
    return scores({i: str(records.ids[label]) for i, label in zip(records.ids, matched.labels, strict=True)}, person)


def of_truth(truth: Truth) -> Scores:
    return of_clusters(truth.records, truth.kinds, dict(truth.person))


def test_fake_1000(shared_data: Path) -> None:
    found = of_clusters(*_in_order(fake_1000(shared_data), FAKE_1000_KINDS))
    assert found.f1 >= 0.985 and found.largest <= 10


def test_febrl_1(shared_data: Path) -> None:
    assert of_clusters(*_in_order(febrl_1(shared_data), FEBRL_KINDS)).f1 >= 0.99


@pytest.mark.slow
def test_febrl_4_linked(shared_data: Path) -> None:
    found = of_clusters(*_in_order(febrl_4(shared_data), FEBRL_KINDS), one_record_a_person=("a", "b"))
    assert found.f1 >= 0.995 and found.precision >= 0.999 and found.largest == 2


def test_many_variants_of_a_few_hundred_persons() -> None:
    # Of fewer, a single pair of namesakes taken for one costs two points of precision.
    found = of_truth(historical(400))
    assert found.f1 >= 0.95 and found.precision >= 0.98


def test_a_register_with_slips_in_every_field() -> None:
    found = of_truth(febrl(500, 1200, households=0.0))
    assert found.f1 >= 0.995


def test_households_are_no_persons() -> None:
    found = of_truth(febrl(250, 600, households=0.25))
    assert found.f1 >= 0.99


def test_any_order_of_the_rows_gives_the_same_clusters() -> None:
    truth = historical(60)
    first = _labels(truth.records, truth.kinds)
    shuffled = truth.records.take(np.random.default_rng(3).permutation(len(truth.records)))
    assert _labels(shuffled, truth.kinds) == first


def _labels(table: pa.Table, kinds: dict[str, Kind]) -> dict[str, str]:
    records = prepared_records(table, kinds, "id")
    _, matched = trained(records, LIMIT)
    return {i: records.ids[label] for i, label in zip(records.ids, matched.labels, strict=True)}


def _in_order(
    found: tuple[pa.Table, dict[str, object]], kinds: dict[str, Kind]
) -> tuple[pa.Table, dict[str, Kind], dict[str, object]]:
    return found[0], kinds, found[1]
