"""Builders for profile tests: customer records, the identifiers on them, and whose they are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pyspark.sql import DataFrame, Row, SparkSession

from cdp_spark.config.profiles import ProfilesConfig
from cdp_spark.contracts import TableContract
from cdp_spark.contracts.identity import MEMBERSHIPS, NODES
from cdp_spark.contracts.silver import CUSTOMERS, IDENTIFIERS
from cdp_spark.profiles.golden import profiles
from cdp_spark.profiles.persons import identifier_sources, person_identifiers, persons
from cdp_spark.profiles.records import current_records, people_of_customers, records_of_persons

T0 = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
STRONG = ("user_id", "email")
_PRIORITY = {"user_id": 0, "email": 1, "phone": 2, "device_id": 3, "anonymous_id": 4}
Values = dict[str, Any]


def day(n: int) -> datetime:
    """The n-th day."""
    return T0 + n * DAY


@dataclass
class Facts:
    """What is known: rows of the tables that profiles are made from."""

    customers: list[Values] = field(default_factory=list)
    identifiers: list[Values] = field(default_factory=list)
    nodes: dict[tuple[str, str], Values] = field(default_factory=dict)
    owners: dict[tuple[str, str], str] = field(default_factory=dict)

    def owns(self, person: str, status: str = "active", seen: datetime = T0, **identifiers: str) -> None:
        """Gives the person identifiers."""
        for namespace, value in identifiers.items():
            self.owners[namespace, value] = person
            self.nodes[namespace, value] = {
                "node_id": len(self.nodes) + 1, "namespace": namespace, "value": value,
                "priority": _PRIORITY[namespace], "status": status, "first_seen": seen, "last_seen": seen,
            }  # fmt: skip

    def seen(self, source: str, at: datetime, **identifiers: str) -> None:
        """An event that shows identifiers."""
        record_id = f"seen-{len(self.identifiers)}"
        for namespace, value in identifiers.items():
            self.identifiers.append(
                {"record_id": record_id, "namespace": namespace, "value": value, "source": source, "stream": "s",
                 "record_kind": "events", "seen_at": at, "landing_id": 1}
            )  # fmt: skip

    def customer(
        self, record_id: str, key: str, valid_from: datetime, on: dict[str, str], source: str = "crm", **values: Any
    ) -> None:
        """A version of a record in a source that shows the identifiers ``on`` it."""
        self.customers.append(
            {"record_id": record_id, "source": source, "stream": "s", "source_key": key, "valid_from": valid_from,
             "time_quality": "timed", "landing_id": 1,
             "identifiers": [{"namespace": n, "value": v} for n, v in on.items()], **values}
        )  # fmt: skip

    def frame(self, spark: SparkSession, contract: TableContract, rows: Iterable[Values]) -> DataFrame:
        """The rows as a frame of the table."""
        tuples = [tuple(row.get(c) for c in contract.column_names) for row in rows]
        return spark.createDataFrame(tuples, contract.schema)

    def frames(self, spark: SparkSession) -> dict[str, DataFrame]:
        """Every table by its contract's name."""
        memberships = [
            {
                "node_id": self.nodes[i]["node_id"],
                "valid_from": T0,
                "person_id": p,
                "raw_component": 1,
                "is_current": True,
            }
            for i, p in self.owners.items()
        ]
        rows: dict[TableContract, Iterable[Values]] = {
            CUSTOMERS: self.customers,
            IDENTIFIERS: self.identifiers,
            NODES: self.nodes.values(),
            MEMBERSHIPS: memberships,
        }
        return {contract.name: self.frame(spark, contract, r) for contract, r in rows.items()}


def golden(
    spark: SparkSession, facts: Facts, config: ProfilesConfig | None = None, as_of: datetime = T0 + 100 * DAY
) -> dict[str, Row]:
    """Person → row of gold.profiles."""
    return {r["person_id"]: r for r in golden_rows(facts.frames(spark), config or ProfilesConfig(), as_of)}


def golden_rows(frames: dict[str, DataFrame], config: ProfilesConfig, as_of: datetime) -> Sequence[Row]:
    """Rows of gold.profiles by person."""
    customers, nodes, memberships = frames[CUSTOMERS.name], frames[NODES.name], frames[MEMBERSHIPS.name]
    people = people_of_customers(customers, nodes, memberships)
    records = records_of_persons(current_records(customers, as_of), people)
    sources = identifier_sources(frames[IDENTIFIERS.name], as_of)
    everybody = persons(person_identifiers(nodes, memberships), sources, STRONG)
    return profiles(everybody, records, config.groups).orderBy("person_id").collect()


def rules(*groups: dict[str, Any]) -> ProfilesConfig:
    """A profiles.yml with these groups."""
    return ProfilesConfig.model_validate({"fields": groups})
