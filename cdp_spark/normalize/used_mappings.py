"""ops.mappings: which mapping made the rows of a stream, from which landing on."""

from pyspark.sql import Row

from cdp_spark.config.base import version_of
from cdp_spark.contracts.ops import MAPPINGS
from cdp_spark.normalize.batch import Batch
from cdp_spark.runtime.rows import frame_of_rows
from cdp_spark.runtime.run import Run
from cdp_spark.runtime.tables import Written


def note_used_mappings(run: Run, batch: Batch) -> Written:
    """Takes down the mappings of the batch's streams, where they are others than those of the last records."""
    latest = {(r["source"], r["stream"]): r["mapping_version"] for r in _by_landing(run)}
    used = {(p.source, p.stream_name): p.version for p in batch.plans}
    rows = [(*key, batch.since[key[0]] + 1, version) for key, version in used.items() if latest.get(key) != version]
    return run.tables.merge(MAPPINGS, frame_of_rows(run.spark, MAPPINGS.schema, rows)) if rows else _as_it_is(run)


def note_todays_mappings_alone(run: Run) -> Written:
    """Takes down that all rows were made by the mappings of today."""
    streams = {(s, name): version_of(st) for s, c in run.config.sources.items() for name, st in c.streams.items()}
    known = sorted({(r["source"], r["stream"]) for r in _by_landing(run)} & set(streams))
    rows = [(*key, 1, streams[key]) for key in known]
    return run.tables.replace(MAPPINGS, frame_of_rows(run.spark, MAPPINGS.schema, rows))


def _by_landing(run: Run) -> list[Row]:
    return run.tables.read(MAPPINGS).orderBy("first_landing").collect()


def _as_it_is(run: Run) -> Written:
    return Written(run.tables.version(MAPPINGS))
