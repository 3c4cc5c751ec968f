"""The engines against union-find, and what is said when it is missing or mixed."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from cdp_spark.config.identity import ComponentsConfig
from cdp_spark.errors import EngineMismatch
from cdp_spark.identity.components import chosen_engine, graphframes
from cdp_spark.identity.components.driver import driver_labels
from cdp_spark.identity.components.graphframes import Probe, call_options, graphframes_labels
from cdp_spark.identity.components.native import native_labels
from tests.identity.components.test_driver import chain, clique, placeholder, scattered, star, union_find

OLD_WRAPPER = frozenset({"self", "algorithm", "checkpointInterval", "broadcastThreshold", "useLabelsAsComponents"})
NEW_WRAPPER = OLD_WRAPPER | {"use_local_checkpoints", "max_iter"}
OLD_JAR = frozenset({"run", "setAlgorithm"})
NEW_JAR = OLD_JAR | {"setUseLocalCheckpoints"}


def test_engines_give_the_same_labels(spark: SparkSession, dice: Callable[[int], random.Random]) -> None:
    random_ = dice(3)
    several = [chain(50), star(80), clique(15), placeholder(random_, 30), [(5, 5)], scattered(random_, 200, 150)]
    edges = [(a + shift, b + shift) for i, graph in enumerate(several[:-1]) for shift in [i * 10_000] for a, b in graph]
    edges += several[-1]
    random_.shuffle(edges)
    want = union_find(edges)
    frame = spark.createDataFrame(edges, "src BIGINT, dst BIGINT")
    assert _rows(driver_labels(frame)) == want
    assert _rows(native_labels(frame)) == want
    adaptive = spark.conf.get("spark.sql.adaptive.enabled")
    assert _rows(graphframes_labels(frame)) == want
    assert spark.conf.get("spark.sql.adaptive.enabled") == adaptive


def test_a_missing_jar_is_named(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphframes, "_jvm_methods", lambda _: frozenset())
    with pytest.raises(EngineMismatch, match=r"jar is not on the session's class path.*scripts/jars"):
        chosen_engine(ComponentsConfig(engine="graphframes"), 1, spark)
    engine = chosen_engine(ComponentsConfig(driver_max_edges=10), 11, spark)
    assert engine.name == "native"
    assert "11 links are above driver_max_edges, but the GraphFrames jar is not" in engine.reason


def test_auto_says_which_engine_it_takes(spark: SparkSession) -> None:
    small = chosen_engine(ComponentsConfig(driver_max_edges=10), 10, spark)
    large = chosen_engine(ComponentsConfig(driver_max_edges=10), 11, spark)
    assert (small.name, large.name) == ("driver", "graphframes")
    assert small.reason == "10 links are within driver_max_edges"


def test_each_set_is_called_in_its_own_way() -> None:
    assert call_options(Probe(OLD_JAR, OLD_WRAPPER, "0.9.3")) == {
        "algorithm": "graphframes", "checkpointInterval": 2, "broadcastThreshold": 1_000_000,
    }  # fmt: skip
    assert call_options(Probe(NEW_JAR, NEW_WRAPPER, "0.12.3")) == {
        "algorithm": "graphframes", "checkpointInterval": 2, "broadcastThreshold": -1,
        "use_local_checkpoints": True, "max_iter": 2**31 - 2,
    }  # fmt: skip


@pytest.mark.parametrize(("jar", "wrapper"), [(OLD_JAR, NEW_WRAPPER), (NEW_JAR, OLD_WRAPPER)])
def test_a_mixed_pair_is_refused(jar: Any, wrapper: Any) -> None:
    with pytest.raises(EngineMismatch, match="use jar and wrapper of one set"):
        call_options(Probe(jar, wrapper, "0.x"))


def test_a_missing_wrapper_is_named() -> None:
    with pytest.raises(EngineMismatch, match="graphframes-py is not installed"):
        call_options(Probe(OLD_JAR))


def _rows(labels: DataFrame) -> dict[int, int]:
    rows = labels.collect()
    assert len({r.node_id for r in rows}) == len(rows)
    return {r.node_id: r.raw_component for r in rows}
