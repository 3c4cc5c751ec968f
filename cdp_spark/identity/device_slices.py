"""Whose a shared device was, from when to when: theirs who was last seen on it."""

from datetime import datetime

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from cdp_spark.config.identity import IdentityConfig
from cdp_spark.contracts.identity import DEVICE_SLICES
from cdp_spark.identity.hygiene import ACTIVE, SHARED


def shared_devices(nodes: DataFrame, config: IdentityConfig) -> DataFrame:
    """The rows of identity.nodes that are devices of several persons."""
    devices = [name for name, namespace in config.namespaces.items() if namespace.device]
    return nodes.filter((F.col("status") == SHARED) & F.col("namespace").isin(devices))


def device_slices(
    identifiers: DataFrame,
    shared_devices: DataFrame,
    nodes: DataFrame,
    memberships: DataFrame,
    max_persons: int,
    as_of: datetime,
) -> DataFrame:
    """The time slices of shared devices: node_id, valid_from, valid_to, person_id; half-open, without overlaps.

    A slice begins with a record that shows the device and an active identifier of the person, and ends with the next
    one that shows another person's. Where a moment names several persons, it is theirs whose identifier is the
    strongest (smallest priority, then smallest node id), whatever came first. What more than ``max_persons`` were seen
    on is a kiosk before it is a placeholder, and nobody's.

    In: silver.identifiers, ``shared_devices``, identity.nodes, identity.memberships.
    """
    devices = F.broadcast(shared_devices.select("namespace", "value", F.col("node_id").alias("device")))
    on_device = (
        identifiers.filter(F.col("seen_at") <= F.lit(as_of))
        .join(devices, on=["namespace", "value"])
        .select("record_id", "device", F.col("seen_at").alias("valid_from"))
    )
    current = memberships.filter("is_current").select("node_id", "person_id")
    active = nodes.filter(F.col("status") == ACTIVE).select("node_id", "namespace", "value", "priority")
    by_device = Window.partitionBy("device")
    in_order = by_device.orderBy("valid_from")
    before = F.lag("person_id").over(in_order)
    persons = F.size(F.collect_set("person_id").over(by_device))
    return (
        identifiers.select("record_id", "namespace", "value")
        .join(on_device, on="record_id")
        .join(active.join(current, on="node_id"), on=["namespace", "value"])
        .groupBy("device", "valid_from")
        .agg(F.min_by("person_id", F.struct("priority", "node_id")).alias("person_id"))
        .withColumns({"is_another": ~before.eqNullSafe(F.col("person_id")), "persons": persons})
        .filter(F.col("is_another") & (F.col("persons") <= max_persons))
        .withColumns({"node_id": F.col("device"), "valid_to": F.lead("valid_from").over(in_order)})
        .transform(DEVICE_SLICES.shape)
    )
