"""A small company as its tables stand after identity and profiles: clean, or with defects put in one by one."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from cdp_spark.config.attribution import AttributionConfig
from cdp_spark.config.consent import ConsentConfig
from cdp_spark.config.identity import IdentityConfig
from cdp_spark.config.load import Config
from cdp_spark.config.profiles import ProfilesConfig
from cdp_spark.config.project import ProjectConfig
from cdp_spark.config.quality import QualityConfig
from cdp_spark.config.sources import SourceConfig
from cdp_spark.config.traits import TraitsConfig
from cdp_spark.contracts import TableContract
from cdp_spark.contracts.bronze import bronze_contract
from cdp_spark.contracts.gold import CONTACT_POINTS
from cdp_spark.contracts.identity import NODES
from cdp_spark.contracts.ops import FINDINGS, LANDINGS, QUALITY
from cdp_spark.contracts.silver import CUSTOMERS, EVENTS, IDENTIFIERS, ORDER_LINES, ORDERS, QUARANTINE
from cdp_spark.quality.step import STEP
from cdp_spark.runtime.clock import FixedClock
from cdp_spark.runtime.progress import Progress
from cdp_spark.runtime.rows import frame_of_rows
from cdp_spark.runtime.run import Counts, Run, Since
from cdp_spark.runtime.tables import Tables

AS_OF = datetime(2026, 3, 2, tzinfo=UTC)
FIRST = datetime(2026, 2, 1, 9, tzinfo=UTC)
DAYS = 29  # to the first of March, the day before the run
PEOPLE = 40
Row = dict[str, Any]
_STREAMS = {"web": "events", "mail": "events", "crm": "contacts", "shop": "orders", "pos": "receipts"}
_MAPPINGS: dict[str, Row] = {
    "events": {"to": "events", "set": {"event": "event"}},
    "contacts": {"to": "customers", "set": {"source_key": "id"}},
    "orders": {"to": "orders", "set": {"order_id": "id", "ordered_at": "at"}},
    "receipts": {"to": "orders", "set": {"order_id": "id", "ordered_at": "at"}},
}
_EMPTY = {"STRING": "x", "BIGINT": 0, "BOOLEAN": False, "TIMESTAMP": FIRST}


def a_config(folder: Path, **quality: Any) -> Config:
    """Five sources of one stream each; ``quality`` as in quality.yml."""
    sources = {
        name: SourceConfig.model_validate(
            {
                "source": name,
                "streams": {stream: {"read": {"path": name, "format": "jsonl"}, "mappings": [_MAPPINGS[stream]]}},
            }
        )
        for name, stream in _STREAMS.items()
    }
    return Config(
        folder=folder,
        project=ProjectConfig(name="test"),
        sources=sources,
        identity=IdentityConfig(),
        consent=ConsentConfig(),
        profiles=ProfilesConfig(),
        traits=TraitsConfig(),
        audiences={},
        destinations={},
        attribution=AttributionConfig(),
        quality=QualityConfig.model_validate(quality),
    )


def ids(**namespaces: str) -> list[Row]:
    return [{"namespace": n, "value": v} for n, v in namespaces.items()]


@dataclass
class World:
    """Rows by table, and runs of the stage over them."""

    spark: SparkSession
    tables: Tables
    config: Config
    rows: dict[str, list[Row]] = field(default_factory=dict)
    landing: int = 1
    count: int = 0
    since: dict[str, Since] = field(default_factory=dict)

    def add(self, contract: TableContract, **row: Any) -> None:
        """A row of the landing that is going on."""
        self.count += 1
        provenance = {"record_id": f"r{self.count:06d}", "landing_id": self.landing}
        self.rows.setdefault(contract.name, []).append({**provenance, **row})

    def event(self, event: str, at: datetime, source: str = "web", **row: Any) -> None:
        """An event of a signed-in visitor of the site, received a second later."""
        type_ = "page" if event == "page" else "track"
        given = {
            "message_id": f"m{self.count + 1}", "source": source, "stream": "events", "type": type_, "event": event,
            "event_ts": at, "received_ts": at + timedelta(seconds=1), "event_ts_source": "vendor",
            "user_id": "u1", "anonymous_id": "a1", "identifiers": ids(user_id="u1", anonymous_id="a1"),
            "page_url": "https://www.shop.example/shoes", "is_bot": False,
        }  # fmt: skip
        self.add(EVENTS, **{**given, **row})

    def customer(self, key: str, source: str = "crm", **row: Any) -> None:
        given = {
            "source": source, "stream": _STREAMS[source], "source_key": key, "valid_from": FIRST, "is_deleted": False,
            "email": f"{key}@mail.example", "email_verified": True, "first_name": "Ana", "identifiers": [],
        }  # fmt: skip
        self.add(CUSTOMERS, **{**given, **row})

    def order(self, key: str, at: datetime, source: str = "shop", **row: Any) -> None:
        given = {
            "source": source, "stream": _STREAMS[source], "order_id": key, "version_ts": at, "ordered_at": at,
            "status": "completed", "currency": "EUR", "total": Decimal("10"), "channel": "web",
            "identifiers": ids(user_id="u1"),
        }  # fmt: skip
        self.add(ORDERS, **{**given, **row})

    def order_line(self, key: str, quantity: Decimal, source: str = "shop") -> None:
        given = {"source": source, "stream": _STREAMS[source], "order_id": key, "line": "1", "version_ts": FIRST}
        self.add(ORDER_LINES, quantity=quantity, **given)

    def identifier(self, namespace: str, value: str, source: str = "crm", status: str | None = None) -> None:
        """A value seen on a record, with its node where identity has capped it."""
        row = {"source": source, "stream": _STREAMS[source], "record_kind": "events", "seen_at": FIRST}
        self.add(IDENTIFIERS, namespace=namespace, value=value, **row)
        if status:
            self.add(NODES, node_id=self.count, namespace=namespace, value=value, status=status)

    def record(self, source: str, raw: Row) -> None:
        row = {"stream": _STREAMS[source], "raw": json.dumps(raw), "row_pos": 0, "file_path": "f", "landed_at": AS_OF}
        self.add(bronze_contract(source), **row)

    def refused(self, source: str, *reasons: str) -> None:
        row = {"source": source, "stream": _STREAMS[source], "target": "events", "reasons": list(reasons)}
        self.add(QUARANTINE, first_seen=AS_OF, **row)

    def write(self) -> None:
        """Appends the rows to their tables, and the landing to the ledger."""
        self.rows.setdefault(LANDINGS.name, []).append({"landing_id": self.landing, "state": "landed"})
        contracts = [bronze_contract(s) for s in _STREAMS]
        for contract in (
            *contracts,
            EVENTS,
            CUSTOMERS,
            ORDERS,
            ORDER_LINES,
            IDENTIFIERS,
            QUARANTINE,
            NODES,
            CONTACT_POINTS,
            LANDINGS,
        ):
            if rows := self.rows.pop(contract.name, []):
                frame = frame_of_rows(self.spark, contract.schema, rows_of(contract, rows)).coalesce(1)
                self.tables.append(contract, frame)

    def run(self, as_of: datetime = AS_OF, accept_guard: bool = False) -> Counts:
        """Runs the stage, as the pipeline does."""
        progress = Progress("r", "quiet")
        read = {c.name: self.tables.version(c) for c in STEP.reads(self.config)}
        run = Run(
            self.spark, self.config, self.tables, FixedClock(AS_OF), progress, "r", 1, as_of,
            since=self.since, accept_guard=accept_guard,
        )  # fmt: skip
        counts = STEP.run(run)
        self.since = {"quality": Since({n: v for n, v in read.items() if v is not None}, {}, as_of)}
        return counts

    def findings(self) -> list[Row]:
        return [r.asDict() for r in self.tables.read(FINDINGS).orderBy("finding_id").collect()]

    def measured(self) -> list[Row]:
        return [r.asDict() for r in self.tables.read(QUALITY).orderBy(*QUALITY.key).collect()]


def rows_of(contract: TableContract, rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    """The rows in the contract's order, required columns filled."""
    empty = {c.name: _EMPTY.get(c.type) for c in contract.columns if c.required}
    return [tuple({**empty, **row}.get(c) for c in contract.column_names) for row in rows]


def a_clean_company(world: World) -> None:
    """A month of page views, products, orders, mail and contacts in which nothing is wrong."""
    for day in range(DAYS):
        morning = FIRST + timedelta(days=day)
        for person in range(PEOPLE):
            at = morning + timedelta(minutes=7 * person)
            who = {"user_id": f"u{person}", "anonymous_id": f"a{person}"}
            world.event("page", at, identifiers=ids(**who), **who)
            world.event("Product Viewed", at + timedelta(seconds=30), identifiers=ids(**who), **who)
            world.event(
                "Email Opened", at, "mail", user_id=None, anonymous_id=None, page_url=None,
                identifiers=ids(email=f"c{person}@mail.example"),
            )  # fmt: skip
        world.order(f"o{day}", morning, identifiers=ids(user_id=f"u{day}"))
        world.order(f"p{day}", morning, "pos", channel="store", identifiers=ids(loyalty_id=f"l{day}"))
    for person in range(PEOPLE):
        email = f"c{person}@mail.example"
        world.customer(f"c{person}", identifiers=ids(user_id=f"u{person}", email=email))
        world.identifier("email", email)
        world.identifier("user_id", f"u{person}", "web")
        world.identifier("anonymous_id", f"a{person}", "web")
        world.add(
            CONTACT_POINTS, person_id=f"p{person}", namespace="email", value=email, consent={"advertising": "denied"}
        )
        world.record(
            "web", {"id": f"m{person}", "context": {"page": {"url": "https://x"}}, "price": 1.5, "tags": ["a"]}
        )
        world.record("crm", {"id": f"c{person}", "email": email, "age": 30})
