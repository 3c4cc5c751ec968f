"""The printed reference of the tables says what a mapping has to know."""

from cdp_spark.contracts.reference import reference_text
from cdp_spark.contracts.silver import EVENTS


def test_the_reference_says_which_columns_each_row_must_fill() -> None:
    rows = [line.split(" | ") for line in reference_text([EVENTS]).splitlines() if line.startswith("| ")]
    filled = {row[0].removeprefix("| "): row[2] for row in rows[2:]}
    assert {name for name, said in filled.items() if said == "required"} == {
        c.name for c in EVENTS.columns if c.required
    }
    assert set(filled) == set(EVENTS.column_names)
