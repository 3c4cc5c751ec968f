"""What identity knows about one person, as small frames: identifiers, links kept and held, and how to find one."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from cdp_spark.contracts.identity import IDENTITY_LOG
from cdp_spark.runtime.tables import Published


def person_of_identifier(
    nodes: DataFrame, memberships: DataFrame, redirects: DataFrame, value_or_person_id: str
) -> DataFrame:
    """The persons an identifier value or a person id, old or current, stands for now: person_id, found_by.

    ``found_by`` is a namespace, person_id or redirect. An identifier that links nobody belongs to no person.
    """
    current = memberships.filter("is_current").select("node_id", "person_id")
    by_value = nodes.filter(F.col("value") == value_or_person_id).select(
        "node_id", F.col("namespace").alias("found_by")
    )
    by_id = current.filter(F.col("person_id") == value_or_person_id).select(
        "person_id", F.lit("person_id").alias("found_by")
    )
    by_redirect = redirects.filter((F.col("old_person_id") == value_or_person_id) & F.col("person_id").isNotNull())
    return (
        by_value.join(current, on="node_id")
        .select("person_id", "found_by")
        .unionByName(by_id)
        .unionByName(by_redirect.select("person_id", F.lit("redirect").alias("found_by")))
        .distinct()
    )


def identifiers_of_person(nodes: DataFrame, memberships: DataFrame, person_id: str) -> DataFrame:
    """A person's identifiers, best first: identity.nodes columns and valid_from, since when the person has it."""
    return nodes.join(_members(memberships, person_id), on="node_id").orderBy("priority", "node_id")


def links_of_person(
    nodes: DataFrame, memberships: DataFrame, links: DataFrame, held_links: DataFrame, person_id: str
) -> DataFrame:
    """The links among a person's identifiers, and those held that touch one.

    Out: link_id, src_namespace, src_value, dst_namespace, dst_value, rule, decision (kept or held), reason, tier, weight,
    n_obs, first_seen, last_seen, sources, example_record_id. A held link that was never eligible has no figures.
    """
    members = _members(memberships, person_id).select("node_id")
    figures = links.drop("src", "dst", "rule")
    held = held_links.select("link_id", "src", "dst", "rule", "reason")
    kept = links.join(held, on="link_id", how="left_anti").select(
        "link_id", "src", "dst", "rule", F.lit(None).cast("string").alias("reason")
    )
    touching = kept.unionByName(held).transform(lambda rows: _touching(rows, members))
    decision = F.when(F.col("reason").isNull(), "kept").otherwise("held")
    return (
        touching.join(figures, on="link_id", how="left")
        .join(_end(nodes, "src"), on="src")
        .join(_end(nodes, "dst"), on="dst")
        .select(
            "link_id", "src_namespace", "src_value", "dst_namespace", "dst_value", "rule", decision.alias("decision"), "reason",
            "tier", "weight", "n_obs", "first_seen", "last_seen", "sources", "example_record_id",
        )
        .orderBy("decision", "tier", F.col("weight").desc(), "link_id")
    )  # fmt: skip


def log_of_person(published: Published, person_id: str | None) -> DataFrame:
    """identity.log rows, newest first; only those that name the person where one is given."""
    rows = published.read(IDENTITY_LOG)
    if person_id is not None:
        rows = rows.filter((F.col("person_id") == person_id) | (F.col("other_person_id") == person_id))
    columns = ("at", "operation", "person_id", "other_person_id", "run_id")
    return rows.select(*columns).orderBy(F.col("at").desc(), "operation", "person_id")


def _members(memberships: DataFrame, person_id: str) -> DataFrame:
    return memberships.filter("is_current").filter(F.col("person_id") == person_id).select("node_id", "valid_from")


def _touching(links: DataFrame, members: DataFrame) -> DataFrame:
    by_src = links.join(members.withColumnRenamed("node_id", "src"), on="src", how="left_semi")
    by_dst = links.join(members.withColumnRenamed("node_id", "dst"), on="dst", how="left_semi")
    return by_src.unionByName(by_dst).distinct()


def _end(nodes: DataFrame, end: str) -> DataFrame:
    return nodes.select(
        F.col("node_id").alias(end), F.col("namespace").alias(f"{end}_namespace"), F.col("value").alias(f"{end}_value")
    )
