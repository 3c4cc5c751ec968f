"""The scorecard: what each source's data is worth, and what is wrong with it."""

from dataclasses import dataclass

from pyspark.sql import Row
from pyspark.sql import functions as F

from cdp_spark.config import Config
from cdp_spark.contracts.findings import score
from cdp_spark.contracts.ops import FINDINGS
from cdp_spark.errors import UsageError
from cdp_spark.runtime.published import Published

WHOLE_COMPANY = "whole company"


@dataclass(frozen=True)
class Scorecard:
    """Score by source, worst first, and the findings, dearest first."""

    scores: tuple[tuple[str, int, dict[str, int]], ...]
    findings: tuple[Row, ...]


def scorecard(published: Published, config: Config, source: str | None = None) -> Scorecard:
    """The newest publication's findings; of one source, where it is named. Raises UsageError for an unknown source."""
    if source is not None and source not in config.sources:
        raise UsageError(f"there is no source {source!r}", fix=f"use one of {', '.join(sorted(config.sources))}")
    rows = published.read(FINDINGS)
    if source is not None:
        rows = rows.filter(F.col("source") == source)
    found = tuple(rows.orderBy(F.col("penalty").desc(), "finding_id").collect())
    sources = [source] if source else sorted({*config.sources, *[r["source"] for r in found]})
    scores = [scored(s, [(r["severity"], r["penalty"]) for r in found if r["source"] == s]) for s in sources]
    return Scorecard(tuple(sorted(scores, key=lambda s: (s[1], s[0]))), found)


def scored(source: str, findings: list[tuple[str, float]]) -> tuple[str, int, dict[str, int]]:
    """A source's name for people, its score, and its findings by severity."""
    counted = {level: sum(severity == level for severity, _ in findings) for level in ("error", "warn", "info")}
    return source or WHOLE_COMPANY, score(p for _, p in findings), counted
