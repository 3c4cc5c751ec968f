"""What a destination should hold: one row a person and sync, with the fields exactly as they are sent."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.activation.consent import usable_contact_points
from cdp_spark.activation.hashing import hashed, normalised_for
from cdp_spark.config.destinations import DestinationConfig, OutputField, Sync

_CONTACT_FIELDS = ("email", "phone")


def sync_id(destination: DestinationConfig, sync: Sync) -> str:
    """The sync's name: destination and audience."""
    return f"{destination.destination}.{sync.audience}"


def identifier_fields(destination: DestinationConfig) -> tuple[str, ...]:
    """The output fields that say who somebody is to the destination."""
    return tuple(n for n, f in destination.fields.items() if f.contact_points or f.profile in _CONTACT_FIELDS)


def candidates(destination: DestinationConfig, sync: Sync, audience_members: DataFrame) -> DataFrame:
    """Members of the sync's audience: sync_id, person_id, and is_suppressed where a suppressing audience has them."""
    members = audience_members.filter(F.col("audience") == sync.audience).select("person_id")
    suppressed = audience_members.filter(F.col("audience").isin(*sync.suppress)).select("person_id").distinct()
    return members.join(suppressed.withColumn("is_suppressed", F.lit(True)), "person_id", "left").select(
        F.lit(sync_id(destination, sync)).alias("sync_id"),
        "person_id",
        F.coalesce("is_suppressed", F.lit(False)).alias("is_suppressed"),
    )


def desired_state(
    destination: DestinationConfig,
    sync: Sync,
    candidates_: DataFrame,
    profiles: DataFrame,
    traits: DataFrame,
    granted: DataFrame,
) -> DataFrame:
    """Candidates that may be sent: sync_id, person_id, payload (field → values), consent_event_ids.

    A person needs a usable contact point in the destination's consent namespace; every contact point in the
    payload is itself usable.
    """
    usable = usable_contact_points(granted, sync.purposes)
    contacts = usable.groupBy("person_id").agg(
        F.collect_list(F.struct("namespace", "value")).alias("contacts"),
        F.array_sort(F.array_distinct(F.flatten(F.collect_list("consent_event_ids")))).alias("consent_event_ids"),
        F.max(F.col("namespace") == destination.consent_namespace).alias("_reachable"),
    )
    people = (
        candidates_.filter(~F.col("is_suppressed"))
        .join(contacts.filter("_reachable"), "person_id")
        .join(profiles.alias("p"), "person_id", "left")
        .join(traits.alias("t"), "person_id", "left")
    )
    payload = _payload(destination)
    rows = people.select("sync_id", "person_id", payload.alias("payload"), "consent_event_ids")
    return rows.filter(_has_identifier(destination))


def _payload(destination: DestinationConfig) -> Column:
    entries = [
        F.struct(F.lit(name).alias("key"), _values(destination, output).alias("value"))
        for name, output in sorted(destination.fields.items())
    ]
    filled = F.filter(F.array(*entries), lambda e: F.size(e["value"]) > 0)
    return F.map_from_entries(filled)


def _has_identifier(destination: DestinationConfig) -> Column:
    present = [F.map_contains_key("payload", F.lit(name)) for name in identifier_fields(destination)]
    found = F.lit(False)
    for p in present:
        found = found | p
    return found if present else F.lit(True)


def _values(destination: DestinationConfig, output: OutputField) -> Column:
    if output.contact_points:
        values = _contacts_of(output.contact_points)
    elif output.profile in _CONTACT_FIELDS:
        allowed = _contacts_of(output.profile)
        values = F.filter(allowed, lambda v: v == F.col(f"p.{output.profile}"))
    else:
        column = F.col(f"p.{output.profile}") if output.profile else F.col(f"t.{output.trait}")
        values = F.array(column.cast("string"))
    return _as_sent(destination, output, values)


def _contacts_of(namespace: str) -> Column:
    own = F.filter("contacts", lambda c: c["namespace"] == namespace)
    return F.transform(own, lambda c: c["value"])


def _as_sent(destination: DestinationConfig, output: OutputField, values: Column) -> Column:
    field = output.contact_points or output.profile or "trait"

    def one(value: Column) -> Column:
        if not output.hashed:
            return value
        return hashed(normalised_for(destination.normalisation, field, value))

    sent = F.transform(values, one)
    return F.array_sort(F.array_distinct(F.filter(sent, lambda v: v.isNotNull())))
