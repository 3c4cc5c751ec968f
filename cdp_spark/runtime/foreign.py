"""Delta tables that others write: read, never written."""

import json
from collections.abc import Iterator
from functools import cached_property

import pyarrow.fs as pafs
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from cdp_spark.runtime.warehouse import COMMIT_FILE, file_system

CHANGE_COLUMNS = ("_change_type", "_commit_version", "_commit_timestamp")
_FEED = "delta.enableChangeDataFeed"


class ForeignTable:
    """A Delta table at a path or URI."""

    def __init__(self, spark: SparkSession, location: str) -> None:
        self._spark, self._location = spark, location

    @cached_property
    def latest(self) -> int | None:
        """The latest version, None where there is no table."""
        return max(self._commits, default=None)

    def rows(self, version: int) -> DataFrame:
        """The table's rows at a version."""
        return self._spark.read.format("delta").option("versionAsOf", version).load(self._location)

    def changes(self, first: int, last: int) -> DataFrame | None:
        """Rows that versions ``first`` to ``last`` inserted, updated or deleted, with ``CHANGE_COLUMNS``.

        None unless the table kept its change feed all the time.
        """
        turned = any("metaData" in action for action in self._actions(first, last))
        if turned or not self._has_feed:
            return None
        reader = self._spark.read.format("delta").option("readChangeFeed", "true")
        return reader.option("startingVersion", first).option("endingVersion", last).load(self._location)

    def appended(self, first: int, last: int) -> DataFrame | None:
        """The rows of the files that versions ``first`` to ``last`` added; None where they did anything but add."""
        actions = list(self._actions(first, last))
        if not self._has_all(first, last) or any("remove" in a or "metaData" in a for a in actions):
            return None
        names = [a["add"]["path"].rsplit("/", 1)[-1] for a in actions if "add" in a]
        return self.rows(last).filter(F.col("_metadata.file_name").isin(names)) if names else self.rows(last).limit(0)

    @cached_property
    def _commits(self) -> dict[int, str]:
        system, path = file_system(self._location)
        found = system.get_file_info(pafs.FileSelector(f"{path}/_delta_log", allow_not_found=True))
        return {int(m[1]): f.path for f in found if (m := COMMIT_FILE.match(f.base_name))}

    def _has_all(self, first: int, last: int) -> bool:
        return all(version in self._commits for version in range(first, last + 1))

    def _actions(self, first: int, last: int) -> Iterator[dict[str, dict[str, str]]]:
        system, _ = file_system(self._location)
        for version in range(first, last + 1):
            if version in self._commits:
                with system.open_input_stream(self._commits[version]) as stream:
                    yield from (json.loads(line) for line in stream.read().splitlines() if line)

    @property
    def _has_feed(self) -> bool:
        from delta.tables import DeltaTable

        detail = DeltaTable.forPath(self._spark, self._location).detail().select("properties").first()
        return bool(detail and detail["properties"].get(_FEED) == "true")
