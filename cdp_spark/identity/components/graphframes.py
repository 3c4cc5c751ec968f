"""Components by GraphFrames, for graphs that do not fit the driver.

Two sets of jar and wrapper exist. The older one (jar 0.9, graphframes-py 0.9.3) needs a checkpoint directory and
a positive broadcast threshold, the current one (0.12) checkpoints locally and is fastest with threshold -1.
What the installed pair can do is read from the classes themselves; a mixed pair is refused, since it would fail
in the middle of a run.
"""

import inspect
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from py4j.protocol import Py4JError
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from cdp_spark.errors import EngineMismatch, SetupError
from cdp_spark.runtime.staging import staged

_CLASS = "org.graphframes.lib.ConnectedComponents"
_LOCAL = "use_local_checkpoints"
_SETTER = "setUseLocalCheckpoints"
_FOREVER = 2**31 - 2
_AQE = "spark.sql.adaptive.enabled"
_CHECKPOINTS = "spark.checkpoint.dir"


@dataclass(frozen=True)
class Probe:
    """What the session's GraphFrames can do; empty where a half is missing."""

    jvm_methods: frozenset[str] = frozenset()
    parameters: frozenset[str] = frozenset()
    wrapper: str | None = None

    @property
    def missing(self) -> str | None:
        """Which half is missing, None when both are there."""
        if not self.jvm_methods:
            return "the GraphFrames jar is not on the session's class path"
        return None if self.parameters else "the Python package graphframes-py is not installed"


def probe(spark: SparkSession) -> Probe:
    """Looks for the jar's class and the wrapper's parameters; starts nothing."""
    return Probe(_jvm_methods(spark), *_wrapper())


def call_options(found: Probe) -> dict[str, object]:
    """The arguments of ``connectedComponents`` that suit the installed pair.

    Raises EngineMismatch when a half is missing or jar and wrapper are of different sets.
    """
    if found.missing:
        raise EngineMismatch(
            found.missing,
            fix="run scripts/jars and install cdp-spark[graphframes], or set components.engine: driver in identity.yml",
        )
    jar_is_new, wrapper_is_new = _SETTER in found.jvm_methods, _LOCAL in found.parameters
    if jar_is_new != wrapper_is_new:
        jar = "0.12 or later" if jar_is_new else "0.9"
        raise EngineMismatch(
            f"the GraphFrames jar is {jar}, the wrapper graphframes-py is {found.wrapper}",
            fix="use jar and wrapper of one set: jar 0.9 with 0.9.3, or jar and wrapper 0.12.3 and later",
            jar=jar,
            wrapper=found.wrapper,
        )
    wanted: dict[str, object] = {"algorithm": "graphframes", "checkpointInterval": 2}
    if jar_is_new:
        wanted |= {"broadcastThreshold": -1, _LOCAL: True, "max_iter": _FOREVER}
    else:
        wanted |= {"broadcastThreshold": 1_000_000}
    spelled = {name: _spelled(name, found.parameters) for name in wanted}
    return {known: wanted[name] for name, known in spelled.items() if known}


def graphframes_labels(edges: DataFrame) -> DataFrame:
    """(node_id, raw_component) for every node with an edge, computed. In: src, dst, materialised BIGINT.

    Raises EngineMismatch (see ``call_options``) and SetupError without a place for checkpoints.
    """
    spark = edges.sparkSession
    options = call_options(probe(spark))
    from graphframes import GraphFrame

    ends = staged(edges.select("src", "dst").filter(F.col("src") != F.col("dst")))
    nodes = staged(edges.select(F.explode(F.array("src", "dst")).alias("id")).distinct())
    with _checkpoints(spark), _setting_restored(spark, _AQE):
        result = GraphFrame(nodes, ends).connectedComponents(**options)
        labels = staged(result.select(F.col("id").alias("node_id"), F.col("component").alias("raw_component")))
        result.unpersist()  # GraphFrames persists its result and never releases it
    return labels


def _jvm_methods(spark: SparkSession) -> frozenset[str]:
    jvm = getattr(spark, "_jvm", None)  # Spark Connect has none
    if jvm is None:
        return frozenset()
    try:
        loader = jvm.java.lang.Thread.currentThread().getContextClassLoader()
        return frozenset(method.getName() for method in loader.loadClass(_CLASS).getMethods())
    except Py4JError:
        return frozenset()


def _wrapper() -> tuple[frozenset[str], str | None]:
    try:
        from graphframes import GraphFrame

        return frozenset(inspect.signature(GraphFrame.connectedComponents).parameters), version("graphframes-py")
    except (ImportError, PackageNotFoundError):
        return frozenset(), None


def _spelled(name: str, known: frozenset[str]) -> str | None:
    snake = "".join(f"_{c.lower()}" if c.isupper() else c for c in name)
    return next((spelling for spelling in (name, snake) if spelling in known), None)


@contextmanager
def _checkpoints(spark: SparkSession) -> Iterator[None]:
    context = spark.sparkContext
    master = context.master or ""
    if context.getCheckpointDir() is not None or spark.conf.get(_CHECKPOINTS, None):
        yield
        return
    if not master.startswith("local"):
        raise SetupError(
            "GraphFrames needs a directory for checkpoints", fix=f"set {_CHECKPOINTS} to a path all nodes can write"
        )
    with tempfile.TemporaryDirectory(prefix="cdp-components-") as folder:
        context.setCheckpointDir(folder)
        yield


@contextmanager
def _setting_restored(spark: SparkSession, option: str) -> Iterator[None]:
    before = spark.conf.get(option, None)
    try:
        yield
    finally:
        if before is None:
            spark.conf.unset(option)
        else:
            spark.conf.set(option, before)
