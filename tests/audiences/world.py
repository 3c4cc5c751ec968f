"""A warehouse after identity: persons, each with one identifier, and what they did."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from cdp_spark.audiences.changes import At, changes, definition_rows, differences, last_versions, members
from cdp_spark.audiences.counters import event_counts
from cdp_spark.audiences.definitions import Definition, definitions, event_leaves
from cdp_spark.audiences.evaluation import evaluated
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
from cdp_spark.runtime.conditions.windows import Moment
from cdp_spark.runtime.progress import Progress
from cdp_spark.runtime.run import Counts, Run
from cdp_spark.runtime.tables import Tables

T0 = datetime(2026, 3, 1, tzinfo=UTC)
Rows = list[dict[str, Any]]


@dataclass
class World:
    """Persons and what they did. ``run`` evaluates audiences over frames, ``run_step`` over the tables."""

    spark: SparkSession
    tables: Tables
    as_of: datetime = T0
    runs: int = 0
    audiences: dict[str, AudienceConfig] = field(default_factory=dict)
    traits: TraitsConfig = field(default_factory=TraitsConfig)
    identity: IdentityConfig = field(default_factory=IdentityConfig)
    profiles: dict[str, dict[str, Any]] = field(default_factory=dict)
    trait_rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    merged: dict[str, str] = field(default_factory=dict)
    events: Rows = field(default_factory=list)
    orders: Rows = field(default_factory=list)
    _members: Rows = field(default_factory=list)
    _log: Rows = field(default_factory=list)
    _written: dict[tuple[str, ...], Rows] = field(default_factory=dict)

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
            # A record that also makes a customer, as every call to identify does, stands with that kind.
            [_identifier(r, "customers" if i % 2 else "events") for i, r in enumerate(self.events)]
            + [_identifier(r, "orders") for r in self.orders],
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
        self._put(REDIRECTS, self._redirects())
        self._put(PROFILES, list(self.profiles.values()))

    def run(self, as_of: datetime | None = None) -> int:
        """Evaluates the audiences over frames, a day after the last run, and keeps members and log.

        Returns how many persons entered or exited.
        """
        run = self.next_run(as_of)
        defined, at = definitions(self.audiences, self.traits.traits), At(run.run_id, run.sequence, run.as_of)
        people = self._evaluated(defined).persist()
        stored, log = self.frame(AUDIENCE_MEMBERS, self._members), self.frame(AUDIENCE_CHANGES, self._log)
        versions = {r["audience"]: r["version"] for r in last_versions(log, stored).collect()}
        differing = differences(people, stored, definition_rows(self.spark, defined, versions)).persist()
        entries = changes(differing, people, self.frame(REDIRECTS, self._redirects()), at)
        new_log = _rows(AUDIENCE_CHANGES.shape(entries))
        self._members, self._log = _rows(AUDIENCE_MEMBERS.shape(members(differing, at))), self._log + new_log
        differing.unpersist()
        people.unpersist()
        return len(new_log)

    def run_step(self, as_of: datetime | None = None) -> Counts:
        """Writes the tables and runs the step itself; ``stored`` then has members and log."""
        self.write()
        self._put(contract_of_traits(self.traits), [{"person_id": p, **t} for p, t in self.trait_rows.items()])
        counts = STEP.run(self.next_run(as_of))
        self._members, self._log = _rows(self.tables.read(AUDIENCE_MEMBERS)), _rows(self.tables.read(AUDIENCE_CHANGES))
        return counts

    def _evaluated(self, defined: list[Definition]) -> DataFrame:
        moment, asked = Moment(self.as_of), list(event_leaves(defined))
        owners = [(e["record_id"], self.owners[e["_who"]]) for e in self.events if e["_who"] in self.owners]
        people = self.spark.createDataFrame(owners, "record_id STRING, person_id STRING")
        counts = event_counts(self.frame(EVENTS, self.events), people, asked, moment) if asked else None
        traits = [{"person_id": p, **t} for p, t in self.trait_rows.items()]
        return evaluated(
            self.frame(PROFILES, list(self.profiles.values())),
            self.frame(contract_of_traits(self.traits), traits),
            counts,
            defined,
            self.traits.traits,
            moment,
        )

    def _redirects(self) -> Rows:
        return [{"old_person_id": o, "person_id": p, "reason": "merged", "since": T0} for o, p in self.merged.items()]

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
            identity=self.identity,
            consent=ConsentConfig(),
            profiles=ProfilesConfig(),
            traits=self.traits,
            audiences=dict(self.audiences),
            destinations={},
            attribution=AttributionConfig(),
        )

    def members(self) -> dict[tuple[str, str], Any]:
        """(audience, person) → row of gold.audience_members."""
        return {(r["audience"], r["person_id"]): r for r in self._members}

    def who(self, audience: str) -> set[str]:
        """The persons in an audience."""
        return {person for name, person in self.members() if name == audience}

    def log(self) -> Rows:
        """The log, in order."""
        return sorted(self._log, key=lambda r: (r["sequence"], r["audience"], r["person_id"]))

    def log_of_last_run(self) -> dict[tuple[str, str], Any]:
        """(audience, person) → row of the log, of the last run only."""
        return {(r["audience"], r["person_id"]): r for r in self.log() if r["run_id"] == f"r{self.runs}"}

    def _put(self, contract: TableContract, rows: Rows) -> None:
        # Writing costs seconds: only what differs from the last time.
        if self._written.get(contract.column_names, []) != rows:
            self._written[contract.column_names] = deepcopy(rows)
            self.tables.replace(contract, self.frame(contract, rows))

    def frame(self, contract: TableContract, rows: Rows) -> DataFrame:
        """Rows in the shape of a contract; what a row does not name is NULL."""
        filled = [tuple(r.get(c) for c in contract.column_names) for r in rows]
        return self.spark.createDataFrame(filled, contract.schema).coalesce(1)


def _rows(frame: DataFrame) -> Rows:
    return [
        {k: v.replace(tzinfo=UTC) if isinstance(v, datetime) else v for k, v in r.asDict().items()}
        for r in frame.collect()
    ]


def _identifier(row: dict[str, Any], kind: str) -> dict[str, Any]:
    at = row.get("event_ts") or row.get("ordered_at")
    seen = {"namespace": "user_id", "value": row["_who"], "seen_at": at, "record_kind": kind, "landing_id": 1}
    return {"record_id": row["record_id"], "source": row["source"], "stream": row["stream"], **seen}
