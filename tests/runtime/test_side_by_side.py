"""Pieces of a run at once."""

import threading
from collections.abc import Callable

import pytest
from pyspark.sql import SparkSession

from cdp_spark.runtime.side_by_side import side_by_side


def test_answers_come_in_the_order_of_the_pieces(spark: SparkSession) -> None:
    pieces = [lambda n=n: spark.range(n).count() for n in (5, 3, 8, 1)]
    assert side_by_side(spark, *pieces) == [5, 3, 8, 1]


def test_two_are_under_way_at_a_time(spark: SparkSession) -> None:
    both = threading.Barrier(2, timeout=20)
    assert sorted(side_by_side(spark, both.wait, both.wait)) == [0, 1]


def test_the_first_failure_is_raised_once_all_have_ended(spark: SparkSession) -> None:
    ended: list[str] = []

    def piece(name: str, error: Exception | None = None) -> Callable[[], None]:
        def run() -> None:
            ended.append(name)
            if error:
                raise error

        return run

    with pytest.raises(ValueError, match="second"):
        side_by_side(spark, piece("a"), piece("b", ValueError("second")), piece("c", KeyError("third")), piece("d"))
    assert sorted(ended) == ["a", "b", "c", "d"]


def test_a_piece_has_the_local_properties_of_who_started_it(spark: SparkSession) -> None:
    context = spark.sparkContext
    context.setLocalProperty("cdp.probe", "here")
    try:
        found = side_by_side(spark, *[lambda: context.getLocalProperty("cdp.probe")] * 2)
    finally:
        context.setLocalProperty("cdp.probe", None)  # type: ignore[arg-type]  # the stubs know no way to take one out
    assert found == ["here", "here"]
