"""What waits in quarantine, for ``cdp quarantine``: by reason, or whole records."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import Row
from pyspark.sql import functions as F

from cdp_spark.config import Config
from cdp_spark.config.paths import paths_behind
from cdp_spark.contracts.quarantined import Chosen
from cdp_spark.contracts.reasons import Advice, Reason, advice
from cdp_spark.contracts.silver import QUARANTINE
from cdp_spark.errors import UsageError
from cdp_spark.reports.outdated import is_outdated
from cdp_spark.runtime.published import Published

# Others name a rule or a plan behind the colon.
_ABOUT_A_VALUE = (Reason.MISSING, Reason.UNREADABLE, Reason.PLACEHOLDER)


@dataclass(frozen=True)
class Held:
    """Records of a stream that wait for one reason; ``outdated`` of them were refused by an older mapping."""

    source: str
    stream: str
    target: str
    reason: str
    records: int
    outdated: int
    first_seen: datetime
    last_seen: datetime

    @property
    def advice(self) -> Advice:
        """What to do about it."""
        return advice(self.reason)


def held_by_reason(published: Published, config: Config, chosen: Chosen) -> list[Held]:
    """What waits, the most frequent first."""
    if QUARANTINE.name not in published.versions:
        return []
    rows = published.read(QUARANTINE).filter(chosen.holds()).withColumn("reason", F.explode("reasons"))
    found = (
        rows.filter(chosen.is_meant(F.col("reason")))
        .groupBy("source", "stream", "target", "reason", "mapping_version")
        .agg(F.count(F.lit(1)).alias("records"), F.min("first_seen").alias("first"), F.max("first_seen").alias("last"))
    )
    versions = config.mapping_versions
    groups: dict[tuple[str, str, str, str], Held] = {}
    for r in found.collect():
        key = (r["source"], r["stream"], r["target"], r["reason"])
        outdated = r["records"] if is_outdated(versions, r) else 0
        held = Held(*key, r["records"], outdated, r["first"], r["last"])
        groups[key] = _sum(groups[key], held) if key in groups else held
    return sorted(groups.values(), key=lambda h: (-h.records, h.source, h.stream, h.reason, h.target))


def held_records(published: Published, chosen: Chosen, limit: int) -> list[Row]:
    """Whole records with every reason, the latest first. Raises UsageError when none is meant."""
    latest = (F.desc("first_seen"), "record_id", "target")
    is_there = QUARANTINE.name in published.versions
    rows = published.read(QUARANTINE).filter(chosen.holds()).orderBy(*latest).limit(limit).collect() if is_there else []
    if not rows:
        raise UsageError("no such record waits in quarantine", fix="`cdp quarantine list` shows what does")
    return rows


def with_paths(config: Config, source: str, stream: str, target: str, reason: str) -> str:
    """A reason, and the paths of the record that the mapping reads for what it is about, where they have other names."""
    about = config.stream(source, stream)
    kind, _, subject = reason.partition(":")
    paths = paths_behind(about, target, subject) if about and kind in _ABOUT_A_VALUE else []
    return reason if paths in ([], [subject]) else f"{reason} (read from {', '.join(paths)})"


def masked(raw: str) -> str:
    """A record without its values: letters became x, digits 9; of a JSON object the field names stay."""
    try:
        return json.dumps(_masked(json.loads(raw)), ensure_ascii=False)
    except ValueError:
        return _shape(raw)


def _sum(a: Held, b: Held) -> Held:
    return Held(
        a.source, a.stream, a.target, a.reason, a.records + b.records, a.outdated + b.outdated,
        min(a.first_seen, b.first_seen), max(a.last_seen, b.last_seen),
    )  # fmt: skip


def _masked(value: object) -> object:
    match value:
        case dict():
            return {_name(k): _masked(v) for k, v in value.items()}
        case list():
            return [_masked(v) for v in value]
        case bool() | None:
            return value
        case _:
            return _shape(str(value))


def _name(key: str) -> str:
    # Some senders use addresses and numbers as field names.
    return _shape(key) if "@" in key or sum(c.isdigit() for c in key) > 4 else key


def _shape(text: Iterable[str]) -> str:
    return "".join("9" if c.isdigit() else "x" if c.isalpha() else c for c in text)
