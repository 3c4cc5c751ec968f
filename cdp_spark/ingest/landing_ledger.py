"""``ops.landings``, read and written."""

from datetime import datetime

from pyspark.sql import Row
from pyspark.sql import functions as F

from cdp_spark.contracts.ops import LANDINGS
from cdp_spark.ingest.files import StreamFile
from cdp_spark.ingest.landings import LandingRow, Part, Stretch
from cdp_spark.runtime.rows import frame_of_rows, time_of_micros
from cdp_spark.runtime.run import Run


def recorded_rows(run: Run) -> list[LandingRow]:
    """All that ops.landings holds."""
    if run.tables.version(LANDINGS) is None:
        return []
    # As numbers, because collected times lose their zone.
    micros = {c: F.unix_micros(c) for c in ("mtime", "at")}
    return [
        LandingRow(r["landing_id"], _part(r), r["state"], r["reason"], r["rows"], time_of_micros(r["at"]))
        for r in run.tables.read(LANDINGS).withColumns(micros).collect()
    ]


def record(run: Run, rows: list[LandingRow]) -> None:
    """Adds the rows in one commit."""
    values = [
        (r.landing_id, *r.part.place, *_version(r.part), r.state, r.reason, r.rows, r.at, *_positions(r.part))
        for r in rows
    ]
    run.tables.append(LANDINGS, frame_of_rows(run.spark, LANDINGS.schema, values).coalesce(1), few=True)


def _part(row: Row) -> Part:
    place = (row["source"], row["stream"], row["path"])
    if row["size"] is None:
        return Stretch(*place, row["begins"], row["ends"])
    return StreamFile(*place, row["size"], time_of_micros(row["mtime"]))


def _version(part: Part) -> tuple[int | None, datetime | None]:
    return (part.size, part.mtime) if isinstance(part, StreamFile) else (None, None)


def _positions(part: Part) -> tuple[str | None, str | None]:
    return (part.begins, part.ends) if isinstance(part, Stretch) else (None, None)
