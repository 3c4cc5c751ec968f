"""From frames to models and clusters: what a user of the package calls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from cdp_spark.config.matching import Kind, MatchingConfig
from cdp_spark.errors import ConfigError
from cdp_spark.identity.matching.arrays import Floats
from cdp_spark.identity.matching.blocking import candidate_pairs, forecasts
from cdp_spark.identity.matching.clusters import cluster_labels
from cdp_spark.identity.matching.comparing import comparisons_of, tested_comparisons
from cdp_spark.identity.matching.comparisons import Comparison
from cdp_spark.identity.matching.model import MatchingModel, model_of
from cdp_spark.identity.matching.records import Records, prepared_records
from cdp_spark.identity.matching.scoring import compared_pairs, match_probability, pair_weights
from cdp_spark.identity.matching.training import Matched, trained

_LIMIT = int(MatchingConfig.model_fields["max_comparisons"].default)
_CLUSTERS = "record_id STRING, cluster_id STRING, weight DOUBLE, match_probability DOUBLE"


@dataclass(frozen=True)
class Source:
    """Where the records' ids and sources stand, and which sources hold each person once."""

    id_column: str = "record_id"
    source_column: str | None = "source"
    one_record_a_person: Sequence[str] = ()


def trained_model(
    records: DataFrame, kinds: Mapping[str, Kind], source: Source | None = None, max_comparisons: int = _LIMIT
) -> MatchingModel:
    """The model of the records, learnt without labels.

    In: one row a record with an id of its own; ``kinds``: column → what it says. Raises ConfigError when no column helps,
    ContractError when an id is null or double, GuardHeld naming the blocking key when too many pairs would be compared.
    """
    prepared = collected_records(records, kinds, source or Source())
    return model_of(prepared, trained(prepared, max_comparisons)[0], forecasts(prepared))


def matched_clusters(
    records: DataFrame,
    kinds: Mapping[str, Kind],
    model: MatchingModel | None = None,
    source: Source | None = None,
    max_comparisons: int = _LIMIT,
) -> DataFrame:
    """The cluster of every record: record_id, cluster_id (its smallest record id), weight, match_probability.

    ``weight`` is the bits of the record's best pair within its cluster, NULL for a record alone. Without a model one is
    trained on the same records. Raises as ``trained_model``, and ConfigError when the model is of other columns.
    """
    prepared = collected_records(records, kinds, source or Source())
    matched = matched_by(prepared, model, max_comparisons) if model else trained(prepared, max_comparisons)[1]
    return records.sparkSession.createDataFrame(cluster_table(prepared, matched), _CLUSTERS)


def collected_records(records: DataFrame, kinds: Mapping[str, Kind], source: Source) -> Records:
    """The columns that matter, on the driver."""
    wanted = (source.id_column, source.source_column, *kinds)
    columns = list(dict.fromkeys(c for c in wanted if c in records.columns))
    table = records.select(*columns).toArrow()
    return prepared_records(table, kinds, source.id_column, source.source_column, source.one_record_a_person)


def matched_by(records: Records, model: MatchingModel, max_comparisons: int) -> Matched:
    """The records' pairs scored by a model that may be older than they, and their clusters."""
    comparisons = _comparisons(records, model)
    pairs = compared_pairs(comparisons, candidate_pairs(records, max_comparisons))
    weights = pair_weights(pairs, pairs.patterns, model.estimates(len(records)))
    return Matched(pairs.left, pairs.right, weights, cluster_labels(pairs.left, pairs.right, weights, records.source))


def cluster_table(records: Records, matched: Matched) -> pa.Table:
    """record_id, cluster_id, weight and match_probability of every record."""
    best = _best_weights(len(records), matched)
    alone = best == -np.inf
    return pa.table(
        {
            "record_id": pa.array(records.ids, pa.string()),
            "cluster_id": pa.array(records.ids[matched.labels], pa.string()),
            "weight": pa.array(best, pa.float64(), mask=alone),
            "match_probability": pa.array(match_probability(np.where(alone, 0.0, best)), pa.float64(), mask=alone),
        }
    )


def _best_weights(n: int, matched: Matched) -> Floats:
    together = matched.labels[matched.left] == matched.labels[matched.right]
    best = np.full(n, -np.inf)
    for side in (matched.left, matched.right):
        np.maximum.at(best, side[together], matched.weights[together])
    return best


def _comparisons(records: Records, model: MatchingModel) -> list[Comparison]:
    levels = {
        c.name: [(x.label, x.test.how, x.test.bound, x.test.frequency_weight) for x in c.levels if x.test]
        for c in model.comparisons
    }
    if any(levels.values()):
        return tested_comparisons(records, levels)
    comparisons = comparisons_of(records, model.scale, model.aliases)
    found = [(c.name, len(c.labels)) for c in comparisons]
    wanted = [(c.name, len(c.levels)) for c in model.comparisons]
    if found != wanted:
        raise ConfigError(
            f"the model compares {', '.join(n for n, _ in wanted)}; the records give {', '.join(n for n, _ in found)}",
            fix="use the kinds and columns the model was trained with, or train it anew",
        )
    return comparisons
