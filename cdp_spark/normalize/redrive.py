"""Records of quarantine that go through normalisation once more, because their mapping or a rule was mended.

A record goes again to the tables it was refused for only: rows that it made elsewhere stay as they are.
"""

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.contracts.bronze import bronze_contract
from cdp_spark.contracts.silver import ORDER_LINES, ORDERS, QUARANTINE, REDRIVEN
from cdp_spark.normalize.refusals import WHOLE_RECORD
from cdp_spark.normalize.requests import asked_for, is_normalised
from cdp_spark.runtime.run import Run
from cdp_spark.runtime.staging import staged
from cdp_spark.runtime.tables import Written

# The sums of an order can be those of its lines, so the two are looked at together.
_TOGETHER = (ORDERS.table, ORDER_LINES.table)
_LANDINGS_NAMED = 1_000


@dataclass(frozen=True)
class Redrive:
    """``held``: the quarantined rows that go again; ``records``: their bronze rows by source, with ``_targets``."""

    held: DataFrame
    records: dict[str, DataFrame]
    counts: dict[tuple[str, str], tuple[int, int]]
    """Source and stream → records, and how many of them have a fault."""

    @property
    def ids(self) -> DataFrame:
        """``record_id`` of every record that goes again."""
        return self.held.select("record_id").distinct()

    def of_target(self, source: str, target: str) -> DataFrame:
        """The records of a source that are to make rows of a table, as bronze rows."""
        wanted = {WHOLE_RECORD, target, *(_TOGETHER if target in _TOGETHER else ())}
        chosen = F.arrays_overlap("_targets", F.array(*[F.lit(t) for t in sorted(wanted)]))
        return self.records[source].filter(chosen).drop("_targets")


def pending_redrive(run: Run, step: str, since: dict[str, int]) -> Redrive | None:
    """What has been asked for since the step last succeeded; None when nothing waits that fits.

    ``since`` tells up to which landing each source has been normalised: what landed later is new anyway.
    """
    asked = asked_for(run, step, discard=False)
    if asked is None or run.tables.version(QUARANTINE) is None:
        return None
    held = staged(run.tables.read(QUARANTINE).filter(asked & is_normalised(run, since)))
    found = held.groupBy("source", "stream").agg(
        F.count_distinct("record_id").alias("records"),
        F.count_distinct(F.when(_has_fault(), F.col("record_id"))).alias("faulty"),
        F.collect_set("landing_id").alias("landings"),
    )
    rows = found.collect()
    if not rows:
        return None
    landings: dict[str, set[int]] = {}
    for r in rows:
        landings.setdefault(r["source"], set()).update(r["landings"])
    records = {source: staged(_bronze_of(run, source, held, of)) for source, of in landings.items()}
    return Redrive(held, records, {(r["source"], r["stream"]): (r["records"], r["faulty"]) for r in rows})


def written_redriven(run: Run, held: DataFrame, refused: DataFrame) -> tuple[list[Written], int]:
    """Brings quarantine up to date after the records of its rows ``held`` went again; the writes, and how many rows left.

    ``refused`` holds the rows of silver.quarantine that the batch made, of new records too.
    """
    now = staged(_counted(held, refused, run))
    gone = staged(held.join(now.select(*QUARANTINE.key), on=list(QUARANTINE.key), how="left_anti"))
    history = run.tables.merge(REDRIVEN, _passed(gone, now, run))
    quarantine = run.tables.merge(QUARANTINE, now, gone=gone)
    return [history, quarantine], history.changed


def _has_fault() -> Column:
    # Without the version of a mapping it was the reader that refused it.
    return (F.col("target") == WHOLE_RECORD) & F.col("mapping_version").isNull()


def _bronze_of(run: Run, source: str, held: DataFrame, landings: set[int]) -> DataFrame:
    targets = held.groupBy("record_id").agg(F.collect_set("target").alias("_targets"))
    bronze = run.tables.read(bronze_contract(source))
    if len(landings) <= _LANDINGS_NAMED:
        bronze = bronze.filter(F.col("landing_id").isin(*landings))
    return bronze.join(targets, on="record_id", how="inner")


def _counted(held: DataFrame, refused: DataFrame, run: Run) -> DataFrame:
    """The refused rows; those of records that were tried before, with how often and since when."""
    tried = F.max(F.coalesce("attempts", F.lit(1))).alias("_attempts")
    earlier = held.groupBy("record_id").agg(tried, F.min("first_seen").alias("_first_seen"))
    again = F.col("_attempts").isNotNull()
    rows = refused.join(earlier, on="record_id", how="left").withColumns(
        {
            "attempts": F.coalesce(F.col("_attempts"), F.lit(0)) + 1,
            "first_seen": F.coalesce("_first_seen", "first_seen"),
            "last_tried_at": F.when(again, F.lit(run.as_of)).otherwise(F.col("last_tried_at")),
        }
    )
    return QUARANTINE.shape(rows)


def _passed(gone: DataFrame, now: DataFrame, run: Run) -> DataFrame:
    """Of the rows that are refused no more those whose record passed; a record that is refused otherwise did not."""
    still = now.groupBy("record_id").agg(F.max(F.col("target") == WHOLE_RECORD).alias("_wholly"))
    refused_now = F.when(F.col("target") == WHOLE_RECORD, F.col("_wholly").isNotNull()).otherwise(
        F.coalesce("_wholly", F.lit(False))
    )
    return (
        gone.join(still, on="record_id", how="left")
        .filter(~refused_now)
        .withColumn("attempts", F.coalesce("attempts", F.lit(1)) + 1)
        .transform(as_left, run, discarded=False)
    )


def as_left(rows: DataFrame, run: Run, discarded: bool) -> DataFrame:
    """Rows of silver.quarantine as rows of silver.redriven: they leave with this run."""
    told = {"attempts": F.coalesce("attempts", F.lit(1)), "passed_at": F.lit(run.as_of), "run_id": F.lit(run.run_id)}
    now = F.lit(None) if discarded else _mapping_of_today(run)
    return REDRIVEN.shape(rows.withColumns({**told, "discarded": F.lit(discarded), "passed_as": now}))


def _mapping_of_today(run: Run) -> Column:
    versions = run.config.mapping_versions.items()
    of_stream = [
        F.when((F.col("source") == source) & (F.col("stream") == stream), F.lit(version))
        for (source, stream), version in versions
    ]
    return F.coalesce(*of_stream)
