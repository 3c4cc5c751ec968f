"""Devices: the stream an event belongs to, and the person a device belongs to now."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

ANONYMOUS_ID, USER_ID = "anonymous_id", "user_id"


def device_people(nodes: DataFrame, memberships: DataFrame) -> DataFrame:
    """One row a device or login that belongs to a person now: namespace, value, person_id."""
    devices = nodes.filter(F.col("namespace").isin(ANONYMOUS_ID, USER_ID)).select("node_id", "namespace", "value")
    current = memberships.filter("is_current").select("node_id", "person_id")
    return devices.join(current, on="node_id").select("namespace", "value", "person_id")


def with_device(events: DataFrame) -> DataFrame:
    """The events that name a device, with device_namespace and device_id: anonymous_id, else user_id."""
    namespace = F.when(F.col(ANONYMOUS_ID).isNotNull(), ANONYMOUS_ID).when(F.col(USER_ID).isNotNull(), USER_ID)
    device = {"device_namespace": namespace, "device_id": F.coalesce(ANONYMOUS_ID, USER_ID)}
    return events.withColumns(device).filter(F.col("device_id").isNotNull())
