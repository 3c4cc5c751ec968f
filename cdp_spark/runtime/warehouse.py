"""Where tables live: a root path (local, ``s3a://``, ``abfss://``, …) or a catalog."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow.fs as pafs
from pyspark.sql import SparkSession

from cdp_spark.contracts import TableContract
from cdp_spark.errors import StorageError

COMMIT_FILE = re.compile(r"\A(\d{20})\.json\Z")


def file_system(uri: str) -> tuple[pafs.FileSystem, str]:
    """The file system behind a path or URI, and the path within it.

    Raises StorageError when no file system answers to it.
    """
    address = re.sub(r"\As3[an]://", "s3://", uri)
    try:
        if "://" in address:
            system, path = pafs.FileSystem.from_uri(address)
            return system, str(path)
        return pafs.LocalFileSystem(), str(Path(address).absolute())
    except (OSError, ValueError) as e:
        raise StorageError(
            f"no file system answers to {uri}", fix="use a local path or a URI like s3a://bucket/folder"
        ) from e


@dataclass(frozen=True)
class Warehouse:
    """The tables' home. With ``catalog`` a table is ``catalog.cdp_layer.table``, else a folder below ``root``."""

    root: str
    catalog: str | None = None
    shadowed: str | None = None
    """The layer of which the shadow tables are meant, not those that are read."""

    def with_shadow(self, layer: str) -> "Warehouse":
        """The same warehouse, but of one layer another set of tables, beside those that are read."""
        return replace(self, shadowed=layer)

    def folder(self, layer: str) -> str:
        """Where a layer's tables lie."""
        return f"{self.root.rstrip('/')}/{self._named(layer)}"

    def schema(self, layer: str) -> str:
        """A layer's schema in the catalog."""
        return f"{self.catalog}.cdp_{self._named(layer)}"

    def location(self, contract: TableContract) -> str:
        """The table's folder."""
        return f"{self.folder(contract.layer)}/{contract.table}"

    def catalog_name(self, contract: TableContract) -> str:
        """The table's name in the catalog."""
        return f"{self.schema(contract.layer)}.{contract.table}"

    def _named(self, layer: str) -> str:
        return f"{layer}_shadow" if layer == self.shadowed else layer

    def version(self, spark: SparkSession, contract: TableContract) -> int | None:
        """The table's latest version, None where there is no table yet."""
        if self.catalog:
            return self._catalog_version(spark, contract)
        return self._path_version(contract)

    def _path_version(self, contract: TableContract) -> int | None:
        # Listing the log takes milliseconds; asking Spark for the history is a job.
        system, path = file_system(self.location(contract))
        selector = pafs.FileSelector(f"{path}/_delta_log", allow_not_found=True)
        versions = [int(m[1]) for f in system.get_file_info(selector) if (m := COMMIT_FILE.match(f.base_name))]
        return max(versions, default=None)

    def _catalog_version(self, spark: SparkSession, contract: TableContract) -> int | None:
        from delta.tables import DeltaTable

        name = self.catalog_name(contract)
        if not spark.catalog.tableExists(name):
            return None
        latest = DeltaTable.forName(spark, name).history(1).select("version").first()
        return None if latest is None else int(latest["version"])

    def check_writable(self) -> None:
        """Raises StorageError when the root cannot be written; a catalog is left to its own rights."""
        if self.catalog:
            return
        system, path = file_system(self.root)
        probe = f"{path}/.cdp_write_check"
        try:
            system.create_dir(path, recursive=True)
            with system.open_output_stream(probe) as stream:
                stream.write(b"")
            system.delete_file(probe)
        except OSError as e:
            raise StorageError(
                f"the warehouse {self.root} cannot be written",
                fix="choose another path in cdp.yml or grant write access",
            ) from e
