"""The published sets with truth, as matching takes them, and the scores of clusters against a truth."""

import csv
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from cdp_spark.config.matching import Kind
from tests.identity.matching.variants import FEBRL_KINDS

FAKE_1000_KINDS = {
    "first_name": Kind.GIVEN_NAME, "surname": Kind.FAMILY_NAME, "dob": Kind.DATE, "city": Kind.PLACE, "email": Kind.EMAIL,
}  # fmt: skip


@dataclass(frozen=True)
class Scores:
    """Pairwise precision, recall and F1 after clustering, B-cubed F1, and the most records a cluster has."""

    precision: float
    recall: float
    f1: float
    b_cubed: float
    largest: int

    def __str__(self) -> str:
        return f"P {self.precision:.4f}  R {self.recall:.4f}  F1 {self.f1:.4f}  B3 {self.b_cubed:.4f}  largest {self.largest}"


def scores(cluster: Mapping[str, str], person: Mapping[str, object]) -> Scores:
    """How well clusters find the persons; both map record ids."""
    both = Counter((cluster[i], person[i]) for i in person)
    found, true = Counter(cluster[i] for i in person), Counter(person.values())
    right, made, wanted = (sum(n * (n - 1) for n in c.values()) / 2 for c in (both, found, true))
    precision, recall = right / (made or 1), right / (wanted or 1)
    b3_p = sum(n * n / found[c] for (c, _), n in both.items()) / len(person)
    b3_r = sum(n * n / true[p] for (_, p), n in both.items()) / len(person)
    f1 = 2 * right / ((made + wanted) or 1)
    return Scores(precision, recall, f1, 2 * b3_p * b3_r / (b3_p + b3_r), max(found.values()))


def fake_1000(shared_data: Path) -> tuple[pa.Table, dict[str, object]]:
    """Records with ``id``, and the person of every id."""
    rows = _rows(shared_data / "identity_truth" / "fake_1000.csv")
    return _table(rows, "unique_id", FAKE_1000_KINDS), {r["unique_id"] or "": r["cluster"] for r in rows}


def febrl_1(shared_data: Path) -> tuple[pa.Table, dict[str, object]]:
    """Records with ``id``, and the person of every id."""
    rows = _rows(shared_data / "identity_truth" / "febrl_dataset1.csv")
    return _table(rows, "rec_id", FEBRL_KINDS), _febrl_persons(rows)


def febrl_4(shared_data: Path) -> tuple[pa.Table, dict[str, object]]:
    """Records of both files with ``id`` and ``source``, and the person of every id."""
    rows = []
    for side in ("a", "b"):
        rows += [r | {"source": side} for r in _rows(shared_data / "identity_truth" / f"febrl_dataset4{side}.csv")]
    table = _table(rows, "rec_id", FEBRL_KINDS)
    return table.append_column("source", pa.array([r["source"] for r in rows])), _febrl_persons(rows)


def _rows(path: Path) -> list[dict[str, str | None]]:
    with path.open(newline="", encoding="utf-8") as file:
        return [{k.strip(): v.strip() or None for k, v in row.items()} for row in csv.DictReader(file)]


def _table(rows: list[dict[str, str | None]], id_column: str, kinds: Mapping[str, Kind]) -> pa.Table:
    return pa.table({"id": [r[id_column] for r in rows]} | {c: [r[c] for r in rows] for c in kinds})


def _febrl_persons(rows: list[dict[str, str | None]]) -> dict[str, object]:
    return {r["rec_id"] or "": (r["rec_id"] or "").split("-")[1] for r in rows}
