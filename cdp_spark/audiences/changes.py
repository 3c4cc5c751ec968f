"""Changes: the members of this run against those stored, with the reason of each entry and exit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from cdp_spark.audiences.definitions import Definition
from cdp_spark.runtime.rows import frame_of_rows

_DEFINITIONS = "audience STRING, version STRING, last_version STRING, labels ARRAY<STRING>"
ENTERED, EXITED = "entered", "exited"


@dataclass(frozen=True)
class At:
    """The run that makes the changes."""

    run_id: str
    sequence: int
    as_of: datetime


def definition_rows(spark: SparkSession, defined: Sequence[Definition], last_versions: Mapping[str, str]) -> DataFrame:
    """One row an audience that is or was: audience, version (NULL: removed), last_version (NULL: new), labels."""
    now = {d.name: d for d in defined}
    rows = [
        (n, now[n].version if n in now else None, last_versions.get(n), list(now[n].labels()) if n in now else [])
        for n in sorted({*now, *last_versions})
    ]
    return frame_of_rows(spark, _DEFINITIONS, rows)


def differences(evaluated: DataFrame, stored: DataFrame, definitions: DataFrame) -> DataFrame:
    """One row an (audience, person) that is or was in.

    Columns: audience, person_id, is_in, was_in, entered_at, evidence (now), stored_evidence, stored_version, version,
    last_version, labels.
    """
    now = evaluated.select("person_id", F.explode("audiences").alias("audience"), "held")
    before = stored.select(
        "audience", "person_id", "entered_at",
        F.col("evidence").alias("stored_evidence"), F.col("definition_version").alias("stored_version"),
    )  # fmt: skip
    both = now.withColumn("is_in", F.lit(True)).join(
        before.withColumn("was_in", F.lit(True)), ["audience", "person_id"], "full"
    )
    known = both.join(F.broadcast(definitions), on="audience", how="left")  # one row an audience
    return known.select(
        "audience", "person_id",
        F.coalesce("is_in", F.lit(False)).alias("is_in"), F.coalesce("was_in", F.lit(False)).alias("was_in"),
        "entered_at", _own(F.col("held")).alias("evidence"), "stored_evidence", "stored_version",
        "version", "last_version", "labels",
    )  # fmt: skip


def members(differences_: DataFrame, at: At) -> DataFrame:
    """Rows of gold.audience_members. Who stays keeps entered_at, and the evidence unless the definition changed."""
    stays = F.col("was_in") & (F.col("stored_version") == F.col("version"))
    return differences_.filter("is_in").select(
        "audience",
        "person_id",
        F.coalesce("entered_at", F.lit(at.as_of)).alias("entered_at"),
        F.col("version").alias("definition_version"),
        F.when(stays, F.col("stored_evidence")).otherwise(F.col("evidence")).alias("evidence"),
    )


def changes(differences_: DataFrame, evaluated: DataFrame, redirects: DataFrame, at: At) -> DataFrame:
    """Rows of gold.audience_changes: one an entry and exit.

    ``redirects`` tells which person an id that is no more became part of.
    """
    merged = redirects.filter((F.col("reason") == "merged") & F.col("person_id").isNotNull())
    rows = _entries(differences_, merged).unionByName(_exits(differences_, evaluated, merged))
    return rows.withColumns(
        {"run_id": F.lit(at.run_id), "sequence": F.lit(at.sequence).cast("bigint"), "changed_at": F.lit(at.as_of)}
    )


def last_versions(changes_: DataFrame, stored: DataFrame) -> DataFrame:
    """One row an audience: audience, version its members were last found by, sequence of its last change."""
    logged = changes_.groupBy("audience").agg(
        F.max_by("definition_version", "sequence").alias("logged"), F.max("sequence").alias("sequence")
    )
    held = stored.groupBy("audience").agg(F.max("definition_version").alias("held"))
    return logged.join(held, on="audience", how="full").select(
        "audience", F.coalesce("held", "logged").alias("version"), "sequence"
    )


def unfinished(changes_: DataFrame, stored: DataFrame, last_sequence: int) -> DataFrame:
    """Log rows of the last run in the log where the members do not show them: it died between the two tables."""
    last = changes_.filter(F.col("sequence") == F.lit(last_sequence))
    there = stored.select("audience", "person_id", F.lit(True).alias("_in"))
    seen = last.join(there, on=["audience", "person_id"], how="left")
    return seen.filter((F.col("change") == ENTERED) != F.col("_in").isNotNull()).drop("_in")


def _entries(differences_: DataFrame, merged: DataFrame) -> DataFrame:
    absorbed = (
        differences_.filter("was_in")
        .select("audience", F.col("person_id").alias("old_person_id"))
        .join(merged.select("old_person_id", "person_id"), on="old_person_id")
        .select("audience", "person_id", F.lit(True).alias("_absorbs"))
        .distinct()
    )
    reason = (
        F.when(F.col("_absorbs"), "identity_merge")
        .when(F.col("last_version").isNull(), "audience_added")
        .when(F.col("last_version") != F.col("version"), "definition_changed")
        .otherwise("condition")
    )
    entered = differences_.filter(F.col("is_in") & ~F.col("was_in"))
    return entered.join(absorbed, on=["audience", "person_id"], how="left").select(
        "audience", "person_id", F.lit(ENTERED).alias("change"), reason.alias("reason"),
        F.array_sort(F.map_keys("evidence")).alias("leaves"), "evidence",
        F.lit(None).cast("string").alias("survivor_id"), F.col("version").alias("definition_version"),
    )  # fmt: skip


def _exits(differences_: DataFrame, evaluated: DataFrame, merged: DataFrame) -> DataFrame:
    into = merged.select(F.col("old_person_id").alias("person_id"), F.col("person_id").alias("survivor_id"))
    people = evaluated.select("person_id", "held", F.lit(True).alias("_lives"))
    is_gone = F.col("_lives").isNull()
    reason = (
        F.when(F.col("version").isNull(), "audience_removed")
        .when(is_gone & F.col("survivor_id").isNotNull(), "identity_merge")
        .when(is_gone, "identity_ended")
        .when(F.col("stored_version") != F.col("version"), "definition_changed")
        .otherwise("condition")
    )
    exited = differences_.filter(~F.col("is_in") & F.col("was_in")).drop("evidence")
    # One row a person on the right of both joins.
    return exited.join(people, on="person_id", how="left").join(into, on="person_id", how="left").select(
        "audience", "person_id", F.lit(EXITED).alias("change"), reason.alias("reason"),
        F.when(~is_gone, _turned()).alias("leaves"), _own(F.col("held")).alias("evidence"),
        F.when(is_gone, F.col("survivor_id")).alias("survivor_id"),
        F.coalesce("version", "stored_version").alias("definition_version"),
    )  # fmt: skip


def _own(held: Column) -> Column:
    return F.map_filter(held, lambda label, _: F.array_contains("labels", label))


def _turned() -> Column:
    def has_turned(label: Column) -> Column:
        return F.map_contains_key("stored_evidence", label) != F.map_contains_key("held", label)

    return F.filter("labels", has_turned)
