"""A warehouse after identity: persons, each with one identifier, and what they did."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from cdp_spark.audiences.step import STEP
from cdp_spark.config.attribution import AttributionConfig
from cdp_spark.config.audiences import AudienceConfig
from cdp_spark.config.consent import ConsentConfig
from cdp_spark.config.identity import IdentityConfig
from cdp_spark.config.load import Config
from cdp_spark.config.profiles import ProfilesConfig
from cdp_spark.config.project import ProjectConfig
from cdp_spark.config.traits import TraitsConfig
from cdp_spark.contracts import TableContract
from cdp_spark.contracts.gold import AUDIENCE_CHANGES, AUDIENCE_MEMBERS, PROFILES
from cdp_spark.contracts.identity import MEMBERSHIPS, NODES, REDIRECTS
from cdp_spark.contracts.silver import EVENTS, IDENTIFIERS, ORDERS
from cdp_spark.contracts.traits import contract_of_traits
from cdp_spark.runtime.clock import FixedClock
from cdp_spark.runtime.progress import Progress
from cdp_spark.runtime.run import Counts, Run
from cdp_spark.runtime.tables import Tables

T0 = datetime(2026, 3, 1, tzinfo=UTC)
Rows = list[dict[str, Any]]


@dataclass
class World:
    """Persons and what they did; each ``run`` writes them as tables and runs the step a day later."""

    spark: SparkSession
    tables: Tables
    as_of: datetime = T0
    runs: int = 0
    audiences: dict[str, AudienceConfig] = field(default_factory=dict)
    traits: TraitsConfig = field(default_factory=TraitsConfig)
    profiles: dict[str, dict[str, Any]] = field(default_factory=dict)
    trait_rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    merged: dict[str, str] = field(default_factory=dict)
    events: Rows = field(default_factory=list)
    orders: Rows = field(default_factory=list)

    def audience(self, name: str, where: Mapping[str, Any], **more: Any) -> None:
        """Defines an audience, or redefines it."""
        self.audiences[name] = AudienceConfig.model_validate({"audience": name, "where": where, **more})

    def person(self, person_id: str, **profile: Any) -> None:
        """Adds a person whose identifier is their id."""
        self.profiles[person_id] = {"person_id": person_id, "is_anonymous": False, **profile}
        self.owners[person_id] = person_id

    def did(self, identifier: str, event: str, at: datetime, properties: str | None = None) -> None:
        """Somebody did something."""
        n = f"{len(self.events)}"
        row = {"record_id": f"e{n}", "message_id": f"m{n}", "event": event, "event_ts": at, "properties": properties}
        self.events.append(
            {"source": "web", "stream": "s", "type": "track", "landing_id": 1, "_who": identifier, **row}
        )

    def ordered(self, identifier: str, at: datetime, **order: Any) -> None:
        """Somebody bought something."""
        n = f"{len(self.orders)}"
        row = {"record_id": f"o{n}", "order_id": f"o{n}", "ordered_at": at, "version_ts": at, "status": "completed"}
        self.orders.append({"source": "shop", "stream": "s", "landing_id": 1, "_who": identifier, **row, **order})

    def merge(self, absorbed: str, survivor: str) -> None:
        """One person becomes part of another."""
        del self.profiles[absorbed]
        self.merged[absorbed] = survivor
        self.owners = {i: survivor if p == absorbed else p for i, p in self.owners.items()}

    def write(self) -> None:
        """Writes everything that the stages before would have written."""
        nodes = {identifier: n for n, identifier in enumerate(sorted(self.owners))}
        self._put(EVENTS, self.events)
        self._put(ORDERS, self.orders)
        self._put(
            IDENTIFIERS,
            [_identifier(r, "events") for r in self.events] + [_identifier(r, "orders") for r in self.orders],
        )
        self._put(
            NODES,
            [
                {"node_id": n, "namespace": "user_id", "value": i, "priority": 1, "status": "active"}
                for i, n in nodes.items()
            ],
        )
        self._put(
            MEMBERSHIPS,
            [
                {"node_id": nodes[i], "person_id": p, "valid_from": T0, "raw_component": nodes[i], "is_current": True}
                for i, p in self.owners.items()
            ],
        )
        redirects = [
            {"old_person_id": o, "person_id": p, "reason": "merged", "since": T0} for o, p in self.merged.items()
        ]
        self._put(REDIRECTS, redirects)
        self._put(PROFILES, list(self.profiles.values()))

    def run(self, as_of: datetime | None = None) -> Counts:
        """Runs the audiences step; without ``as_of`` a day after the last run."""
        self.write()
        self._put(contract_of_traits(self.traits), [{"person_id": p, **t} for p, t in self.trait_rows.items()])
        return STEP.run(self.next_run(as_of))

    def next_run(self, as_of: datetime | None = None) -> Run:
        """A run of its own id and sequence."""
        self.runs += 1
        self.as_of = as_of or self.as_of + timedelta(days=1)
        run_id = f"r{self.runs}"
        progress = Progress(run_id, "quiet")
        return Run(
            self.spark, self.config, self.tables, FixedClock(self.as_of), progress, run_id, self.runs, self.as_of
        )

    @property
    def config(self) -> Config:
        """The configuration as it stands."""
        return Config(
            folder=Path("conf"),
            project=ProjectConfig(name="test"),
            sources={},
            identity=IdentityConfig(),
            consent=ConsentConfig(),
            profiles=ProfilesConfig(),
            traits=self.traits,
            audiences=dict(self.audiences),
            destinations={},
            attribution=AttributionConfig(),
        )

    def members(self) -> dict[tuple[str, str], Any]:
        """(audience, person) → row of gold.audience_members."""
        return {(r["audience"], r["person_id"]): r for r in self.tables.read(AUDIENCE_MEMBERS).collect()}

    def who(self, audience: str) -> set[str]:
        """The persons in an audience."""
        return {person for name, person in self.members() if name == audience}

    def log(self) -> list[Any]:
        """The log, in order."""
        return self.tables.read(AUDIENCE_CHANGES).orderBy("sequence", "audience", "person_id").collect()

    def log_of_last_run(self) -> dict[tuple[str, str], Any]:
        """(audience, person) → row of the log, of the last run only."""
        return {(r["audience"], r["person_id"]): r for r in self.log() if r["run_id"] == f"r{self.runs}"}

    def _put(self, contract: TableContract, rows: Rows) -> None:
        self.tables.replace(contract, self.frame(contract, rows))

    def frame(self, contract: TableContract, rows: Rows) -> DataFrame:
        """Rows in the shape of a contract; what a row does not name is NULL."""
        filled = [tuple(r.get(c) for c in contract.column_names) for r in rows]
        return self.spark.createDataFrame(filled, contract.schema).coalesce(1)


def _identifier(row: dict[str, Any], kind: str) -> dict[str, Any]:
    at = row.get("event_ts") or row.get("ordered_at")
    seen = {"namespace": "user_id", "value": row["_who"], "seen_at": at, "record_kind": kind, "landing_id": 1}
    return {"record_id": row["record_id"], "source": row["source"], "stream": row["stream"], **seen}
