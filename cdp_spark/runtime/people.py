"""Whose a record is: the join that every stage after identity needs."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def people_of_records(identifiers: DataFrame, nodes: DataFrame, memberships: DataFrame) -> DataFrame:
    """One row a record that belongs to somebody: record_id, person_id.

    ``identifiers`` has record_id, namespace, value; ``nodes`` node_id, namespace, value, priority, status;
    ``memberships`` node_id, person_id, is_current. A record is the person's of its strongest active identifier
    (smallest priority, then smallest node id); one whose identifiers are all shared or unknown is nobody's.
    """
    active = nodes.filter(F.col("status") == "active").select("node_id", "namespace", "value", "priority")
    current = memberships.filter("is_current").select("node_id", "person_id")
    return (
        identifiers.select("record_id", "namespace", "value")
        .join(active.join(current, "node_id"), ["namespace", "value"])
        .groupBy("record_id")
        .agg(F.min_by("person_id", F.struct("priority", "node_id")).alias("person_id"))
    )
