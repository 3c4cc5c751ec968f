"""Persons by their identifiers: what is known of somebody of whom no customer record tells."""

from collections.abc import Collection
from datetime import datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F


def person_identifiers(nodes: DataFrame, memberships: DataFrame) -> DataFrame:
    """The identifiers that persons have now: person_id, namespace, value, first_seen, last_seen."""
    active = nodes.filter(F.col("status") == "active")
    current = memberships.filter("is_current").select("node_id", "person_id")
    return active.join(current, on="node_id").select("person_id", "namespace", "value", "first_seen", "last_seen")


def identifier_sources(identifiers: DataFrame, as_of: datetime) -> DataFrame:
    """Which sources showed an identifier up to ``as_of``: namespace, value, sources (latest sight first)."""
    sight = F.struct(F.negative(F.unix_micros("seen_at")).alias("age"), "source")
    return (
        identifiers.filter(F.col("seen_at") <= F.lit(as_of))
        .groupBy("namespace", "value", "source")
        .agg(F.max("seen_at").alias("seen_at"))
        .groupBy("namespace", "value")
        .agg(F.array_sort(F.collect_list(sight))["source"].alias("sources"))
    )


def persons(person_identifiers: DataFrame, identifier_sources: DataFrame, strong: Collection[str]) -> DataFrame:
    """One row a person, by identifiers alone.

    ``strong`` names the namespaces that name a person. Out: person_id, is_anonymous, n_identifiers, sources,
    first_seen, last_seen, and emails and phones: arrays of structs (age, value, source, seen_at), last seen first.
    """
    return (
        person_identifiers.join(identifier_sources, on=["namespace", "value"], how="left")
        .groupBy("person_id")
        .agg(
            (~F.max(F.col("namespace").isin(*strong))).alias("is_anonymous"),
            F.count(F.lit(1)).alias("n_identifiers"),
            F.array_sort(F.array_distinct(F.flatten(F.collect_list("sources")))).alias("sources"),
            F.min("first_seen").alias("first_seen"),
            F.max("last_seen").alias("last_seen"),
            _contacts("email").alias("emails"),
            _contacts("phone").alias("phones"),
        )
    )


def _contacts(namespace: str) -> Column:
    contact = F.struct(
        F.negative(F.unix_micros("last_seen")).alias("age"),
        "value",
        F.get("sources", F.lit(0)).alias("source"),
        F.col("last_seen").alias("seen_at"),
    )
    return F.array_sort(F.collect_list(F.when(F.col("namespace") == namespace, contact)))
