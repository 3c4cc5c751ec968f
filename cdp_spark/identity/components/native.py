"""Components by DataFrames alone, for graphs beyond the driver where GraphFrames cannot run, as over Spark Connect.

Contraction with random orders: each round every node joins whichever of itself and its neighbours has the smallest
hash, and the edges are drawn between the chosen ones. Salted hashes make the order another one each round, so that
chains and stars shrink as fast as anything: a graph is done after a number of rounds that grows with the logarithm of its
size (Bögeholz, Brand, Todor: In-database connected component analysis, ICDE 2020).
"""

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.errors import ContractError
from cdp_spark.runtime.staging import staged

# A chain of a million takes about twenty.
_MOST_ROUNDS = 100


def native_labels(edges: DataFrame) -> DataFrame:
    """(node_id, raw_component = smallest node id) for every node with an edge. In: src, dst.

    Raises ContractError when it comes to no end, which no graph should bring about.
    """
    ends = staged(_distinct(edges.select("src", "dst")))
    choices: list[DataFrame] = []
    while not (rest := ends.filter("src != dst")).isEmpty():
        if len(choices) == _MOST_ROUNDS:
            raise ContractError(
                f"components by native: not done after {_MOST_ROUNDS} rounds",
                fix="nothing was published; set components.engine: driver or graphframes in identity.yml",
            )
        choice = staged(_choice(rest, len(choices)))
        choices.append(choice)
        ends = staged(_contracted(rest, choice))
    nodes = edges.select(F.explode(F.array("src", "dst")).alias("node_id")).distinct()
    return _smallest(reduce(_followed, choices, nodes.withColumn("chosen", F.col("node_id"))))


def _choice(edges: DataFrame, salt: int) -> DataFrame:
    """For each node with an edge the one it joins: node, joins."""
    both = edges.select(F.col("src").alias("node"), F.col("dst").alias("other")).unionAll(edges.select("dst", "src"))
    best = both.groupBy("node").agg(F.min(_in_order("other", salt)).alias("best"))
    return best.select("node", F.least("best", _in_order("node", salt))["id"].alias("joins"))


def _in_order(node: str, salt: int) -> Column:
    return F.struct(F.xxhash64(F.lit(salt), node).alias("hash"), F.col(node).alias("id"))


def _contracted(edges: DataFrame, choice: DataFrame) -> DataFrame:
    src = choice.select(F.col("node").alias("src"), F.col("joins").alias("a"))
    dst = choice.select(F.col("node").alias("dst"), F.col("joins").alias("b"))
    joined = edges.join(src, on="src").join(dst, on="dst")
    return _distinct(joined.select(F.col("a").alias("src"), F.col("b").alias("dst")).filter("src != dst"))


def _distinct(edges: DataFrame) -> DataFrame:
    return edges.select(F.least("src", "dst").alias("src"), F.greatest("src", "dst").alias("dst")).distinct()


def _followed(labels: DataFrame, choice: DataFrame) -> DataFrame:
    """The labels, one choice further."""
    step = choice.select(F.col("node").alias("chosen"), "joins")
    return labels.join(step, on="chosen", how="left").select("node_id", F.coalesce("joins", "chosen").alias("chosen"))


def _smallest(labels: DataFrame) -> DataFrame:
    least = labels.groupBy("chosen").agg(F.min("node_id").alias("raw_component"))
    return labels.join(least, on="chosen").select("node_id", "raw_component")
