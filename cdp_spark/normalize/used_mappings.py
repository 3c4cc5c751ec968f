"""ops.mappings: which mapping made the rows of a stream, from which landing on."""

from cdp_spark.contracts.ops import MAPPINGS
from cdp_spark.normalize.batch import Batch
from cdp_spark.runtime.rows import frame_of_rows
from cdp_spark.runtime.run import Run

Key = tuple[str, str, int]


def note_used_mappings(run: Run, batch: Batch) -> None:
    """Takes down the mappings of the batch's streams, where they are others than those of the records before.

    What was said of the batch's own landings goes: by a run that died, or, where all is made anew, by all runs.
    """
    before: dict[tuple[str, str], str] = {}
    stored: dict[Key, str] = {}
    # One row a change of a mapping.
    for r in run.tables.read(MAPPINGS).orderBy("first_landing").collect():
        stored[r["source"], r["stream"], r["first_landing"]] = r["mapping_version"]
        if r["first_landing"] <= batch.since.get(r["source"], 0):
            before[r["source"], r["stream"]] = r["mapping_version"]
    used = {(p.source, p.stream_name): p.version for p in batch.plans}
    new: dict[Key, str] = {(*k, batch.since[k[0]] + 1): v for k, v in used.items() if before.get(k) != v}
    gone = [k for k in stored if k[:2] in used and k[2] > batch.since[k[0]] and k not in new]
    if gone or any(stored.get(k) != v for k, v in new.items()):
        rows = frame_of_rows(run.spark, MAPPINGS.schema, [(*k, v) for k, v in new.items()])
        none_any_more = frame_of_rows(run.spark, MAPPINGS.schema, [(*k, "") for k in gone])
        run.tables.merge(MAPPINGS, rows, gone=none_any_more, few=True)
