"""The published persons held against the truth of a simulated company.

Scored are the identifiers that are one person's alone: a family's address or a kiosk's cookie belongs to nobody in
particular. An identifier to which identity gives no person counts as a person of its own, and so does one that landed
records show and that was not published at all.

Recall is told twice. Over all pairs: many people use a browser on which they never say who they are, so no way through
the data could find all. And over the pairs that the raw data can show (`linkable`): those between whose identifiers
landed records of the person lead. One step of the way is a record that shows both, two contacts of the CRM that tell of
one birth date and address, or a mail's link followed on a device, which carries the subscriber's id. It goes through
what is that person's alone. The simulator writes down what each record shows as it makes it (``shown`` in the truth);
nothing that the pipeline reads, drops or decides changes which pairs are linkable.
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
from cdp_spark.errors import UsageError
from cdp_spark.runtime.published import Published
from cdp_spark.simulate.mistakes import ACTIVE, glued_pairs, missed_pairs
from cdp_spark.simulate.records import BORN_AND_LIVING
from cdp_spark.simulate.scores import Scores, partition_scores
from cdp_spark.simulate.truth import CARRIED, PERSONAL

_UNKNOWN = "unknown"
_NOT_PUBLISHED = "not published"


@dataclass(frozen=True)
class Accuracy:
    """Scores against who is who, and against what the raw data can show; mistakes by cause, in pairs."""

    of_truth: Scores
    of_linkable: Scores
    missed: Counter[str]
    glued: Counter[str]

    def lines(self, causes: int = 12) -> list[str]:
        """The figures in words, and so many causes of each kind of mistake, the greatest first."""
        true, linkable = self.of_truth, self.of_linkable
        return [
            f"identifiers {true.items:,} of {true.true_clusters:,} persons, found in {true.found_clusters:,}; "
            f"the biggest has {true.biggest_found}",
            f"pairs: precision {true.precision:.4f}, recall {true.recall:.4f} of all {true.true_pairs:,} pairs, "
            f"{linkable.recall:.4f} of the {linkable.true_pairs:,} linkable ones",
            "  linkable: landed records of the person lead from one identifier to the other, as the simulator wrote them",
            f"B-cubed: precision {true.bcubed_precision:.4f}, recall {true.bcubed_recall:.4f}; "
            f"persons found exactly: {true.exact_clusters:,} of {true.true_clusters:,}, "
            f"{linkable.exact_clusters:,} of {linkable.true_clusters:,} as far as they are linkable",
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
    known, shown = _truth(truth), _shown(truth)
    nodes = _nodes(published).toPandas().merge(known, on=["namespace", "value"], how="left")
    nodes["kind"] = nodes["kind"].fillna(_UNKNOWN)
    nodes = pd.concat([nodes, _not_published(known, shown, nodes)], ignore_index=True)
    alone = ~nodes["found"].notna()
    nodes["found"] = nodes["found"].where(~alone, "alone " + nodes["node_id"].astype(str))
    personal = nodes[nodes["kind"] == PERSONAL].reset_index(drop=True)
    if not (personal["status"] == ACTIVE).any():
        raise UsageError("the truth names none of the published identifiers", fix="name the truth of this company")
    personal["linkable"] = _linkable(personal, _leading(shown, known))
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
    parts = sorted(folder.glob(f"{name}*.csv*"))
    if not parts:
        raise UsageError(f"there is no {name}.csv in {folder}", fix="name the truth folder that `cdp simulate` wrote")
    return pd.concat([pd.read_csv(part, dtype=str, keep_default_na=False) for part in parts])


def _nodes(published: Published) -> DataFrame:
    members = published.read(MEMBERSHIPS).filter("is_current").select("node_id", F.col("person_id").alias("found"))
    nodes = published.read(NODES).select("node_id", "namespace", "value", "status")
    return nodes.join(members, on="node_id", how="left")


def _shown(folder: Path) -> pd.DataFrame:
    """One row a set of identifiers that records of a person show, and identifier of it: shown, person, namespace, value."""
    sets = _csv_parts(folder, "shown").drop_duplicates(ignore_index=True)
    parts = sets.assign(shown=sets.index, identifier=sets["identifiers"].str.split(";")).explode("identifier")
    parts[["namespace", "value"]] = parts["identifier"].str.split("=", n=1, expand=True)
    return parts[["shown", "person", "namespace", "value"]]


def _not_published(known: pd.DataFrame, shown: pd.DataFrame, nodes: pd.DataFrame) -> pd.DataFrame:
    """The identifiers that landed records show of their person and that are no node, in the namespaces that have nodes."""
    landed = known.merge(shown[["namespace", "value", "person"]].drop_duplicates(), on=["namespace", "value", "person"])
    lost = landed.merge(nodes[["namespace", "value"]], on=["namespace", "value"], how="left", indicator="is_node")
    lost = lost[(lost["is_node"] == "left_only") & lost["namespace"].isin(set(nodes["namespace"]))]
    return lost.drop(columns="is_node").assign(node_id=-1 - np.arange(len(lost)), status=_NOT_PUBLISHED, found=None)


def _leading(shown: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """What is shown and that person's alone: identifiers, ids carried in links, birth date with address."""
    theirs = known[known["kind"].isin((PERSONAL, CARRIED))][["namespace", "value", "person"]].assign(is_theirs=True)
    on = shown.merge(theirs, on=["namespace", "value", "person"], how="left")
    return on[on["is_theirs"].notna() | (on["namespace"] == BORN_AND_LIVING)].drop(columns="is_theirs")


def _linkable(personal: pd.DataFrame, shown: pd.DataFrame) -> "pd.Series[int]":
    """Label of the identifiers between which records of their person lead."""
    mine = personal[["namespace", "value", "person"]].assign(place=personal.index)
    on = shown.merge(mine, on=["namespace", "value", "person"], how="left")
    things = pd.factorize(pd.MultiIndex.from_frame(on[["person", "namespace", "value"]]))[0] + len(personal)
    places = on["place"].fillna(pd.Series(things, index=on.index)).to_numpy().astype(np.int64)
    size = len(personal) + int(things.max(initial=0)) + 1
    records = on["shown"].to_numpy().astype(np.int64) + size
    whole = int(records.max(initial=size)) + 1
    graph = coo_matrix((np.ones(len(places)), (places, records)), shape=(whole, whole))
    return pd.Series(connected_components(graph, directed=False)[1][: len(personal)], index=personal.index)
