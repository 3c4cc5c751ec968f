"""Whatever a table holds, matching ends and says something about every record."""

import pyarrow as pa
import pytest

from cdp_spark.config.matching import Kind
from cdp_spark.identity.matching.records import prepared_records
from cdp_spark.identity.matching.training import trained
from cdp_spark.identity.matching.values import area, district, folded, month_day, sector, year

KINDS = {str(k): k for k in Kind}


def labels_of(**columns: object) -> list[int]:
    records = prepared_records(pa.table(columns), KINDS, "id")
    _, matched = trained(records, 1_000_000)
    return [int(x) for x in matched.labels]


@pytest.mark.parametrize("n", [0, 1, 2, 40])
def test_columns_without_a_value_match_nobody(n: int) -> None:
    nothing = {k: pa.array([None] * n, pa.string()) for k in KINDS}
    assert labels_of(id=pa.array([f"{i:02d}" for i in range(n)], pa.string()), **nothing) == list(range(n))


def test_values_of_any_length_sign_and_type_are_taken() -> None:
    n = 30
    found = labels_of(
        id=list(range(n)),
        person_name=["x" * 10_000 + str(i) for i in range(n)],
        street=[" ".join(f"w{i * j}" for j in range(300)) for i in range(n)],
        place=["王小明\\n\\x00", "Žluťoučký", "", "'; --"] * 7 + [None, " "],
        identifier_number=list(range(n)),
        postcode=[1.5] * n,
        email=["@", "a@", "@b", "a b@c"] * 7 + ["", None],
    )
    assert len(found) == n


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("1971-06-24", ("1971", "0624")), ("19710624", ("1971", "0624")), ("24.6.1971", ("1971", "0624")),
        ("24/06/1971", ("1971", "0624")), ("1971-06-24 00:00:00", ("1971", "0624")), ("1971", ("1971", None)),
        ("", (None, None)), ("197106241", (None, None)), ("June", (None, None)), ("1971-06-24\\n", ("1971", "0624")),
    ],
)  # fmt: skip
def test_the_parts_of_a_date(text: str, want: tuple[str | None, str | None]) -> None:
    assert (year(text), month_day(text)) == want


@pytest.mark.parametrize(
    ("postcode", "want"),
    [("tq138df", ("tq138", "tq13", "tq")), ("80379", ("8037", "803", "80")), ("1010", (None, "101", "10"))],
)
def test_the_areas_of_a_postcode(postcode: str, want: tuple[str | None, str, str]) -> None:
    assert (sector(postcode), district(postcode), area(postcode)) == want


@pytest.mark.parametrize(
    ("text", "want"),
    [("  O'Brien-Ñoño ", "obrien nono"), ("Weiß", "weiss"), ("--", None), ("", None), ("王 小明", "王 小明")],
)
def test_folded_words(text: str, want: str | None) -> None:
    assert folded(text) == want
