"""The published persons held against the truth of a simulated company.

Scored are the identifiers that are one person's alone: a family's address or a kiosk's cookie belongs to nobody in
particular. An identifier to which identity gives no person counts as a person of its own.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from cdp_spark.contracts.identity import MEMBERSHIPS, NODES
from cdp_spark.contracts.silver import IDENTIFIERS
from cdp_spark.errors import UsageError
from cdp_spark.runtime.tables import Published
from cdp_spark.simulate.mistakes import glued_pairs, missed_pairs
from cdp_spark.simulate.scores import Scores, partition_scores
from cdp_spark.simulate.truth import PERSONAL

_UNKNOWN = "unknown"


@dataclass(frozen=True)
class Accuracy:
    """Scores against who is who, and against what records show at all; mistakes by cause, in pairs."""

    of_truth: Scores
    of_evidence: Scores
    missed: Counter[str]
    glued: Counter[str]

    def lines(self, causes: int = 12) -> list[str]:
        """The figures in words, and so many causes of each kind of mistake, the greatest first."""
        true, evident = self.of_truth, self.of_evidence
        return [
            f"identifiers {true.items:,} of {true.true_clusters:,} persons, found in {true.found_clusters:,}; "
            f"the biggest has {true.biggest_found}",
            f"pairs: precision {true.precision:.4f}, recall {true.recall:.4f}; "
            f"of the pairs that records show together {evident.recall:.4f}",
            f"B-cubed: precision {true.bcubed_precision:.4f}, recall {true.bcubed_recall:.4f}; "
            f"persons found exactly: {true.exact_clusters:,} of {true.true_clusters:,}, "
            f"{evident.exact_clusters:,} of {evident.true_clusters:,} as far as records show them",
            *_caused("pairs wrongly together", self.glued, causes),
            *_caused("pairs wrongly apart", self.missed, causes),
        ]


def _caused(title: str, mistakes: Counter[str], causes: int) -> list[str]:
    listed = [f"  {pairs:>9,}  {cause}" for cause, pairs in mistakes.most_common(causes)]
    return [f"{title}: {mistakes.total():,}", *listed]


def accuracy(published: Published, truth: Path) -> Accuracy:
    """How right the published memberships are, by the truth folder of the company they were made from.

    Raises UsageError where the folder holds no truth, NotPublished where nothing has been published.
    """
    known = _truth(truth)
    nodes = _nodes(published).toPandas().merge(known, on=["namespace", "value"], how="left")
    nodes["kind"] = nodes["kind"].fillna(_UNKNOWN)
    alone = ~nodes["found"].notna()
    nodes["found"] = nodes["found"].where(~alone, "alone " + nodes["node_id"].astype(str))
    personal = nodes[nodes["kind"] == PERSONAL].reset_index(drop=True)
    if personal.empty:
        raise UsageError("the truth names none of the published identifiers", fix="name the truth of this company")
    personal["linkable"] = _shown_together(personal, _records(published))
    labels = {name: pd.factorize(personal[name])[0].astype(np.int64) for name in ("person", "linkable", "found")}
    return Accuracy(
        partition_scores(labels["person"], labels["found"]),
        partition_scores(labels["linkable"], labels["found"]),
        missed_pairs(personal),
        glued_pairs(personal, nodes[(nodes["kind"] != PERSONAL) & ~alone]),
    )


def _truth(folder: Path) -> pd.DataFrame:
    """One row an identifier: namespace, value, kind; person and household where it is one person's alone."""
    identifiers = _csv_parts(folder, "identifiers")
    homes = _csv_parts(folder, "persons")[["person", "household"]]
    return identifiers.rename(columns={"persons": "person"}).merge(homes, on="person", how="left")


def _csv_parts(folder: Path, name: str) -> pd.DataFrame:
    parts = sorted(folder.glob(f"{name}*.csv"))
    if not parts:
        raise UsageError(f"there is no {name}.csv in {folder}", fix="name the truth folder that `cdp simulate` wrote")
    return pd.concat([pd.read_csv(part, dtype=str, keep_default_na=False) for part in parts])


def _nodes(published: Published) -> DataFrame:
    members = published.read(MEMBERSHIPS).filter("is_current").select("node_id", F.col("person_id").alias("found"))
    nodes = published.read(NODES).select("node_id", "namespace", "value", "status")
    return nodes.join(members, on="node_id", how="left")


def _records(published: Published) -> DataFrame:
    """One row a record and identifier on it."""
    seen = published.read(IDENTIFIERS).select(F.xxhash64("record_id").alias("record"), "namespace", "value")
    nodes = published.read(NODES).select("node_id", "namespace", "value")
    return seen.join(nodes, on=["namespace", "value"]).select("record", "node_id")


def _shown_together(personal: pd.DataFrame, records: DataFrame) -> "pd.Series[int]":
    """Label of the identifiers that records connect, going through identifiers of the same person alone."""
    seen = records.toPandas()
    position = pd.Series(personal.index, index=personal["node_id"])
    seen = seen[seen["node_id"].isin(position.index)]
    places = position.loc[seen["node_id"]].to_numpy()
    owners = pd.factorize(personal["person"])[0][places]
    # A record stands once for each person on it, so that it connects nobody with anybody else.
    groups = pd.factorize(pd.MultiIndex.from_arrays([seen["record"], owners]))[0]
    size, people = len(personal), int(groups.max(initial=-1)) + 1
    graph = coo_matrix((np.ones(len(places)), (places, size + groups)), shape=(size + people, size + people))
    return pd.Series(connected_components(graph, directed=False)[1][:size], index=personal.index)
