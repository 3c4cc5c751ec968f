"""Builders for identity tests: evidence rows, a run over a warehouse, and what identity made of it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from cdp_spark.config.identity import IdentityConfig
from cdp_spark.config.load import Config
from cdp_spark.contracts import TableContract
from cdp_spark.contracts.identity import DECISIONS, IDENTITY, MEMBERSHIPS, NODES, PERSONS, REDIRECTS
from cdp_spark.contracts.silver import CUSTOMERS, IDENTIFIERS
from cdp_spark.identity.decide import Desk
from cdp_spark.identity.step import run_identity
from cdp_spark.runtime.clock import FixedClock
from cdp_spark.runtime.progress import Progress
from cdp_spark.runtime.published import Published
from cdp_spark.runtime.rows import frame_of_rows
from cdp_spark.runtime.run import Counts, Run, Since
from cdp_spark.runtime.tables import Tables

T0 = datetime(2026, 3, 3, tzinfo=UTC)
Row = tuple[str, str, str, str, str, str, datetime, int]


def a_record(
    record_id: str, seen_at: datetime = T0, source: str = "web", **identifiers: str | Sequence[str]
) -> list[Row]:
    """The silver.identifiers rows of one record; a namespace takes one value or several."""
    values = [(n, v) for n, vs in identifiers.items() for v in ([vs] if isinstance(vs, str) else vs)]
    return [(record_id, n, v, source, "s", "events", seen_at, 1) for n, v in values]


def identifier_frame(spark: SparkSession, records: Iterable[list[Row]]) -> DataFrame:
    """silver.identifiers with the rows of the records."""
    rows = [row for record in records for row in record]
    return spark.createDataFrame(rows, IDENTIFIERS.schema)


@dataclass
class Warehouse:
    """A warehouse on which identity is run, with its time one day later at each run."""

    spark: SparkSession
    tables: Tables
    config: Config
    as_of: datetime = T0 + timedelta(days=1)
    runs: int = 0
    follows_change: bool = False
    since: dict[str, Since] = field(default_factory=dict)

    def add(self, records: Iterable[list[Row]]) -> None:
        """Adds evidence."""
        self.tables.append(IDENTIFIERS, identifier_frame(self.spark, records).coalesce(1))

    def add_contact(self, key: str, seen_at: datetime, born: date, first_name: str, **identifiers: str) -> None:
        """Adds a version of a CRM contact: its record of silver.customers and the evidence on it."""
        record = a_record(f"{key}-{seen_at:%j%H}", seen_at, "crm", crm_contact_id=key, **identifiers)
        shown = [{"namespace": n, "value": v} for _, n, v, *_ in record]
        values = {"record_id": record[0][0], "source": "crm", "stream": "s", "source_key": key, "valid_from": seen_at,
                  "first_name": first_name, "birth_date": born, "identifiers": shown, "landing_id": 1}  # fmt: skip
        row = [values.get(c) for c in CUSTOMERS.column_names]
        self.tables.append(CUSTOMERS, frame_of_rows(self.spark, CUSTOMERS.schema, [row]).coalesce(1))
        self.add([record])

    def desk(self, at: datetime) -> Desk:
        """Where decisions are made."""
        published = Published(self.tables, {n: v for n, v in self.versions().items() if v is not None})
        return Desk(self.spark, self.tables, published, tuple(self.config.identity.namespaces), "tester", at)

    def run(self, as_of: datetime | None = None) -> Counts:
        """Runs identity; without ``as_of`` one day after the last run."""
        self.runs += 1
        self.as_of = as_of or self.as_of + timedelta(days=1)
        name, clock = f"r{self.runs}", FixedClock(self.as_of)
        progress, since = Progress(name, "quiet"), self.since if self.follows_change else {}
        run = Run(self.spark, self.config, self.tables, clock, progress, name, self.runs, self.as_of, {}, since)
        counts = run_identity(run)
        inputs = {c.name: self.tables.version(c) for c in (IDENTIFIERS, CUSTOMERS, DECISIONS)}
        read, written = {name: version for name, version in inputs.items() if version is not None}, self.versions()
        outputs = {name: version for name, version in written.items() if version is not None}
        self.since = {"identity": Since(read, outputs, self.as_of)}
        return counts

    def remove(self, record_ids: Iterable[str]) -> None:
        """Takes evidence away."""
        stored = self.tables.read(IDENTIFIERS)
        self.tables.replace(IDENTIFIERS, stored.filter(~F.col("record_id").isin(*record_ids)))

    def persons(self) -> dict[tuple[str, str], str]:
        """(namespace, value) → person id, now."""
        current = self.tables.read(MEMBERSHIPS).filter("is_current").join(self.tables.read(NODES), "node_id")
        return {(r.namespace, r.value): r.person_id for r in current.collect()}

    def partition(self) -> set[frozenset[tuple[str, str]]]:
        """The identifiers of each person, without the ids."""
        groups: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for identifier, person in self.persons().items():
            groups[person].add(identifier)
        return {frozenset(g) for g in groups.values()}

    def person(self, namespace: str, value: str) -> set[tuple[str, str]]:
        """The identifiers of the person an identifier belongs to."""
        persons = self.persons()
        return {identifier for identifier, person in persons.items() if person == persons[namespace, value]}

    def status(self) -> dict[tuple[str, str], tuple[str, str | None]]:
        """(namespace, value) → status and its reason."""
        return {(r.namespace, r.value): (r.status, r.status_reason) for r in self.tables.read(NODES).collect()}

    def redirects(self) -> dict[str, str | None]:
        """Old person id → new one."""
        return {r.old_person_id: r.person_id for r in self.tables.read(REDIRECTS).collect()}

    def person_states(self) -> dict[str, str]:
        """Person id → status."""
        return {r.person_id: r.status for r in self.tables.read(PERSONS).collect()}

    def rows(self, contract: TableContract) -> list[dict[str, object]]:
        """A table's rows."""
        return [r.asDict() for r in self.tables.read(contract).collect()]

    def versions(self) -> dict[str, int | None]:
        """The version of every identity table."""
        return {c.name: self.tables.version(c) for c in IDENTITY}

    def with_identity(self, **choices: object) -> None:
        """Changes identity.yml."""
        changed = IdentityConfig.model_validate({**self.config.identity.model_dump(), **choices})
        self.config = replace(self.config, identity=changed)
