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

from delta.exceptions import DeltaConcurrentModificationException
from delta.tables import DeltaTable
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, DataFrameWriter, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType
from pyspark.storagelevel import StorageLevel

from cdp_spark.contracts import TableContract
from cdp_spark.errors import ContractError, NotPublished, TransientError
from cdp_spark.runtime import differences
from cdp_spark.runtime.plain_files import FEW, PlainFiles, plain_files
from cdp_spark.runtime.rows import frame_of_rows
from cdp_spark.runtime.staging import hinted
from cdp_spark.runtime.warehouse import Warehouse

_REQUIRED = "required column is empty: "
_USER_METADATA = "spark.databricks.delta.commitInfo.userMetadata"
_FILE_BYTES = 16 << 20
# Finding out which files change, or MERGE, takes as long as writing this much.
_WRITTEN_ANEW = 128 << 20


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

    def append(self, contract: TableContract, frame: DataFrame, landing_id: int | None = None) -> Written:
        """Adds the rows. With ``landing_id`` the rows of a landing that was already written are not added again.

        Raises ContractError when the table holds a later landing: the caller is not the newest writer.
        """
        before = self.version(contract)
        shaped, rows = _filled(contract, contract.shape(frame)), _RowCount()
        writer = self._writer(contract, rows.observed(shaped))
        if landing_id is not None:
            self._refuse_older(contract, landing_id)
            writer = writer.option("txnAppId", f"cdp:land:{contract.name}").option("txnVersion", landing_id)
        with _understood(contract):
            self._save(contract, writer.mode("append"))
        after = self.version(contract)
        if after == before:
            return Written(after)
        return Written(after, inserted=self._rows_of_last_commit(contract) if self._warehouse.catalog else rows.value())

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

    def replace(self, contract: TableContract, new_state: DataFrame, stored: DataFrame | None = None) -> Written:
        """Makes the table equal to ``new_state`` (one row a key), writing the differing rows only.

        With ``stored``, some of the table's rows, ``new_state`` takes their place and the others stay.
        """
        if self.version(contract) is None:
            return self.append(contract, new_state)
        stored = self.read(contract) if stored is None else stored
        return self._apply(contract, differences.state_differences(contract, contract.shape(new_state), stored))

    def merge(
        self,
        contract: TableContract,
        new_rows: DataFrame,
        newer_by: tuple[str, ...] = (),
        gone: DataFrame | None = None,
    ) -> Written:
        """Adds rows with new keys and replaces stored ones (see ``differences.upsert_differences``); takes out those
        whose keys ``gone`` holds, which are none of the new ones.
        """
        if self.version(contract) is None:
            return self.append(contract, new_rows)
        stored = self.read(contract)
        shaped = contract.shape(new_rows)
        changes = differences.upsert_differences(contract, shaped, stored, newer_by)
        if gone is not None:
            changes = changes.unionByName(differences.deletions(contract, gone, stored))
        return self._apply(contract, changes)

    def _apply(self, contract: TableContract, changes: DataFrame) -> Written:
        changes = changes.persist(StorageLevel.MEMORY_AND_DISK)
        try:
            with _understood(contract):
                counts = {
                    r[differences.OPERATION]: r["count"]
                    for r in changes.groupBy(differences.OPERATION).count().collect()
                }
            if set(counts) <= {differences.INSERT}:
                if counts:
                    self.append(contract, changes.drop(differences.OPERATION))
            else:
                keys = hinted(changes.select(*contract.key, differences.OPERATION), sum(counts.values()))
                if (files := self._files_to_rewrite(contract, keys)) is not None:
                    self._rewrite(contract, changes, keys, files)
                else:
                    self._merge_changes(contract, changes)
        finally:
            changes.unpersist()
        return Written(
            self.version(contract),
            inserted=counts.get(differences.INSERT, 0),
            updated=counts.get(differences.UPDATE, 0),
            deleted=counts.get(differences.DELETE, 0),
        )

    def _files_to_rewrite(self, contract: TableContract, keys: DataFrame) -> PlainFiles | None:
        """The files of a small table, and of one of few files if most of what is in them lies in files with a row that changes.

        MERGE would rewrite them too, but moves all their rows for it. It stays the way where a change feed has to tell the
        rows that changed from those that were written again.
        """
        version = self.version(contract)
        if version is None or contract.change_feed:
            return None
        files = self._plain_files_of(contract, version)
        if files is None or files.schema.names != list(contract.column_names):
            return None
        if len(files.paths) == 1 or files.n_bytes <= self._written_anew:
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
        rows = kept.unionByName(_filled(contract, upserts)).coalesce(min(FEW, 1 + files.n_bytes // _FILE_BYTES))
        with _understood(contract):
            self._save(contract, self._writer(contract, rows).mode("overwrite"))

    def _merge_changes(self, contract: TableContract, changes: DataFrame) -> None:
        self._refuse_incompatible(contract, changes.drop(differences.OPERATION).schema)
        same_key = F.lit(True)
        for k in contract.key:
            same_key = same_key & F.col(f"t.`{k}`").eqNullSafe(F.col(f"c.`{k}`"))
        values: dict[str, str | Column] = {c: F.col(f"c.`{c}`") for c in contract.column_names}
        is_delete = F.col(f"c.{differences.OPERATION}") == differences.DELETE
        deletes = changes.filter(F.col(differences.OPERATION) == differences.DELETE)
        upserts = _filled(contract, changes.filter(F.col(differences.OPERATION) != differences.DELETE))
        merge = (
            self._delta(contract)
            .alias("t")
            .merge(upserts.unionByName(deletes).alias("c"), same_key)
            .withSchemaEvolution()
            .whenMatchedDelete(is_delete)
            .whenMatchedUpdate(set=values)
            .whenNotMatchedInsert(~is_delete, values)
        )
        with _understood(contract), self._labelled():
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
        for name, value in _properties(contract).items():
            writer = writer.option(name, value)
        return writer

    def _save(self, contract: TableContract, writer: DataFrameWriter) -> None:
        if self._warehouse.catalog:
            self._spark.sql(f"CREATE SCHEMA IF NOT EXISTS {self._warehouse.catalog}.cdp_{contract.layer}")
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


class Published:
    """Reads every table at the version that one finished run published."""

    def __init__(self, tables: Tables, versions: dict[str, int]) -> None:
        self._tables = tables
        self.versions = versions

    def read(self, contract: TableContract) -> DataFrame:
        """The table as published; raises NotPublished when no run has published it."""
        if contract.name not in self.versions:
            raise NotPublished(
                f"{contract.name} has not been published", fix="run `cdp run` first", table=contract.name
            )
        return self._tables.read(contract, self.versions[contract.name])

    def newest(self, contract: TableContract) -> DataFrame:
        """A table that no run publishes, at its latest version: the ledger, trained models."""
        return self._tables.read(contract)


class _RowCount:
    """Counts the rows of a write in the write itself."""

    def __init__(self) -> None:
        from pyspark.sql import Observation

        self._observation = Observation()

    def observed(self, frame: DataFrame) -> DataFrame:
        return frame.observe(self._observation, F.count(F.lit(1)).alias("rows"))

    def value(self) -> int:
        return int(self._observation.get["rows"])


def _filled(contract: TableContract, shaped: DataFrame) -> DataFrame:
    required = {
        c.name: F.coalesce(
            F.col(f"`{c.name}`"), F.raise_error(F.lit(f"{_REQUIRED}{contract.name}.{c.name}")).cast(c.type)
        )
        for c in contract.columns
        if c.required and shaped.schema[c.name].nullable
    }
    return shaped.withColumns(required)


def _properties(contract: TableContract) -> dict[str, str]:
    columns = contract.statistics_columns
    # Without a column named, Delta would keep statistics of the first thirty-two.
    of_columns = (
        {"delta.dataSkippingStatsColumns": ",".join(columns)} if columns else {"delta.dataSkippingNumIndexedCols": "0"}
    )
    # Delta would sum up the log at every tenth commit, on all tables in the same run; reading a hundred entries takes less.
    properties = of_columns | {"delta.enableDeletionVectors": "false", "delta.checkpointInterval": "100"}
    return properties | ({"delta.enableChangeDataFeed": "true"} if contract.change_feed else {})


@contextmanager
def _understood(contract: TableContract) -> Iterator[None]:
    """Turns Delta's and Spark's failures into this project's, without the values they quote."""
    try:
        yield
    except DeltaConcurrentModificationException as e:
        raise TransientError(
            f"another writer changed {contract.name} at the same time", fix="run again", table=contract.name
        ) from e
    except (PySparkException, Py4JJavaError) as e:  # which of them depends on where in the JVM it came from
        text = str(e)
        if _REQUIRED in text:
            column = text.split(_REQUIRED, 1)[1].split(maxsplit=1)[0].strip("'\"`.,)")
            raise ContractError(
                f"a required column is empty: {column}",
                fix="correct the mapping or rule that makes it",
                table=contract.name,
            ) from None
        raise
