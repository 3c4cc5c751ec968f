"""A small company on disk: landing files, a configuration of sources, and runs of ingest and normalize over them."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, Row, SparkSession

from cdp_spark.config.attribution import AttributionConfig
from cdp_spark.config.consent import ConsentConfig
from cdp_spark.config.identity import IdentityConfig
from cdp_spark.config.load import Config
from cdp_spark.config.profiles import ProfilesConfig
from cdp_spark.config.project import ProjectConfig
from cdp_spark.config.sources import SourceConfig
from cdp_spark.config.traits import TraitsConfig
from cdp_spark.contracts import TableContract
from cdp_spark.contracts.bronze import bronze_contract
from cdp_spark.contracts.quarantined import Chosen
from cdp_spark.ingest.step import STEP as INGEST
from cdp_spark.normalize.requests import discard_request, rebuild_request, redrive_request
from cdp_spark.normalize.step import STEP as NORMALIZE
from cdp_spark.runtime.clock import FixedClock
from cdp_spark.runtime.progress import Progress
from cdp_spark.runtime.run import Counts, Run, Since
from cdp_spark.runtime.tables import Tables
from cdp_spark.runtime.warehouse import Warehouse

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WRITTEN = datetime(2026, 2, 28, 6, tzinfo=UTC)

EVENT: dict[str, Any] = {
    "to": "events",
    "set": {
        "type": "type",
        "event": {"first": ["event", "name"]},
        "event_ts": "timestamp",
        "received_ts": "receivedAt",
        "properties": "properties",
    },
    "identifiers": {"user_id": "userId", "email": "email"},
}


def stream(*mappings: dict[str, Any], read: Mapping[str, Any] | None = None, **options: Any) -> dict[str, Any]:
    """A stream of JSON lines in folder ``in``, or as ``read`` says."""
    chosen = {"path": "in", "format": "jsonl", **(read or {})}
    return {"read": chosen, "mappings": list(mappings or [EVENT]), **options}


@dataclass
class Company:
    """One source ``web`` (or several), and what is known between runs."""

    spark: SparkSession
    root: Path
    streams: dict[str, Any]
    timezone: str = "UTC"
    country: str = "AT"
    now: datetime = NOW
    more_sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    processed: dict[str, dict[str, int]] = field(default_factory=dict)
    since: dict[str, Since] = field(default_factory=dict)
    since_config: str = ""
    sequence: int = 0

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    @property
    def config(self) -> Config:
        sources = {**({"web": {"streams": self.streams}} if self.streams else {}), **self.more_sources}
        return Config(
            folder=self.root / "conf",
            project=ProjectConfig(
                name="test", landing="landing", warehouse="warehouse", timezone=self.timezone, country=self.country
            ),
            sources={n: SourceConfig.model_validate({"source": n, **s}) for n, s in sources.items()},
            identity=IdentityConfig(),
            consent=ConsentConfig(),
            profiles=ProfilesConfig(),
            traits=TraitsConfig(),
            audiences={},
            destinations={},
            attribution=AttributionConfig(),
        )

    @property
    def tables(self) -> Tables:
        return Tables(self.spark, Warehouse(str(self.root / "warehouse")))

    def put(self, name: str, content: str | bytes, written: datetime = WRITTEN) -> Path:
        """A landing file, last written at a fixed time."""
        path = self.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        os.utime(path, (written.timestamp(), written.timestamp()))
        return path

    def ingest(self) -> Counts:
        self.sequence += 1
        return INGEST.run(self._run())

    def normalize(self) -> Counts:
        """Normalises what landed since the last success, as the pipeline does."""
        inputs = self._versions(NORMALIZE.reads(self.config))
        counts = NORMALIZE.run(self._run())
        self.processed["normalize"] = inputs
        self.since = {"normalize": Since(inputs, self._versions(NORMALIZE.writes(self.config)), self.now)}
        self.since_config = self.config.version
        return counts

    def redrive(self, source: str | None = None, stream: str | None = None, reason: str | None = None) -> Counts:
        """Takes quarantined records through normalisation again."""
        self.sequence += 1
        redrive_request(self._run(), Chosen(source, stream, reason))
        return self.normalize()

    def discard(self, chosen: Chosen) -> Counts:
        """Sets quarantined records aside."""
        self.sequence += 1
        discard_request(self._run(), chosen)
        return self.normalize()

    def rebuild(self) -> Counts:
        """Makes silver anew from all that ever landed."""
        self.sequence += 1
        rebuild_request(self._run())
        return self.normalize()

    def run(self) -> Counts:
        """Both stages; the counts of the second."""
        self.ingest()
        return self.normalize()

    def frame(self, contract: TableContract) -> DataFrame:
        return self.tables.read(contract)

    def rows(self, contract: TableContract, *order: str) -> list[Row]:
        return self.frame(contract).orderBy(*(order or contract.key)).collect()

    def bronze(self, source: str = "web") -> list[Row]:
        return self.rows(bronze_contract(source))

    def forget_last_run(self) -> None:
        """As if the last run of normalize had died after its writes: its success is not known."""
        self.processed, self.since = {}, {}

    def later(self, **by: float) -> None:
        self.now = self.now + timedelta(**by)

    def _versions(self, contracts: Iterable[TableContract]) -> dict[str, int]:
        return {c.name: v for c in contracts if (v := self.tables.version(c)) is not None}

    def _run(self) -> Run:
        clock = FixedClock(self.now)
        progress = Progress(f"r{self.sequence}", "quiet")
        return Run(
            self.spark,
            self.config,
            self.tables,
            clock,
            progress,
            f"r{self.sequence}",
            self.sequence,
            self.now,
            dict(self.processed),
            dict(self.since) if self.since_config == self.config.version else {},
        )
