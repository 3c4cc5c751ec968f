"""Counting on the driver: persons from bitmaps, fields from shapes."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp_spark.quality.fields import fields_of_shape, shown_name, with_fields
from cdp_spark.quality.measurements import Measurement, persons

BITS = 32_768


def bitmap(hashes: set[int]) -> bytes:
    bits = 0
    for h in hashes:
        bits |= 1 << (h % BITS)
    return bits.to_bytes(BITS // 8, "little")


@pytest.mark.parametrize("n", [0, 1, 50, 3_000, 60_000, 200_000])
def test_persons_are_estimated_to_a_few_percent(n: int) -> None:
    dice = random.Random(n)
    hashes = {dice.getrandbits(60) for _ in range(n)}
    estimate = persons([bitmap(hashes)])
    assert estimate is not None and abs(estimate - n) <= max(1, 0.03 * n)


@given(st.sets(st.integers(0, 2**60), max_size=200), st.integers(0, 200))
def test_persons_do_not_depend_on_how_landings_cut_them(hashes: set[int], at: int) -> None:
    ordered = sorted(hashes)
    halves = [bitmap(set(ordered[:at])), None, bitmap(set(ordered[max(at - 20, 0) :]))]
    assert persons(halves) == persons([bitmap(hashes)])
    assert persons([None]) is None


def test_a_shape_is_taken_apart_into_paths_and_types() -> None:
    shape = "OBJECT<a: STRING, `b c`: OBJECT<d: NUMBER, e: VOID>, items: ARRAY<OBJECT<sku: STRING, n: NUMBER>>, l: ARRAY<STRING>, x: OBJECT<>>"
    assert fields_of_shape(shape) == {
        ("", "object"), ("a", "text"), ("b c", "object"), ("b c.d", "number"), ("b c.e", "null"), ("items", "list"),
        ("items[].sku", "text"), ("items[].n", "number"), ("l", "list"), ("x", "object"),
    }  # fmt: skip


@pytest.mark.parametrize("shape", ["VOID", "STRING", "ARRAY<VOID>", "ARRAY<ARRAY<NUMBER>>", "OBJECT<>"])
def test_records_that_are_no_objects_have_no_fields(shape: str) -> None:
    assert [path for path, _ in fields_of_shape(shape) if path] == []


@pytest.mark.parametrize(
    ("name", "shown"),
    [("price", "price"), ("Größe (cm)", "Größe (cm)"), ("ana@x.com", "*"), ("user 4366412", "*"),
     ("3f2a9c7e-11aa-4bcd-9e00-0123456789ab", "*"), ("x" * 61, "*")],
)  # fmt: skip
def test_names_that_look_like_values_are_not_shown(name: str, shown: str) -> None:
    assert shown_name(name) == shown


def test_shapes_become_fields_and_add_up() -> None:
    def shape(text: str, n: int) -> Measurement:
        return Measurement("shape", "web", "events", text, "bronze", 1, n)

    other = Measurement("bots", "web", "events", "", "events", 1, 3)
    found = with_fields([shape("OBJECT<a: STRING>", 3), other, shape("OBJECT<a: NUMBER, b: BOOLEAN>", 2)])
    counted = {(m.measure, m.subject, m.part): m.n for m in found}
    assert counted[("examined", "", "bronze")] == 5 and counted[("bots", "", "events")] == 3
    assert (counted["field", "a", "text"], counted["field", "a", "number"], counted["field", "b", "boolean"]) == (
        3,
        2,
        2,
    )
