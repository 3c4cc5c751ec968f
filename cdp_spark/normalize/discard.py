"""Records of quarantine that nobody waits for any more: they are set aside, and stay in bronze and silver.redriven."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from cdp_spark.contracts.silver import QUARANTINE, REDRIVEN
from cdp_spark.normalize.requests import asked_for, is_normalised
from cdp_spark.runtime.run import Run
from cdp_spark.runtime.staging import staged
from cdp_spark.runtime.tables import Written


def written_discards(run: Run, step: str, since: dict[str, int]) -> tuple[list[Written], int]:
    """Takes out of quarantine what was asked to be set aside since the step last succeeded; the writes, and how many rows.

    ``since`` tells up to which landing each source has been normalised: nobody has seen yet what landed later.
    """
    asked = asked_for(run, step, discard=True)
    if asked is None or run.tables.version(QUARANTINE) is None:
        return [], 0
    held = staged(run.tables.read(QUARANTINE).filter(asked & is_normalised(run, since)))
    left = held.withColumns(
        {
            "attempts": F.coalesce("attempts", F.lit(1)),
            "passed_at": F.lit(run.as_of),
            "run_id": F.lit(run.run_id),
            "discarded": F.lit(True),
        }
    )
    history = run.tables.merge(REDRIVEN, REDRIVEN.shape(left))
    quarantine = run.tables.merge(QUARANTINE, held.limit(0), gone=held.select(*QUARANTINE.key))
    return [history, quarantine], history.changed


def but_discarded(run: Run, refused: DataFrame) -> DataFrame:
    """Rows of silver.quarantine without those that were set aside."""
    discarded = run.tables.read(REDRIVEN).filter("discarded").select(*QUARANTINE.key)
    return refused.join(discarded, on=list(QUARANTINE.key), how="left_anti")
