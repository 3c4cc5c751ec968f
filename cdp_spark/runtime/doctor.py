"""What a machine needs to run the project, checked one by one, each with what to do about it."""

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from cdp_spark.contracts import Column, TableContract
from cdp_spark.errors import CdpError, StorageError
from cdp_spark.runtime import jars, jvm
from cdp_spark.runtime.java import java
from cdp_spark.runtime.session import open_session
from cdp_spark.runtime.tables import Tables
from cdp_spark.runtime.warehouse import Warehouse

Status = Literal["ok", "warn", "fail"]

_SETUP = "run scripts/setup"
_GIGABYTE = 1e9
_MEMORY = 4.0  # a driver of 3 GB, Python beside it
_DISK = 5.0
_PACKAGES = {"pyspark": "4.2.0", "delta-spark": "4.4.0"}
_PROBE = TableContract(
    name="ops.doctor",
    about="A table that is written, changed and read to see that this works.",
    columns=(Column("id", "BIGINT", "Number", required=True), Column("rest", "BIGINT", "Its rest by seven")),
    key=("id",),
)


@dataclass(frozen=True)
class Check:
    """One thing looked at: what was found, and what to do when it is not ``ok``."""

    name: str
    status: Status
    found: str
    fix: str | None = None


def checks(session: bool = False) -> list[Check]:
    """Every check, in the order in which to mend them. ``session`` also opens one and writes and reads a table."""
    found = [
        python_version(sys.version_info[:2]),
        java_runtime(),
        *(package(name, wanted) for name, wanted in _PACKAGES.items()),
        pandas_version(_installed("pandas")),
        jar_folder(jars.jar_set()),
        graphframes_pair(jars.graphframes_set(), _installed("graphframes-py")),
        *(source_jars(name, jars.optional_jars(name)) for name in jars.SOURCE_JARS),
        class_archives(),
        memory(_memory_bytes()),
        disk(shutil.disk_usage(Path.cwd()).free),
    ]
    return [*found, spark_session()] if session else found


def python_version(running: tuple[int, int]) -> Check:
    """Python 3.11 or 3.12."""
    shown = f"{running[0]}.{running[1]}"
    if (3, 11) <= running < (3, 13):
        return Check("python", "ok", shown)
    return Check("python", "fail", shown, "use Python 3.11 or 3.12")


def java_runtime() -> Check:
    """Java 17 or 21 with the module that Spark's launcher asks for."""
    try:
        found = java()
    except CdpError as e:
        return Check("java", "fail", e.problem, e.fix)
    return Check("java", "ok", f"{found.build} at {found.home}")


def package(name: str, wanted: str) -> Check:
    """A package whose release decides whether the jars fit."""
    found = _installed(name)
    if found == wanted:
        return Check(name, "ok", found)
    return Check(name, "fail", found or "not installed", f"install {name}=={wanted}, or {_SETUP}")


def pandas_version(found: str | None) -> Check:
    """Pandas 2.2 or later, before 3."""
    if found and (2, 2) <= tuple(int(n) for n in found.split(".")[:2]) < (3, 0):
        return Check("pandas", "ok", found)
    return Check("pandas", "fail", found or "not installed", f"install pandas>=2.2,<3, or {_SETUP}")


def jar_folder(found: jars.JarSet | None) -> Check:
    """The folder that scripts/jars fills. Without one the jars have to come from the cluster."""
    if found:
        return Check("jars", "ok", f"{len(found.jars)} in {jars.folder()}")
    return Check(
        "jars", "fail", f"none, or not whole, in {jars.folder()}", "run scripts/jars; on a cluster it provides them"
    )


def graphframes_pair(jar: jars.GraphFramesSet | None, wrapper: str | None) -> Check:
    """Jar and wrapper of GraphFrames, which have to be of one set."""
    name = "graphframes"
    if jar is None:
        return Check(name, "warn", f"no jar, graphframes-py {wrapper or 'not installed'}", "run scripts/jars")
    wanted, shown = jars.WRAPPERS[jar], f"jars of the {jar} set, graphframes-py {wrapper or 'not installed'}"
    if wrapper is None:
        return Check(name, "warn", shown, f"{_SETUP}; it installs graphframes-py {wanted}")
    if wrapper == wanted:
        return Check(name, "ok", shown)
    return Check(
        name,
        "fail",
        f"{shown}, which needs {wanted}",
        f"{_SETUP}, or install graphframes-py=={wanted} without dependencies",
    )


def source_jars(name: jars.OptionalSet, found: Sequence[Path]) -> Check:
    """The jars of a kind of source that not everybody has."""
    if found:
        return Check(f"{name} jars", "ok", f"{len(found)} in {found[0].parent}")
    return Check(f"{name} jars", "ok", f"none; needed for sources of this kind alone: scripts/jars {name}")


def class_archives() -> Check:
    """The archives that halve a session's start."""
    try:
        missing = [profile for profile in jvm.PROFILES if not jars.cds_archive(profile).is_file()]
    except CdpError:
        missing = list(jvm.PROFILES)
    if missing:
        return Check(
            "class archives", "warn", f"none for {', '.join(missing)}", f"{_SETUP}; until then sessions start slower"
        )
    return Check("class archives", "ok", f"for {', '.join(jvm.PROFILES)}")


def memory(total: int) -> Check:
    """Enough for the driver and Python."""
    shown = f"{total / _GIGABYTE:.1f} GB"
    if total >= _MEMORY * _GIGABYTE:
        return Check("memory", "ok", shown)
    return Check(
        "memory",
        "warn",
        shown,
        f"{_MEMORY:.0f} GB or more are wanted for the demo; set a smaller driver memory in cdp.yml",
    )


def disk(free: int) -> Check:
    """Room for tables, shuffles and archives where the command runs."""
    shown = f"{free / _GIGABYTE:.1f} GB free"
    if free >= _DISK * _GIGABYTE:
        return Check("disk", "ok", shown)
    return Check("disk", "warn", shown, f"{_DISK:.0f} GB or more are wanted: free some, or move the warehouse")


def spark_session() -> Check:
    """Opens a session, writes, changes and reads a Delta table."""
    name = "session and Delta"
    try:
        with tempfile.TemporaryDirectory(prefix="cdp-doctor-") as scratch:
            spark = open_session("cdp-doctor")
            table_round_trip(spark, Path(scratch))
            return Check(name, "ok", f"Spark {spark.version}, a table written, changed and read")
    except CdpError as e:
        return Check(name, "fail", e.problem, e.fix)
    except Exception as e:  # whatever Spark or the gateway raises is the finding
        return Check(
            name,
            "fail",
            f"{type(e).__name__} while writing or reading a table",
            "mend what is red above, then try again",
        )


def table_round_trip(spark: SparkSession, scratch: Path) -> None:
    """Writes a Delta table below ``scratch``, changes it and reads it back.

    Raises StorageError when it does not hold what was written.
    """
    tables = Tables(spark, Warehouse(str(scratch / "warehouse")))
    written = spark.range(100).select("id", (F.col("id") % 7).alias("rest"))
    tables.append(_PROBE, written)
    tables.merge(_PROBE, spark.range(50, 150).select("id", F.lit(0).alias("rest")))
    held = tables.read(_PROBE).agg({"id": "count", "rest": "sum"}).collect()[0]
    if (held["count(id)"], held["sum(rest)"]) != (150, sum(n % 7 for n in range(50))):
        raise StorageError(
            "a Delta table did not hold what was written", fix="check the disk, then run scripts/jars anew"
        )


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
