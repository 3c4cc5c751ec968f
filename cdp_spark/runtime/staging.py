"""Frames that several writes use, computed once and cut off from how they came about.

Stages reuse frames in many joins. Spark plans a cached frame with all it was made from, each time it is
used, and the plans soon take longer than the work; a checkpoint is planned as the rows it is.
"""

from pyspark.sql import Column, DataFrame, Observation
from pyspark.sql import functions as F

_CHECKPOINTS = "spark.checkpoint.dir"
_BROADCAST_AT_MOST = 2_000_000


def staged(frame: DataFrame) -> DataFrame:
    """The frame's rows, computed now.

    Where the master is not local and ``spark.checkpoint.dir`` is set they outlive an executor; else they lie in the
    executors' own
    memory and disk, and a lost executor fails the run, which the next one makes good.
    """
    conf = frame.sparkSession.conf
    is_local = str(conf.get("spark.master", "")).startswith("local")
    if not is_local and conf.get(_CHECKPOINTS, None):
        return frame.checkpoint()
    return frame.localCheckpoint()


def counted(frame: DataFrame) -> tuple[DataFrame, int]:
    """The frame's rows, computed now, and their number."""
    rows, seen = measured(frame, F.count(F.lit(1)).alias("rows"))
    return rows, seen["rows"]


def measured(frame: DataFrame, *figures: Column) -> tuple[DataFrame, dict[str, int]]:
    """The frame's rows, computed now, and the figures (aggregates, named) over them, for which they are not read again."""
    seen = Observation()
    rows = staged(frame.observe(seen, *figures))
    return rows, {name: int(value) for name, value in seen.get.items()}


def staged_keys(frame: DataFrame) -> DataFrame:
    """Narrow rows, computed now and ``hinted`` by their number."""
    return hinted(*counted(frame))


def hinted(rows: DataFrame, count: int) -> DataFrame:
    """Narrow rows, sent to every executor that joins them unless they are too many; where there are none, Spark leaves
    out what joins them.

    It does not know how many rows a checkpoint has, and would move the other side of the join as well.
    """
    if not count:
        return rows.limit(0)
    return F.broadcast(rows) if count <= _BROADCAST_AT_MOST else rows
