"""ops.findings: what is wrong now, and since when it is known."""

from collections.abc import Sequence

from pyspark.sql import functions as F

from cdp_spark.contracts.findings import KINDS
from cdp_spark.contracts.ops import FINDINGS
from cdp_spark.contracts.reasons import advice
from cdp_spark.quality.findings.finding import Finding
from cdp_spark.quality.measurements import instant
from cdp_spark.runtime.rows import frame_of_rows
from cdp_spark.runtime.run import Run
from cdp_spark.runtime.tables import Written


def replaced_findings(run: Run, found: Sequence[Finding]) -> Written:
    """Makes ops.findings these findings, each with the time it was found first."""
    times = run.tables.read(FINDINGS).select("*", F.unix_micros("first_seen").alias("micros"))
    known = {r["finding_id"]: r for r in (times.collect() if run.tables.version(FINDINGS) is not None else [])}
    rows = []
    for f in found:
        first = instant(known[f.finding_id]["micros"]) if f.finding_id in known else run.as_of
        about = KINDS[f.kind]
        fix = advice(f.subject).text if f.kind == "refused_record" else about.fix
        rows.append((
            f.finding_id, f.kind, str(f.severity), f.source, f.stream, f.subject, f.affected, f.of, f.share, f.persons,
            f.sentence, about.why, fix, list(f.examples), f.penalty, first,
        ))  # fmt: skip
    same = {r[0]: r[1:-1] for r in rows} == {i: tuple(r)[1:-2] for i, r in known.items()}
    if same and run.tables.version(FINDINGS) is not None:
        return Written(run.tables.version(FINDINGS))
    return run.tables.replace(FINDINGS, frame_of_rows(run.spark, FINDINGS.schema, rows).coalesce(1), few=True)
