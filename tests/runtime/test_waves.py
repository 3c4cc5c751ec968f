"""Steps in groups: nothing before what it reads is written, nothing beside what writes it."""

from pathlib import Path

from cdp_spark.config import Config, load_config
from cdp_spark.contracts import Column, TableContract
from cdp_spark.pipeline import STEPS
from cdp_spark.runtime.run import Counts, Step
from cdp_spark.runtime.waves import waves

CONFIG = load_config(Path(__file__).parents[2] / "conf")


def _step(name: str, reads: str = "", writes: str = "", outside: bool = False) -> Step:
    def tables(letters: str) -> tuple[TableContract, ...]:
        return tuple(
            TableContract(f"silver.{letter}", "", (Column("id", "STRING", ""),), ("id",)) for letter in letters
        )

    return Step(
        name,
        "",
        lambda run: Counts(),
        lambda _: tables(reads),
        lambda _: tables(writes),
        lambda _: None,
        looks_outside=outside,
    )


def _names(steps: list[Step], config: Config = CONFIG) -> list[list[str]]:
    return [[s.name for s in wave] for wave in waves(steps, config)]


def test_a_step_goes_behind_what_writes_its_tables() -> None:
    assert _names([_step("one", writes="a"), _step("two", "a", "b"), _step("three", "b", "c")]) == [
        ["one"],
        ["two"],
        ["three"],
    ]


def test_steps_that_share_only_what_they_read_go_side_by_side() -> None:
    assert _names([_step("one", writes="a"), _step("two", "a", "b"), _step("three", "a", "c")]) == [
        ["one"],
        ["two", "three"],
    ]


def test_a_step_goes_as_early_as_it_can() -> None:
    steps = [_step("one", writes="a"), _step("two", "a", "b"), _step("three", "b", "c"), _step("four", "a", "d")]
    assert _names(steps) == [["one"], ["two", "four"], ["three"]]


def test_what_an_earlier_step_reads_is_not_written_beside_it() -> None:
    assert _names([_step("one", "a", "b"), _step("two", "", "a")]) == [["one"], ["two"]]


def test_two_writers_of_a_table_follow_each_other() -> None:
    assert _names([_step("one", "", "a"), _step("two", "", "a")]) == [["one"], ["two"]]


def test_a_step_that_looks_outside_is_alone_between_all_before_and_all_behind() -> None:
    steps = [_step("one", writes="a"), _step("out", outside=True), _step("two", "", "b"), _step("three", "", "c")]
    assert _names(steps) == [["one"], ["out"], ["two", "three"]]


def test_nothing_is_sent_beside_a_step_that_may_hold_the_run() -> None:
    some = [s for s in STEPS if s.name in ("measurement", "quality", "activation")]
    assert _names(some) == [["quality", "measurement"], ["activation"]]


def test_the_steps_of_a_run_keep_their_order_where_it_matters() -> None:
    at = {name: i for i, wave in enumerate(_names(list(STEPS))) for name in wave}
    assert at["ingest"] < at["normalize"] < at["identity"] < at["profiles"] < at["audiences"] < at["activation"]
    assert max(at["consent"], at["quality"], at["measurement"]) < at["activation"]
