"""The files of a small table with some rows gone and others added, written by Arrow on the driver.

Spark writes row by row and takes five times the CPU for the two million rows of a table just small enough; and to overwrite
a table of ten rows, Delta has it work for a second to find out what there is.
"""

import uuid
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.fs as pafs
import pyarrow.parquet as pq

from cdp_spark.runtime.delta_commit import DataFile

FILE_BYTES = 16 << 20
# Spark reads the parts of a file side by side, but a row group by one task.
_ROWS_A_GROUP = 1 << 18
_ENOUGH_TO_TELL = 10_000
_PLACE = "_place"


@dataclass(frozen=True)
class Folder:
    """Where a table's files lie, the columns they all have, and those of which Delta keeps statistics."""

    system: pafs.FileSystem
    path: str
    schema: pa.Schema
    with_statistics: tuple[str, ...]

    def rewritten(
        self, files: list[DataFile], gone: pa.Table, added: pa.Table
    ) -> tuple[list[DataFile], list[DataFile]]:
        """The files whose place others take, and those: without the rows whose keys are ``gone``, and with ``added``.

        ``gone`` has the columns of the key, ``added`` those of the table. A file without such a row stays, unless
        it is not half full.
        """
        old: list[DataFile] = []
        new: list[DataFile] = []
        waiting, n_bytes = [added], 0
        for file in sorted(files, key=lambda f: f.size):
            is_to_fill = 2 * (n_bytes + file.size) <= FILE_BYTES
            if not (is_to_fill or len(gone)):
                continue
            rows = self._rows(file)
            kept = _without(rows, gone)
            if len(kept) == len(rows) and not is_to_fill:
                continue
            old.append(file)
            waiting, n_bytes = [*waiting, kept], n_bytes + file.size
            if n_bytes >= FILE_BYTES:
                new += self._written(pa.concat_tables(waiting))
                waiting, n_bytes = [], 0
        new += self._written(pa.concat_tables(waiting)) if waiting else []
        return old, new

    def added(self, rows: pa.Table) -> list[DataFile]:
        """The file of new rows, if there are any."""
        return self._written(rows)

    def has(self, files: list[DataFile]) -> bool:
        """Whether the files lie here under their names: a clone's lie elsewhere."""
        found = self.system.get_file_info([f"{self.path}/{f.name}" for f in files])
        return all(there.size == file.size for there, file in zip(found, files, strict=True))

    def _rows(self, file: DataFile) -> pa.Table:
        with self.system.open_input_file(f"{self.path}/{file.name}") as source:
            rows = pq.ParquetFile(source, coerce_int96_timestamp_unit="us").read()
        columns = [
            rows[c.name].cast(c.type) if c.name in rows.column_names else pa.nulls(len(rows), c.type)
            for c in self.schema
        ]
        return pa.Table.from_arrays(columns, schema=self.schema)

    def _written(self, rows: pa.Table) -> list[DataFile]:
        if not len(rows):
            return []
        name = f"part-{uuid.uuid4()}.snappy.parquet"
        path = f"{self.path}/{name}"
        pq.write_table(
            rows,
            path,
            _ROWS_A_GROUP,
            filesystem=self.system,
            compression="snappy",
            store_schema=False,
            use_dictionary=_repeating(rows),
            # Those of other columns, some of them personal data, would leave nothing out.
            write_statistics=list(self.with_statistics),
        )
        there = self.system.get_file_info(path)
        return [DataFile(name, there.size, there.mtime_ns // 1_000_000, self._statistics(rows))]

    def _statistics(self, rows: pa.Table) -> dict[str, object]:
        found: dict[str, object] = {"numRecords": len(rows)}
        if self.with_statistics:
            bounds = {c: pc.min_max(rows[c]).as_py() for c in self.with_statistics}
            for name, end in (("minValues", "min"), ("maxValues", "max")):
                found[name] = {c: _as_delta_writes(b[end]) for c, b in bounds.items() if b[end] is not None}
            found["nullCount"] = {c: rows[c].null_count for c in self.with_statistics}
        return found


def _without(rows: pa.Table, gone: pa.Table) -> pa.Table:
    if not len(gone):
        return rows
    keys = rows.select(gone.column_names).append_column(_PLACE, pa.array(np.arange(len(rows))))
    places = keys.join(gone, keys=gone.column_names, join_type="left semi")[_PLACE]
    if not len(places):
        return rows
    is_kept = np.ones(len(rows), dtype=bool)
    is_kept[places.to_numpy()] = False
    return rows.filter(pa.array(is_kept))


def _repeating(rows: pa.Table) -> list[str]:
    """The columns, as Parquet names them, whose values come again: a dictionary of others is made only to be given up."""
    first = rows.slice(0, _ENOUGH_TO_TELL)
    return [
        leaf
        for column in first.schema
        for leaf in _leaves(column.name, column.type)
        if pa.types.is_nested(column.type) or 2 * pc.count_distinct(first[column.name]).as_py() <= len(first)
    ]


def _leaves(name: str, kind: pa.DataType) -> list[str]:
    if pa.types.is_struct(kind):
        return [leaf for field in kind for leaf in _leaves(f"{name}.{field.name}", field.type)]
    if pa.types.is_map(kind):
        within = {"key": kind.key_type, "value": kind.item_type}
        return [leaf for part, type_ in within.items() for leaf in _leaves(f"{name}.key_value.{part}", type_)]
    if pa.types.is_list(kind):
        return _leaves(f"{name}.list.element", kind.value_type)
    return [name]


def _as_delta_writes(bound: object) -> object:
    # Delta keeps times to the millisecond, and when it reads adds one to the greatest.
    if isinstance(bound, datetime):
        return bound.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
    return bound.isoformat() if isinstance(bound, date) else bound
