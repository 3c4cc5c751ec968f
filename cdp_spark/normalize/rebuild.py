"""Silver made anew from all that ever landed, by the configuration of today.

A mapping that changes is for what lands from then on; a rebuild brings what was made before up to it. A second set of
silver is made beside the published one, and then only the rows that differ are written, so that later stages follow
what changed. A request is a row of ``ops.redrives``, so that whichever run comes next finishes a rebuild that died.
"""

from collections.abc import Callable
from dataclasses import replace

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from cdp_spark.contracts import TableContract
from cdp_spark.contracts.silver import QUARANTINE
from cdp_spark.normalize.redrive import Redrive, open_requests, written_redriven
from cdp_spark.normalize.used_mappings import note_todays_mappings_alone
from cdp_spark.runtime.run import Counts, Run, changed_rows
from cdp_spark.runtime.staging import counted
from cdp_spark.runtime.tables import Tables, Written

# What is the same was not tried again, but found to be as it was.
_AS_BEFORE = ("record_id", "target", "reasons", "mapping_version")


def is_rebuild_asked(run: Run, step: str) -> bool:
    """Whether a rebuild was asked for since the step last succeeded."""
    return any(r["everything"] for r in open_requests(run, step))


def rebuilt(run: Run, normalized: Callable[[Run], Counts], contracts: tuple[TableContract, ...]) -> Counts:
    """Makes the tables of ``contracts`` what ``normalized`` makes of all of bronze; counts of all records, and of the rows
    that differed.

    Rows of sources that are configured no more go; quarantine keeps what it knows of a record that is refused as before.
    """
    run.progress.note("normalize: all that ever landed is made anew")
    with run.tables.second(QUARANTINE.layer) as second:
        counts = normalized(replace(run, tables=second, processed={}, since={}))
        written = [run.tables.replace(c, second.read(c)) for c in contracts]
        written += _written_quarantine(run, second)
    note_todays_mappings_alone(run)
    return replace(counts, changed=changed_rows(*written))


def _written_quarantine(run: Run, second: Tables) -> list[Written]:
    stored, refused = run.tables.read(QUARANTINE), second.read(QUARANTINE)
    known = F.col("source").isin(*run.config.sources)
    (held, n_held), (others, n_others) = (
        counted(_but_as_in(stored.filter(known), refused)),
        counted(_but_as_in(refused, stored)),
    )
    if not (n_held or n_others):
        return []
    written, _ = written_redriven(run, Redrive(held, {}, {}), others)
    return written


def _but_as_in(rows: DataFrame, others: DataFrame) -> DataFrame:
    same = [F.col(f"r.{c}").eqNullSafe(F.col(f"o.{c}")) for c in _AS_BEFORE]
    return rows.alias("r").join(others.alias("o"), on=same, how="left_anti")
