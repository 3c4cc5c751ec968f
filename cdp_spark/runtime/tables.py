"""The only reader and writer of Delta tables.

Every write is held to the table's contract: exactly its columns, required columns filled, statistics on
columns without personal data only, schema changes by addition only. Writes that would change nothing make no
commit, so a table's version says whether it changed.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

import pyarrow.compute as pc
import pyarrow.fs as pafs
from delta.tables import DeltaTable
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, DataFrameWriter, Observation, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType
from pyspark.storagelevel import StorageLevel

from cdp_spark.contracts import TableContract
from cdp_spark.errors import ContractError
from cdp_spark.runtime import differences
from cdp_spark.runtime.arrow_rewrite import FILE_BYTES
from cdp_spark.runtime.plain_files import FEW, PlainFiles, plain_files
from cdp_spark.runtime.refusals import filled, understood
from cdp_spark.runtime.rows import frame_of_rows
from cdp_spark.runtime.small_table import addition, fetched, small_table
from cdp_spark.runtime.staging import hinted
from cdp_spark.runtime.warehouse import Warehouse, file_system

_USER_METADATA = "spark.databricks.delta.commitInfo.userMetadata"
# Finding out which files change, or MERGE, takes as long as writing this much.
_WRITTEN_ANEW = 128 << 20
# More changed rows than these are not brought to the driver.
_BY_DRIVER = 250_000
# Rows that a caller may call few.
FEW_ROWS = 100_000


@dataclass(frozen=True)
class Written:
    """What a write changed, and the table's version after it (None: there is no table)."""

    version: int | None
    inserted: int = 0
    updated: int = 0
    deleted: int = 0

    @property
    def changed(self) -> int:
        """Rows inserted, updated or deleted."""
        return self.inserted + self.updated + self.deleted


class Tables:
    """Tables of one warehouse, read and written by contract.

    ``label`` goes into every commit of the run; a table of up to ``written_anew`` bytes is written anew whatever changes.
    """

    def __init__(
        self,
        spark: SparkSession,
        warehouse: Warehouse,
        label: dict[str, str] | None = None,
        written_anew: int = _WRITTEN_ANEW,
    ) -> None:
        self._spark = spark
        self._written_anew = written_anew
        self._warehouse = warehouse
        self._label = json.dumps(label or {}, sort_keys=True)
        self._plain_files: dict[tuple[str, int], PlainFiles | None] = {}
        self._newest_landings: dict[tuple[str, int], int] = {}
        self._one_merge = Lock()

    @contextmanager
    def shadow(self, layer: str) -> Iterator["Tables"]:
        """These tables, but of one layer shadow tables: none at first, unseen by readers, gone in the end."""
        beside = self._warehouse.with_shadow(layer)
        self._drop_shadow(beside, layer)  # a run that died has left one
        try:
            yield Tables(self._spark, beside, json.loads(self._label), self._written_anew)
        finally:
            self._drop_shadow(beside, layer)

    def _drop_shadow(self, beside: Warehouse, layer: str) -> None:
        if beside.catalog:
            # A catalog's name is held to a pattern, a layer's is a contract's.
            self._spark.sql(f"DROP SCHEMA IF EXISTS {beside.schema(layer)} CASCADE")
            return
        system, path = file_system(beside.folder(layer))
        if system.get_file_info(path).type is not pafs.FileType.NotFound:
            system.delete_dir(path)

    def version(self, contract: TableContract) -> int | None:
        """The table's latest version, None where there is no table yet."""
        return self._warehouse.version(self._spark, contract)

    def read(self, contract: TableContract, version: int | None = None) -> DataFrame:
        """The table's rows, at its latest version or the one given; no rows where there is no table yet.

        Columns are the contract's; one that an older version lacks is NULL.
        """
        latest = self.version(contract) if version is None else version
        if latest is None:
            return frame_of_rows(self._spark, contract.schema)
        stored = self._stored(contract, latest)
        if stored.columns == list(contract.column_names):
            return stored
        return stored.select(
            *[c.name if c.name in stored.columns else F.lit(None).cast(c.type).alias(c.name) for c in contract.columns]
        )

    def _stored(self, contract: TableContract, version: int) -> DataFrame:
        reader = self._spark.read.format("delta").option("versionAsOf", version)
        if self._warehouse.catalog:
            return reader.table(self._warehouse.catalog_name(contract))
        files = self._plain_files_of(contract, version)
        return files.rows(self._spark) if files else reader.load(self._warehouse.location(contract))

    def _plain_files_of(self, contract: TableContract, version: int) -> PlainFiles | None:
        if self._warehouse.catalog:
            return None
        location = self._warehouse.location(contract)
        if (location, version) not in self._plain_files:
            self._plain_files[location, version] = plain_files(self._spark, location, version)
        return self._plain_files[location, version]

    def newest_landing(self, contract: TableContract, version: int | None = None) -> int:
        """The newest landing of which the table holds rows, at its latest version or the one given; 0 where there is none.

        What a version holds is for ever, so it is asked once.
        """
        at = self.version(contract) if version is None else version
        if at is None:
            return 0
        if (contract.name, at) not in self._newest_landings:
            newest = self.read(contract, at).agg(F.max("landing_id")).first()
            self._newest_landings[contract.name, at] = int(newest[0] or 0) if newest else 0
        return self._newest_landings[contract.name, at]

    def append(
        self, contract: TableContract, frame: DataFrame, landing_id: int | None = None, few: bool = False
    ) -> Written:
        """Adds the rows. With ``landing_id`` the rows of a landing that was already written are not added again.

        ``few``: they are FEW_ROWS at most, or few megabytes, so the driver may take them.

        Raises ContractError when the table holds a later landing: the caller is not the newest writer.
        """
        before, shaped = self.version(contract), contract.shape(frame)
        if landing_id is not None:
            self._refuse_older(contract, landing_id)
        if few and (written := self._added_by_driver(contract, shaped, landing_id)) is not None:
            return written
        shaped, seen = filled(contract, shaped), Observation()
        writer = self._writer(contract, shaped.observe(seen, F.count(F.lit(1)).alias("rows")))
        if landing_id is not None:
            writer = writer.option("txnAppId", _landing_of(contract)).option("txnVersion", landing_id)
        with understood(contract):
            self._save(contract, writer.mode("append"))
        after = self.version(contract)
        if after == before:
            return Written(after)
        return Written(
            after, inserted=self._rows_of_last_commit(contract) if self._warehouse.catalog else int(seen.get["rows"])
        )

    def _added_by_driver(self, contract: TableContract, shaped: DataFrame, landing_id: int | None) -> Written | None:
        """None where the table is in a catalog or not plain, and where the rows are more than was thought."""
        if self._warehouse.catalog:
            return None
        before, location = self.version(contract), self._warehouse.location(contract)
        table = addition(self._spark, contract, location, before)
        if table is None:
            return None
        application = None if landing_id is None else (_landing_of(contract), landing_id)
        if application and table.transaction.newest_of(application[0]) >= application[1]:
            return Written(before)
        with understood(contract):
            rows = fetched(shaped)
        if rows is None:
            return None
        table.write(rows, self._label, application)
        return Written(self.version(contract), inserted=len(rows))

    def changes(self, contract: TableContract, since: int, until: int) -> DataFrame | None:
        """The rows that came, went or changed (as they were and as they are) after one version up to another.

        None where the table keeps no change feed over these versions.
        """
        if until <= since:
            return frame_of_rows(self._spark, contract.schema) if until == since else None
        reader = self._spark.read.format("delta").option("readChangeFeed", "true")
        reader = reader.option("startingVersion", since + 1).option("endingVersion", until)
        try:
            if self._warehouse.catalog:
                feed = reader.table(self._warehouse.catalog_name(contract))
            else:
                feed = reader.load(self._warehouse.location(contract))
        except PySparkException as e:
            if "CHANGE" in (e.getCondition() or ""):
                return None
            raise
        return feed.select(*contract.column_names)

    def replace(
        self, contract: TableContract, new_state: DataFrame, stored: DataFrame | None = None, few: bool = False
    ) -> Written:
        """Makes the table equal to ``new_state`` (one row a key), writing the differing rows only.

        With ``stored``, some of the table's rows, ``new_state`` takes their place and the others stay. ``few``: as for
        ``append``.
        """
        if self.version(contract) is None:
            return self.append(contract, new_state, few=few)
        before = self.read(contract) if stored is None else stored
        changes = differences.state_differences(contract, contract.shape(new_state), before)
        return self._apply(contract, changes, few, is_part=stored is not None)

    def merge(
        self,
        contract: TableContract,
        new_rows: DataFrame,
        newer_by: tuple[str, ...] = (),
        gone: DataFrame | None = None,
        few: bool = False,
    ) -> Written:
        """Adds rows with new keys and replaces stored ones (see ``differences.upsert_differences``); takes out those
        whose keys ``gone`` holds, which are none of the new ones. ``few``: as for ``append``.
        """
        if self.version(contract) is None:
            return self.append(contract, new_rows, few=few)
        stored = self.read(contract)
        shaped = contract.shape(new_rows)
        changes = differences.upsert_differences(contract, shaped, stored, newer_by)
        if gone is not None:
            changes = changes.unionByName(differences.deletions(contract, gone, stored))
        return self._apply(contract, changes, few)

    def _apply(self, contract: TableContract, changes: DataFrame, few: bool, is_part: bool = False) -> Written:
        """``few``: the rows are known to be few; ``is_part``: they lie in a part of the table, so they will be."""
        with understood(contract):
            expected_few = few or is_part or self._is_in_one_file(contract)
            counts = self._applied_by_driver(contract, changes, few) if expected_few else None
            if counts is None:
                # They may be many: what they are made of is read once.
                changes = changes.persist(StorageLevel.MEMORY_AND_DISK)
                try:
                    counts = None if expected_few else self._applied_by_driver(contract, changes)
                    counts = self._applied_by_spark(contract, changes) if counts is None else counts
                finally:
                    changes.unpersist()
        return Written(
            self.version(contract),
            inserted=counts.get(differences.INSERT, 0),
            updated=counts.get(differences.UPDATE, 0),
            deleted=counts.get(differences.DELETE, 0),
        )

    def _is_in_one_file(self, contract: TableContract) -> bool:
        files = self._plain_files_as_promised(contract)
        return files is not None and files.n_bytes <= FILE_BYTES

    def _applied_by_driver(
        self, contract: TableContract, changes: DataFrame, few: bool = False
    ) -> dict[str, int] | None:
        """Rows changed by operation; None where the table is not small and plain, or more changes than the driver takes."""
        version, files = self.version(contract), self._plain_files_as_promised(contract)
        if version is None or files is None or files.n_bytes > self._written_anew:
            return None
        # A limit would bring all rows into one task before they come.
        rows = fetched(changes if few else changes.limit(_BY_DRIVER + 1))
        if rows is None or len(rows) > _BY_DRIVER:
            return None
        if len(rows):
            table = small_table(self._spark, contract, self._warehouse.location(contract), version, files)
            if table is None:
                return None
            table.change(rows, self._label)
        return {r["values"]: r["counts"] for r in pc.value_counts(rows[differences.OPERATION]).to_pylist()}

    def _applied_by_spark(self, contract: TableContract, changes: DataFrame) -> dict[str, int]:
        """Rows changed by operation."""
        by_operation = changes.groupBy(differences.OPERATION).count().collect()
        counts: dict[str, int] = {r[differences.OPERATION]: r["count"] for r in by_operation}
        if set(counts) == {differences.INSERT}:
            self.append(contract, changes.drop(differences.OPERATION))
        elif counts:
            keys = hinted(changes.select(*contract.key, differences.OPERATION), sum(counts.values()))
            if (files := self._files_to_rewrite(contract, keys)) is not None:
                self._rewrite(contract, changes, keys, files)
            else:
                self._merge_changes(contract, changes)
        return counts

    def _plain_files_as_promised(self, contract: TableContract) -> PlainFiles | None:
        """The files of a table whose columns are the contract's; None where a change feed has to tell rows that changed from
        those that were written again.
        """
        version = self.version(contract)
        if version is None or contract.change_feed:
            return None
        files = self._plain_files_of(contract, version)
        return files if files and contract.is_kept_by(files.schema) else None

    def _files_to_rewrite(self, contract: TableContract, keys: DataFrame) -> PlainFiles | None:
        """The files of a small table, and of one of few files if most of what is in them lies in files with a row that changes.

        MERGE would rewrite them too, but moves all their rows for it. It stays the way where a change feed has to tell the
        rows that changed from those that were written again.
        """
        files = self._plain_files_as_promised(contract)
        if files is None or len(files.paths) == 1 or files.n_bytes <= self._written_anew:
            return files
        changed = keys.filter(F.col(differences.OPERATION) != differences.INSERT)
        file = F.struct("_metadata.file_path", "_metadata.file_size").alias("_file")
        stored = files.rows(self._spark).select(*contract.key, file)
        touched = differences.with_keys_of(contract, stored, changed, "left_semi").select("_file.*").distinct()
        in_touched = touched.agg(F.sum("file_size")).first()
        return files if in_touched and 2 * (in_touched[0] or 0) > files.n_bytes else None

    def _rewrite(self, contract: TableContract, changes: DataFrame, keys: DataFrame, files: PlainFiles) -> None:
        """Writes all rows again, those that change as they are now; one commit, as MERGE's is."""
        upserts = changes.filter(F.col(differences.OPERATION) != differences.DELETE).drop(differences.OPERATION)
        kept = differences.with_keys_of(contract, self.read(contract), keys, "left_anti")
        rows = kept.unionByName(filled(contract, upserts)).coalesce(min(FEW, 1 + files.n_bytes // FILE_BYTES))
        with understood(contract):
            self._save(contract, self._writer(contract, rows).mode("overwrite"))

    def _merge_changes(self, contract: TableContract, changes: DataFrame) -> None:
        self._refuse_incompatible(contract, changes.drop(differences.OPERATION).schema)
        same_key = F.lit(True)
        for k in contract.key:
            same_key = same_key & F.col(f"t.`{k}`").eqNullSafe(F.col(f"c.`{k}`"))
        values: dict[str, str | Column] = {c: F.col(f"c.`{c}`") for c in contract.column_names}
        is_delete = F.col(f"c.{differences.OPERATION}") == differences.DELETE
        deletes = changes.filter(F.col(differences.OPERATION) == differences.DELETE)
        upserts = filled(contract, changes.filter(F.col(differences.OPERATION) != differences.DELETE))
        merge = (
            self._delta(contract)
            .alias("t")
            .merge(upserts.unionByName(deletes).alias("c"), same_key)
            .withSchemaEvolution()
            .whenMatchedDelete(is_delete)
            .whenMatchedUpdate(set=values)
            .whenNotMatchedInsert(~is_delete, values)
        )
        with understood(contract), self._labelled():
            merge.execute()

    @contextmanager
    def _labelled(self) -> Iterator[None]:
        # MERGE takes its label from the session, so no two of them at a time.
        with self._one_merge:
            self._spark.conf.set(_USER_METADATA, self._label)
            try:
                yield
            finally:
                self._spark.conf.unset(_USER_METADATA)

    def _writer(self, contract: TableContract, frame: DataFrame) -> DataFrameWriter:
        writer = frame.write.format("delta").option("userMetadata", self._label)
        if self.version(contract) is not None:
            self._refuse_incompatible(contract, frame.schema)
            return writer.option("mergeSchema", "true")
        for name, value in contract.properties.items():
            writer = writer.option(name, value)
        return writer

    def _save(self, contract: TableContract, writer: DataFrameWriter) -> None:
        if self._warehouse.catalog:
            self._spark.sql(f"CREATE SCHEMA IF NOT EXISTS {self._warehouse.schema(contract.layer)}")
            writer.saveAsTable(self._warehouse.catalog_name(contract))
        else:
            writer.save(self._warehouse.location(contract))

    def _rows_of_last_commit(self, contract: TableContract) -> int:
        # saveAsTable hands no observed metrics back.
        last = self._delta(contract).history(1).select("operationMetrics").first()
        return int(last["operationMetrics"]["numOutputRows"]) if last else 0

    def _delta(self, contract: TableContract) -> DeltaTable:
        if self._warehouse.catalog:
            return DeltaTable.forName(self._spark, self._warehouse.catalog_name(contract))
        return DeltaTable.forPath(self._spark, self._warehouse.location(contract))

    def _refuse_incompatible(self, contract: TableContract, schema: StructType) -> None:
        stored = {f.name: f.dataType for f in self._delta(contract).toDF().schema}
        changed = sorted(f.name for f in schema if f.name in stored and stored[f.name] != f.dataType)
        if changed:
            raise ContractError(
                f"{contract.name}: type of {', '.join(changed)} differs from the stored table",
                fix="give the column a new name; stored columns never change their type",
                table=contract.name,
                columns=changed,
            )

    def _refuse_older(self, contract: TableContract, landing_id: int) -> None:
        # Delta drops a write below the stored number without a word.
        newest = self.newest_landing(contract)
        if newest > landing_id:
            raise ContractError(
                f"{contract.name} holds landing {newest}, later than {landing_id}",
                fix="run again; the run takes up from the newest state",
                table=contract.name,
            )


def _landing_of(contract: TableContract) -> str:
    return f"cdp:land:{contract.name}"
