"""Ids are deterministic, positive and spread."""

import hashlib

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from cdp_spark.identity.ids import node_ids, person_ids


def test_a_node_id_is_the_leading_63_bits_of_the_keyed_digest(spark: SparkSession) -> None:
    values = [f"v{i}" for i in range(200)] + ["", "ünï\x00\x1f\n", "x" * 5000]
    rows = [(n, v) for n in ("email", "user_id") for v in values]
    frame = spark.createDataFrame(rows, "n STRING, v STRING").withColumn("id", node_ids(F.col("n"), F.col("v")))
    got = {(r.n, r.v): r.id for r in frame.collect()}
    want = {(n, v): _leading_bits(f"cdp-spark:node:{n}\x1f{v}") for n, v in rows}
    assert got == want
    assert len(set(got.values())) == len(rows)


def test_each_generation_of_an_anchor_has_its_own_person_id(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(1, 0), (1, 1), (11, 0), (1, 10)], "a BIGINT, g INT")
    ids = [r[0] for r in frame.select(person_ids(F.col("a"), F.col("g"))).collect()]
    assert len(set(ids)) == 4
    assert all(i.startswith("p_") and len(i) == 26 for i in ids)


def _leading_bits(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") & (2**63 - 1)
