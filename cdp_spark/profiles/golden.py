"""The golden record: the surviving fields of a person and where each came from."""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.config.profiles import FIELD_TYPES, FieldRule
from cdp_spark.contracts.gold import PROFILES
from cdp_spark.profiles.survivorship import CONTACTS, survivors

_BY_IDENTIFIER = "identifier"
_ORIGIN = ("source", "record_id", "observed_at", "rule", "candidates")


def profiles(persons: DataFrame, records_of_persons: DataFrame, groups: Sequence[FieldRule]) -> DataFrame:
    """One row a person, as rows of gold.profiles.

    ``groups`` has every field of FIELD_TYPES once. An e-mail or phone that no record gives is the identifier seen
    last, with rule ``identifier`` and no record_id.
    """
    rows = survivors(persons.join(records_of_persons, on="person_id", how="left"), groups)
    chosen = {field: f"survivor_{i}" for i, group in enumerate(groups) for field in group.fields}
    origins = [_origin(field, F.col(chosen[field])) for field in FIELD_TYPES if field in chosen]
    return (
        rows.withColumn("provenance", F.map_from_entries(F.array_compact(F.array(*origins))))
        .withColumns({field: _value(field, F.col(survivor)) for field, survivor in chosen.items()})
        .transform(PROFILES.shape)
    )


def _value(field: str, survivor: Column) -> Column:
    value = survivor["value"][field]
    return F.coalesce(value, _last_seen(field)["value"]) if field in CONTACTS else value


def _origin(field: str, survivor: Column) -> Column:
    """The entry of the provenance map, NULL where the field has no value."""
    told = _entry(field, *[survivor[part] for part in _ORIGIN])
    told = F.when(survivor["value"][field].isNotNull(), told)
    if field not in CONTACTS:
        return told
    contact, nowhere = _last_seen(field), F.lit(None).cast("STRING")
    seen = _entry(field, contact["source"], nowhere, contact["seen_at"], F.lit(_BY_IDENTIFIER), F.size(CONTACTS[field]))
    return F.coalesce(told, F.when(contact.isNotNull(), seen))


def _entry(field: str, *parts: Column) -> Column:
    named = [part.alias(name) for part, name in zip(parts, _ORIGIN, strict=True)]
    return F.struct(F.lit(field).alias("key"), F.struct(*named).alias("value"))


def _last_seen(field: str) -> Column:
    return F.get(CONTACTS[field], F.lit(0))
