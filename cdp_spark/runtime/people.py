"""Whose a record is: the join that every stage after identity needs."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.config import Config
from cdp_spark.contracts import TableContract
from cdp_spark.contracts.identity import DEVICE_SLICES
from cdp_spark.runtime.run import Run


def people_of_records(
    identifiers: DataFrame, nodes: DataFrame, memberships: DataFrame, slices: DataFrame | None = None
) -> DataFrame:
    """One row a record that belongs to somebody: record_id, person_id.

    ``identifiers`` has record_id, namespace, value; ``nodes`` node_id, namespace, value, priority, status;
    ``memberships`` node_id, person_id, is_current. A record is the person's of its strongest active identifier
    (smallest priority, then smallest node id); one whose identifiers are all shared or unknown is nobody's.

    With ``slices`` (identity.device_slices; ``identifiers`` then has seen_at, too) such a record is theirs who had a
    shared device on it at that time; of several devices the one that somebody took last decides.
    """
    active = nodes.filter(F.col("status") == "active").select("node_id", "namespace", "value", "priority")
    current = memberships.filter("is_current").select("node_id", "person_id")
    own = active.join(current, "node_id")
    if slices is None:
        seen = identifiers.select("record_id", "namespace", "value").join(own, ["namespace", "value"])
        rank = F.struct("priority", "node_id")
    else:
        holders = own.unionByName(device_holders(nodes, slices), allowMissingColumns=True)
        is_own = F.col("valid_from").isNull()
        seen = identifiers.select("record_id", "namespace", "value", "seen_at").join(holders, ["namespace", "value"])
        seen = seen.filter(is_own | holds_at(F.col("seen_at")))
        rank = F.struct(~is_own, -F.unix_micros("valid_from"), "priority", "node_id")
    return seen.groupBy("record_id").agg(F.min_by("person_id", rank).alias("person_id"))


def device_holders(nodes: DataFrame, slices: DataFrame) -> DataFrame:
    """identity.device_slices with the device's namespace and value."""
    return slices.join(nodes.select("node_id", "namespace", "value"), "node_id")


def holds_at(moment: Column) -> Column:
    """Whether a slice (valid_from, valid_to) holds at the moment."""
    return (F.col("valid_from") <= moment) & (F.col("valid_to").isNull() | (moment < F.col("valid_to")))


def slices_in_use(run: Run) -> DataFrame | None:
    """identity.device_slices; None where shared devices are nobody's, so that nothing is joined."""
    return run.tables.read(DEVICE_SLICES) if slice_tables(run.config) else None


def slice_tables(config: Config) -> tuple[TableContract, ...]:
    """What a stage reads for ``slices_in_use``."""
    return () if config.identity.shared_devices == "nobody" else (DEVICE_SLICES,)
