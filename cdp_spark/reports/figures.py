"""Every number of a report, collected in two actions: one for all tables, one for the ledger."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.config.identity import IdentityConfig
from cdp_spark.contracts import TableContract
from cdp_spark.contracts.gold import (
    ATTRIBUTION,
    AUDIENCE_CHANGES,
    AUDIENCE_MEMBERS,
    CONTACT_POINTS,
    PROFILES,
    SESSIONS,
)
from cdp_spark.contracts.identity import HELD_LINKS, IDENTITY_LOG, MEMBERSHIPS, NODES, PERSONS
from cdp_spark.contracts.ops import ACKNOWLEDGED, FINDINGS, OUTBOX, RUNS, STEPS
from cdp_spark.contracts.silver import CONSENT_EVENTS, CUSTOMERS, EVENTS, ORDERS, QUARANTINE
from cdp_spark.runtime.published import Published
from cdp_spark.runtime.run import Run

Key = tuple[str, ...]
Maker = tuple[TableContract, Callable[[DataFrame], DataFrame]]
FIELDS = ("email", "phone", "name", "birth_date", "address", "country", "language")

WHOLE = ""
_KEYS = ("k0", "k1", "k2", "k3")
_AMOUNT = "decimal(28,9)"


@dataclass(frozen=True)
class Entry:
    """A figure of a group: how many rows, and the sums that make sense (revenue or records; conversions)."""

    key: Key
    n: int
    amount: Decimal
    weight: Decimal


@dataclass(frozen=True)
class StepFigures:
    """A step of the run, as ops.steps has it; ``details`` of its last run that did something."""

    step: str
    outcome: str
    rows: dict[str, int]
    seconds: float
    details: dict[str, int]


@dataclass(frozen=True)
class Figures:
    """All numbers by name; a figure whose table is not published has no entries."""

    entries: dict[str, list[Entry]]
    steps: tuple[StepFigures, ...]
    seconds: float

    def of(self, name: str) -> list[Entry]:
        """The entries of a figure, by key."""
        return self.entries.get(name, [])

    def counts(self, name: str, *parts: int) -> Counter[Key]:
        """Rows by the named parts of the key."""
        counted: Counter[Key] = Counter()
        for e in self.of(name):
            counted[tuple(e.key[p] for p in parts)] += e.n
        return counted

    def total(self, name: str, *key: str) -> int:
        """Rows whose key begins with ``key``."""
        return sum(e.n for e in self.of(name) if e.key[: len(key)] == key)


def figures(published: Published, run: Run) -> Figures:
    """The figures of a run's publication."""
    rows = reduce(DataFrame.unionByName, (*_rows(published, run.run_id), *_devices(published, run.config.identity)))
    # One grouping for all tables: a stage of scans and a small one, however many tables there are.
    grouped = rows.groupBy("figure", *_KEYS).agg(
        F.sum("n").alias("n"), F.sum("amount").alias("amount"), F.sum("weight").alias("weight")
    )
    entries: dict[str, list[Entry]] = {}
    for r in grouped.collect():
        entry = Entry(tuple(r[k] or "" for k in _KEYS), r["n"], r["amount"] or Decimal(0), r["weight"] or Decimal(0))
        entries.setdefault(r["figure"], []).append(entry)
    for several in entries.values():
        several.sort(key=lambda e: e.key)
    steps, seconds = _ledger(published, run)
    return Figures(entries, steps, seconds)


def _rows(published: Published, run_id: str) -> Iterator[DataFrame]:
    """Rows that count: figure, four keys, n, amount, weight."""
    makers: tuple[Maker, ...] = (
        *[(c, _records_of(c.table)) for c in (EVENTS, CUSTOMERS, ORDERS, CONSENT_EVENTS)],
        (QUARANTINE, _quarantine),
        (NODES, lambda nodes: _counted(nodes, "nodes", "namespace", "status", amount=F.col("n_records"))),
        (HELD_LINKS, lambda held: _counted(held, "held_links", "reason")),
        (PERSONS, _persons),
        (IDENTITY_LOG, lambda log: _counted(log, "identity_log", "operation", F.col("run_id") == run_id)),
        (PROFILES, _profiles),
        (CONTACT_POINTS, _consent),
        (AUDIENCE_MEMBERS, lambda members: _counted(members, "members", "audience")),
        (AUDIENCE_CHANGES, lambda c: _counted(c.filter(F.col("run_id") == run_id), "changes", "audience", "change")),
        (ACKNOWLEDGED, lambda held: _counted(held, "held", "sync_id")),
        (OUTBOX, lambda o: _counted(o.filter(F.col("run_id") == run_id), "sent", "sync_id", "op", "reason")),
        (SESSIONS, lambda s: _counted(s, "sessions", F.to_date("started_at"), "source", "channel")),
        (ATTRIBUTION, _credit),
        (FINDINGS, _findings),
    )
    for contract, maker in makers:
        if contract.name in published.versions:
            yield maker(published.read(contract))


def _counted(
    table: DataFrame, figure: str, *by: str | Column, amount: Column | None = None, weight: Column | None = None
) -> DataFrame:
    keys = [F.col(b) if isinstance(b, str) else b for b in by] + [F.lit(None)] * (len(_KEYS) - len(by))
    return table.select(
        F.lit(figure).alias("figure"),
        *[key.cast("string").alias(name) for key, name in zip(keys, _KEYS, strict=True)],
        F.lit(1).cast("bigint").alias("n"),
        (F.lit(None) if amount is None else amount).cast(_AMOUNT).alias("amount"),
        (F.lit(None) if weight is None else weight).cast(_AMOUNT).alias("weight"),
    )


def _records_of(table: str) -> Callable[[DataFrame], DataFrame]:
    return lambda rows: _counted(rows, "records", F.lit(table), "source")


def _quarantine(quarantine: DataFrame) -> DataFrame:
    # The empty reason counts the record itself, which may have several.
    reasons = F.explode(F.concat(F.array(F.lit(WHOLE)), "reasons")).alias("reason")
    return _counted(
        quarantine.select("source", "stream", "target", reasons), "reasons", "reason", "source", "stream", "target"
    )


def _persons(persons: DataFrame) -> DataFrame:
    kind = F.when(F.col("n_strong") > 0, "known").otherwise("anonymous")
    return _counted(persons.filter(F.col("status") == "active"), "persons", "n_nodes", kind)


def _profiles(profiles: DataFrame) -> DataFrame:
    """One row a profile and filled field; the empty field counts the profile itself."""
    kind = F.when(F.col("is_anonymous"), "anonymous").otherwise("known")
    filled = {"name": F.coalesce("first_name", "last_name"), "address": F.coalesce("street", "postcode")}
    names = [F.when(filled.get(f, F.col(f)).isNotNull(), f) for f in FIELDS]
    fields = F.explode(F.array_compact(F.array(F.lit(WHOLE), *names))).alias("field")
    return _counted(
        profiles.select(fields, kind.alias("kind"), F.size("sources").alias("sources")),
        "profiles",
        "field",
        "kind",
        "sources",
    )


def _devices(published: Published, identity: IdentityConfig) -> Iterator[DataFrame]:
    """The devices in use by whose they are: a known or an anonymous person's."""
    if not {NODES.name, MEMBERSHIPS.name, PERSONS.name} <= set(published.versions):
        return
    kinds = [name for name, rule in identity.namespaces.items() if rule.device]
    devices = published.read(NODES).filter(F.col("namespace").isin(*kinds)).select("node_id", "namespace")
    current = published.read(MEMBERSHIPS).filter("is_current").select("node_id", "person_id")
    people = published.read(PERSONS).select("person_id", (F.col("n_strong") > 0).alias("is_known"))
    owned = devices.join(current, "node_id").join(people, "person_id")
    yield _counted(owned, "devices", "namespace", F.when(F.col("is_known"), "known").otherwise("anonymous"))


def _consent(contact_points: DataFrame) -> DataFrame:
    decided = contact_points.select("person_id", F.explode("consent").alias("purpose", "status")).distinct()
    return _counted(decided, "consent", "purpose", "status")


def _credit(attribution: DataFrame) -> DataFrame:
    return _counted(
        attribution, "credit", "model", "channel", "currency", amount=F.col("value"), weight=F.col("conversions")
    )


def _findings(findings: DataFrame) -> DataFrame:
    penalty, persons = F.col("penalty"), F.col("persons")
    return _counted(findings, "findings", "severity", "kind", "source", "sentence", amount=penalty, weight=persons)


def _ledger(published: Published, run: Run) -> tuple[tuple[StepFigures, ...], float]:
    runs = published.read(RUNS).filter(F.col("run_id") == run.run_id)
    latest = runs.agg(F.max("seconds").alias("seconds"))
    steps = published.read(STEPS).filter(F.col("sequence") <= run.sequence)
    newest = steps.groupBy("step").agg(
        F.max(F.when(F.col("run_id") == run.run_id, F.to_json(F.struct(*_STEP_COLUMNS)))).alias("now"),
        F.max_by("details", F.when(F.col("outcome") == "done", F.col("sequence"))).alias("details"),
    )
    rows = newest.crossJoin(latest).filter(F.col("now").isNotNull()).collect()
    seconds = max((r["seconds"] or 0.0 for r in rows), default=0.0)
    return tuple(_step(r.asDict()) for r in rows), seconds


_ROWS = ("in", "kept", "duplicate", "quarantined", "suppressed", "changed")
_STEP_COLUMNS = ("outcome", "seconds", *[f"rows_{name}" for name in _ROWS])


def _step(row: dict[str, Any]) -> StepFigures:
    now = json.loads(row["now"])
    counts = {name: int(now.get(f"rows_{name}") or 0) for name in _ROWS}
    return StepFigures(row["step"], now["outcome"], counts, float(now["seconds"]), dict(row["details"] or {}))
