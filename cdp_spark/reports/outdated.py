"""What an older mapping made, or refused, and the one of today might not."""

from dataclasses import dataclass, field
from functools import reduce

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from cdp_spark.config import Config
from cdp_spark.contracts.bronze import bronze_contract
from cdp_spark.contracts.ops import MAPPINGS
from cdp_spark.contracts.silver import QUARANTINE, REDRIVEN
from cdp_spark.runtime.published import Published

Counts = dict[tuple[str, str], int]


@dataclass(frozen=True)
class Outdated:
    """Source and stream → records that an older mapping refused and that wait, and records that one took."""

    refused: Counts = field(default_factory=dict)
    taken: Counts = field(default_factory=dict)


def outdated(published: Published, config: Config) -> Outdated:
    """What stands in the tables by mappings that have changed since."""
    return Outdated(_refused(published, config), _taken(published, config))


def is_outdated(versions: dict[tuple[str, str], str], row: Row) -> bool:
    """Whether a row with source, stream and mapping_version is of another mapping than today's; of none it is not."""
    current = versions.get((row["source"], row["stream"]))
    return None not in (current, row["mapping_version"]) and row["mapping_version"] != current


def _refused(published: Published, config: Config) -> Counts:
    if QUARANTINE.name not in published.versions:
        return {}
    rows = published.read(QUARANTINE).groupBy("source", "stream", "mapping_version")
    versions = config.mapping_versions
    counts: Counts = {}
    for r in rows.agg(F.count_distinct("record_id").alias("records")).collect():
        if is_outdated(versions, r):
            key = (r["source"], r["stream"])
            counts[key] = counts.get(key, 0) + r["records"]
    return counts


def _taken(published: Published, config: Config) -> Counts:
    """Records in bronze from landings that were normalised by another mapping, but those that it refused and those that
    today's took from quarantine; no Spark job where no landing was.
    """
    if MAPPINGS.name not in published.versions:
        return {}
    older: dict[str, dict[str, Column]] = {}
    for (source, stream), used in _by_stream(published.read(MAPPINGS)).items():
        landings = _landings_of_older(used, config.mapping_versions)
        if landings is not None and bronze_contract(source).name in published.versions:
            older.setdefault(source, {})[stream] = landings
    counts: Counts = {}
    for source, streams in older.items():
        counted = [F.count_if((F.col("stream") == s) & landings).alias(s) for s, landings in streams.items()]
        landed = published.read(bronze_contract(source)).filter(F.col("fault").isNull())
        row = _but_settled(landed, published, config, source).agg(*counted).first()
        counts |= {(source, s): row[s] for s in streams if row and row[s]}
    return counts


def _but_settled(landed: DataFrame, published: Published, config: Config, source: str) -> DataFrame:
    """The records of a source without those that wait in quarantine, passed by today's mapping or were set aside."""
    settled = []
    if QUARANTINE.name in published.versions:
        settled.append(published.read(QUARANTINE))
    if REDRIVEN.name in published.versions:
        today = [
            (F.col("stream") == stream) & (F.col("passed_as") == version)
            for (of, stream), version in config.mapping_versions.items()
            if of == source
        ]
        is_settled = reduce(lambda a, b: a | b, today, F.coalesce("discarded", F.lit(False)))
        settled.append(published.read(REDRIVEN).filter(is_settled))
    for rows in settled:
        theirs = rows.filter(F.col("source") == source).select("record_id")
        landed = landed.join(theirs, on="record_id", how="left_anti")
    return landed


def _by_stream(mappings: DataFrame) -> dict[tuple[str, str], list[Row]]:
    """Source and stream → its rows of ops.mappings, which are few: one a change."""
    used: dict[tuple[str, str], list[Row]] = {}
    for r in mappings.orderBy("first_landing").collect():
        used.setdefault((r["source"], r["stream"]), []).append(r)
    return used


def _landings_of_older(used: list[Row], versions: dict[tuple[str, str], str]) -> Column | None:
    """Whether a record of a stream landed while a mapping was in use that is another today; None: all were today's."""
    landing, spans = F.col("landing_id"), []
    for r, following in zip(used, [*used[1:], None], strict=True):
        if is_outdated(versions, r):
            span = landing >= r["first_landing"]
            spans.append(span if following is None else span & (landing < following["first_landing"]))
    return reduce(lambda a, b: a | b, spans) if spans else None
