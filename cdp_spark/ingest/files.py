"""The files of a stream as they lie in the landing zone."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from posixpath import normpath

import pyarrow.fs as pafs

from cdp_spark.config.reads import FileRead
from cdp_spark.errors import ConfigError, StorageError
from cdp_spark.ingest.landings import Part
from cdp_spark.runtime.warehouse import file_system

_UNFINISHED = (".tmp", ".part")


@dataclass(frozen=True)
class StreamFile(Part):
    """One version of a file: ``path`` is relative to the landing root."""

    size: int
    mtime: datetime

    @property
    def key(self) -> str:
        """Names this version of the file: a hash of everything that makes it this one."""
        parts = (self.source, self.stream, self.path, str(self.size), self.mtime.isoformat())
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


@dataclass(frozen=True)
class LandingZone:
    """The root below which all raw files lie."""

    root: str

    def stream_files(self, source: str, stream: str, read: FileRead) -> list[StreamFile]:
        """The stream's finished files, by path. Hidden and unfinished ones (``_``, ``.``, .tmp, .part) are left out.

        Raises ConfigError where the folder is missing and that is not allowed, StorageError where it cannot be read.
        """
        system, root = file_system(self.root)
        base = normpath(f"{root}/{read.path}")
        try:
            found = sorted(_below(system, base), key=lambda f: str(f.path))
        except FileNotFoundError as e:
            if read.missing == "skip":
                return []
            raise ConfigError(
                f"{source}.{stream}: there is no {read.path} below {self.root}",
                fix="correct read.path, create the folder, or set read.missing: skip",
            ) from e
        except OSError as e:
            raise StorageError(
                f"{source}.{stream}: {read.path} cannot be read", fix="check the address and the rights"
            ) from e
        prefix = len(root.rstrip("/")) + 1
        return [
            StreamFile(source, stream, f.path[prefix:], f.size, f.mtime.astimezone(UTC))
            for f in found
            if _is_finished(f.path[len(base) :] or f.base_name) and fnmatchcase(f.base_name, read.pattern)
        ]

    def spark_path(self, path: str) -> str:
        """The file's address for Spark, with the characters escaped that it would take for a pattern."""
        return "".join(f"\\{c}" if c in "*?[]{}\\" else c for c in self.prefix + path)

    @property
    def prefix(self) -> str:
        """What Spark's address of a file has before its path, once decoded."""
        return f"{self.root.rstrip('/')}/" if "://" in self.root else f"file://{self.root.rstrip('/')}/"

    def holds(self, path: str) -> bool:
        """Whether the file is there."""
        system, full = self.system_path(path)
        return bool(system.get_file_info(full).type == pafs.FileType.File)

    def system_path(self, path: str) -> tuple[pafs.FileSystem, str]:
        """The file system and the path within it."""
        system, root = file_system(self.root)
        return system, f"{root.rstrip('/')}/{path}"


def settled(files: list[StreamFile], now: datetime, settle_seconds: int) -> list[StreamFile]:
    """The files that are old enough not to be written any more."""
    return [f for f in files if f.mtime <= now - timedelta(seconds=settle_seconds)] if settle_seconds else files


def _below(system: pafs.FileSystem, base: str) -> Iterator[pafs.FileInfo]:
    info = system.get_file_info(base)
    if info.type == pafs.FileType.NotFound:
        raise FileNotFoundError(base)
    if info.type == pafs.FileType.File:
        yield info
        return
    selector = pafs.FileSelector(base, recursive=True)
    yield from (f for f in system.get_file_info(selector) if f.type == pafs.FileType.File)


def _is_finished(relative: str) -> bool:
    hidden = any(part.startswith(("_", ".")) for part in relative.split("/") if part)
    return not hidden and not relative.endswith(_UNFINISHED)
