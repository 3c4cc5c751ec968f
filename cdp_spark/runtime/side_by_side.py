"""Independent pieces of a run at once: while the driver plans one, the tasks of another keep the cores busy."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, cast

from pyspark import inheritable_thread_target
from pyspark.sql import SparkSession

T = TypeVar("T")
U = TypeVar("U")

# A third would wait for cores and memory that two have taken.
_AT_ONCE = 2


def side_by_side(spark: SparkSession, *pieces: Callable[[], T]) -> list[T]:
    """What the pieces give, in their order; they start in it, two at a time.

    No piece may read what another writes. All have ended before the failure of the first of them that failed is raised.
    """
    if len(pieces) < 2:
        return [piece() for piece in pieces]
    inheriting = inheritable_thread_target(spark)
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        ends = [threads.submit(inheriting(piece)) for piece in pieces]
    return [end.result() for end in ends]


def pair(spark: SparkSession, one: Callable[[], T], other: Callable[[], U]) -> tuple[T, U]:
    """The same for two pieces of different kinds."""
    first, second = side_by_side(spark, cast("Callable[[], object]", one), other)
    return cast("T", first), cast("U", second)
