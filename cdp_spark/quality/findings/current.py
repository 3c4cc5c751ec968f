"""All that is wrong now."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from cdp_spark.config.quality import QualityConfig
from cdp_spark.config.sources import SourceConfig
from cdp_spark.quality.findings.counted_events import counted_event_findings
from cdp_spark.quality.findings.drift import drift_findings
from cdp_spark.quality.findings.finding import Finding
from cdp_spark.quality.findings.freshness import freshness_findings
from cdp_spark.quality.findings.mappings import mapping_findings
from cdp_spark.quality.findings.measured import Measured
from cdp_spark.quality.findings.names import name_findings
from cdp_spark.quality.findings.rows import rate_findings, row_findings
from cdp_spark.quality.findings.volume import volume_findings


def current_findings(
    measured: Measured,
    config: QualityConfig,
    sources: Mapping[str, SourceConfig],
    events_only: Sequence[tuple[str, str]],
    counted_events: Mapping[str, Sequence[str]],
    as_of: datetime,
) -> list[Finding]:
    """The findings that ``quality.yml`` does not ignore, by what names them."""
    every = (
        *row_findings(measured, config.event_names),
        *rate_findings(measured, events_only),
        *name_findings(measured),
        *volume_findings(measured, config.volume, as_of),
        *freshness_findings(measured, config, as_of),
        *drift_findings(measured),
        *mapping_findings(measured, sources),
        *counted_event_findings(measured, counted_events),
    )
    # Names that are not shown may have made two findings one.
    named = {f.finding_id: f for f in every if f.kind not in config.ignore}
    return [named[i] for i in sorted(named)]
