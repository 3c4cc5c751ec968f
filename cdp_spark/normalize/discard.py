"""Records of quarantine that nobody waits for any more: they are set aside, and stay in bronze and silver.redriven."""

from pyspark.sql import DataFrame

from cdp_spark.contracts.silver import QUARANTINE, REDRIVEN
from cdp_spark.normalize.batch import landings_read
from cdp_spark.normalize.redrive import as_left
from cdp_spark.normalize.requests import asked_for, is_normalised
from cdp_spark.runtime.run import Run
from cdp_spark.runtime.staging import staged
from cdp_spark.runtime.tables import Written


def written_discards(run: Run, step: str) -> tuple[list[Written], int]:
    """Takes out of quarantine what was asked to be set aside since the step last succeeded; the writes, and how many rows.

    What landed since then stays: nobody has seen it yet.
    """
    asked = asked_for(run, step, discard=True)
    if asked is None or run.tables.version(QUARANTINE) is None:
        return [], 0
    held = staged(run.tables.read(QUARANTINE).filter(asked & is_normalised(run, landings_read(run))))
    history = run.tables.merge(REDRIVEN, as_left(held, run, discarded=True))
    quarantine = run.tables.merge(QUARANTINE, held.limit(0), gone=held.select(*QUARANTINE.key))
    return [history, quarantine], history.changed


def but_discarded(run: Run, refused: DataFrame) -> DataFrame:
    """Rows of silver.quarantine without those that were set aside."""
    discarded = run.tables.read(REDRIVEN).filter("discarded").select(*QUARANTINE.key)
    return refused.join(discarded, on=list(QUARANTINE.key), how="left_anti")
