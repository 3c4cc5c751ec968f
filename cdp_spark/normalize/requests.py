"""What people ask of quarantined records: that they go again, that they are set aside, or that all is made anew.

A request is a row of ``ops.redrives``, written before the run does anything else, so that whichever run comes next
finishes what a run that died was asked for.
"""

from functools import reduce

from pyspark.sql import Column, Row
from pyspark.sql import functions as F

from cdp_spark.contracts.ops import REDRIVES
from cdp_spark.contracts.quarantined import Chosen
from cdp_spark.runtime.rows import frame_of_rows
from cdp_spark.runtime.run import Run
from cdp_spark.runtime.tables import Written


def asked_for(run: Run, step: str, discard: bool) -> Column | None:
    """Which rows of silver.quarantine were asked for since the step last succeeded: to be set aside, or to go again.

    None where nothing was asked.
    """
    rows = [r for r in open_requests(run, step) if bool(r["discard"]) == discard]
    chosen = [Chosen(r["source"], r["stream"], r["reason"], r["record_id"]).holds() for r in rows]
    return reduce(lambda a, b: a | b, chosen) if chosen else None


def open_requests(run: Run, step: str) -> list[Row]:
    """The rows of ops.redrives that came since the step last succeeded."""
    version = run.tables.version(REDRIVES)
    done = run.processed.get(step, {}).get(REDRIVES.name)
    if version is None or version == done:
        return []
    requests = run.tables.read(REDRIVES).collect()
    finished = {r["sequence"] for r in run.tables.read(REDRIVES, done).collect()} if done is not None else set()
    return [r for r in requests if r["sequence"] not in finished]


def redrive_request(run: Run, chosen: Chosen) -> Written:
    """Takes down that quarantined records are to go again."""
    return _requested(run, chosen)


def discard_request(run: Run, chosen: Chosen) -> Written:
    """Takes down that quarantined records are to be set aside."""
    return _requested(run, chosen, discard=True)


def rebuild_request(run: Run) -> Written:
    """Takes down that all that ever landed is to be made anew."""
    return _requested(run, Chosen(), everything=True)


def is_normalised(run: Run, since: dict[str, int]) -> Column:
    """Whether a row's stream is configured, and normalisation has come to its landing; ``since``: by source."""
    streams = [
        (F.col("source") == source)
        & F.col("stream").isin(*run.config.sources[source].streams)
        & (F.col("landing_id") <= n)
        for source, n in since.items()
    ]
    return reduce(lambda a, b: a | b, streams, F.lit(False))


def _requested(run: Run, chosen: Chosen, everything: bool = False, discard: bool = False) -> Written:
    row = (
        run.sequence,
        run.run_id,
        chosen.source,
        chosen.stream,
        chosen.reason,
        run.clock.now(),
        everything,
        chosen.record_id,
        discard,
    )
    return run.tables.append(REDRIVES, frame_of_rows(run.spark, REDRIVES.schema, [row]), few=True)
