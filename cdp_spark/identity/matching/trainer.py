"""`cdp identity train`: a model from customers, from a file of records, or from an exported model."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow.csv
from pyspark.sql import DataFrame

from cdp_spark.config.matching import Kind, MatchingConfig
from cdp_spark.errors import ConfigError, UsageError
from cdp_spark.identity.matching.blocking import forecasts
from cdp_spark.identity.matching.card import model_card
from cdp_spark.identity.matching.customers import current_customers
from cdp_spark.identity.matching.files import records_of_file
from cdp_spark.identity.matching.matched import Source, cluster_table, matched_by, trained_model
from cdp_spark.identity.matching.model import MatchingModel, model_from_json, model_of, written_model
from cdp_spark.identity.matching.records import prepared_records
from cdp_spark.identity.matching.splink import is_splink_model, model_from_splink
from cdp_spark.identity.matching.training import trained


@dataclass(frozen=True)
class Training:
    """A model and the files that were written."""

    model: MatchingModel
    files: tuple[Path, ...]


def customers_model(customers: DataFrame, config: MatchingConfig) -> MatchingModel:
    """The model of the newest version of every customer. Raises as ``matched.trained_model``."""
    if not config.kinds:
        raise ConfigError(
            "identity.yml names no column for matching",
            fix="name the kind of each column, e.g. matching: {kinds: {first_name: given_name, birth_date: date}}",
        )
    records = current_customers(customers, config.kinds)
    source = Source(one_record_a_person=config.one_record_a_person)
    return trained_model(records, config.kinds, source, config.max_comparisons)


def imported_model(path: Path, config: MatchingConfig, n_records: int) -> MatchingModel:
    """A model of this project, perhaps edited, or one that Splink exported. Raises ConfigError, UsageError."""
    if not path.is_file():
        raise UsageError(f"there is no file {path}", fix="name a model file")
    text = path.read_text(encoding="utf-8")
    if is_splink_model(text):
        return model_from_splink(text, config.kinds, n_records)
    return model_from_json(text, str(path))


def written_training(model: MatchingModel, folder: Path) -> Training:
    """Writes matching-<version>.json and its card into ``folder``."""
    return Training(model, written_model(model, folder / f"matching-{model.version}.json", model_card(model)))


def trained_on_file(
    records: Path, id_column: str, kinds: Mapping[str, Kind], folder: Path, settings: MatchingConfig, model: Path | None
) -> Training:
    """Trains on the records of a CSV or Parquet file, or takes ``model``; also writes clusters.csv. Needs no warehouse.

    A column ``source`` names the source of each record, for ``settings.one_record_a_person``.
    """
    table = records_of_file(records)
    if id_column not in table.column_names:
        raise UsageError(f"{records} has no column {id_column}", fix="name the column of the record ids with --id")
    prepared = prepared_records(table, kinds, id_column, "source", settings.one_record_a_person)
    if model:
        found = imported_model(model, settings.model_copy(update={"kinds": dict(kinds)}), len(prepared))
        matched = matched_by(prepared, found, settings.max_comparisons)
    else:
        learnt, matched = trained(prepared, settings.max_comparisons)
        found = model_of(prepared, learnt, forecasts(prepared))
    written = written_training(found, folder)
    clusters = folder / "clusters.csv"
    pyarrow.csv.write_csv(cluster_table(prepared, matched), clusters)
    return Training(found, (*written.files, clusters))


def kinds_of_options(options: list[str]) -> dict[str, Kind]:
    """``column=kind`` of the command line. Raises UsageError naming the kinds there are."""
    found: dict[str, Kind] = {}
    for option in options:
        column, _, kind = option.partition("=")
        if kind not in list(Kind):
            raise UsageError(f"{option!r} is no column=kind", fix=f"use one of {', '.join(Kind)}")
        found[column] = Kind(kind)
    return found
