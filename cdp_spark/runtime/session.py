"""The Spark session: three profiles, and never against what spark-submit or a notebook has set.

``test`` is fast on a handful of rows (interpreted, C1), ``local`` runs fast on one machine, ``cluster`` leaves master,
memory and shuffle width to whoever submits. Delta and GraphFrames jars come from the cache that
``scripts/jars`` filled, or from the cluster.
"""

import logging
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from pyspark.sql import SparkSession

from cdp_spark.contracts.bronze import bronze_contract
from cdp_spark.contracts.silver import SILVER
from cdp_spark.errors import SetupError
from cdp_spark.runtime import jars, jvm
from cdp_spark.runtime.grouping import USES_ORDER
from cdp_spark.runtime.java import java

# What PySpark builds expressions with, as it asks the JVM for it.
_ASKED_FOR = ("org.apache.spark.sql.functions", "functions", "PythonUtils", "PythonSQLUtils")

Profile = Literal["test", "local", "cluster"]

_DIFFERING_BY_ROW = ("raw", "record_id", "message_id", "properties", "traits", "identifiers.list.element.value")
_WITH_STATISTICS = sorted({c for contract in (bronze_contract("any"), *SILVER) for c in contract.statistics_columns})
_ALWAYS = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.session.timeZone": "UTC",
    # Plans and logs must not show addresses or keys.
    "spark.sql.redaction.string.regex": r"[\w.+-]+@[\w.-]+",
    "spark.redaction.regex": "(?i)secret|password|token|pepper|key|credential|dsn|webhook",
    # Older published versions stay readable for as long as their files exist.
    "spark.databricks.delta.vacuum.enforceTimeTravelWithinDeletedFileRetentionDuration": "false",
    # Spark's own default is INT96, which Parquet has deprecated: twelve bytes a time, and no statistics.
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # What all sources go through is compiled once, not once for each source.
    "spark.sql.optimizer.excludedRules": "org.apache.spark.sql.catalyst.optimizer.PushProjectionThroughUnion",
    # PySpark would ask the JVM thrice for each expression, to remember its line.
    "spark.python.sql.dataFrameDebugging.enabled": "false",
    # Spark would forget the code it made after a hundred classes, make it again for the next run, and Java compile it again.
    "spark.sql.codegen.cache.maxEntries": "2000",
    # A checkpoint is taken to be as large as the sides of the joins that it came from, multiplied: to leave some of a handful
    # of rows out Spark would read a whole table first.
    "spark.sql.optimizer.runtime.bloomFilter.enabled": "false",
    # ICU walks the whole of Unicode before the first lower().
    "spark.sql.icu.caseMappings.enabled": "false",
    **USES_ORDER,
    # These differ from row to row: Parquet would make dictionaries of them only to give them up.
    **{f"spark.hadoop.parquet.enable.dictionary#{c}": "false" for c in _DIFFERING_BY_ROW},
    # As Delta keeps them: those of other columns, some of them personal data, would leave nothing out.
    "spark.hadoop.parquet.column.statistics.enabled": "false",
    **{f"spark.hadoop.parquet.column.statistics.enabled#{c}": "true" for c in _WITH_STATISTICS},
}
_ONE_MACHINE = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.databricks.delta.snapshotPartitions": "2",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    # One task for what takes no time; more than that shall keep every core busy.
    "spark.sql.adaptive.coalescePartitions.minPartitionSize": "2m",
    # Opening a file counts as reading so much. By Spark's own four megabytes a dozen small files beside two large ones brought
    # these into one task.
    "spark.sql.files.openCostInBytes": "1m",
    # Every sort, grouping and table sent for a join takes at least a page, and Spark's own are 32 MB here: hundreds of
    # queries on few rows filled the heap with empty pages, and collecting them took a tenth of a run.
    "spark.buffer.pageSize": "2m",
    # Nobody sees the plans' texts without the web interface; writing and redacting them took a twentieth of a run.
    "spark.sql.maxPlanStringLength": "0",
    "spark.sql.debug.maxToStringFields": "0",
    "spark.sql.ui.explainMode": "simple",
    # Without Hadoop's native library each file costs processes that set its rights and those of its .crc, and each commit eight
    # that look for links, unless Delta renames by the older of Hadoop's two ways.
    "spark.hadoop.fs.file.impl": "org.apache.hadoop.fs.RawLocalFileSystem",
    "spark.hadoop.fs.AbstractFileSystem.file.impl": "org.apache.hadoop.fs.local.RawLocalFs",
    "spark.delta.logStore.file.impl": "io.delta.storage.LocalLogStore",
    "spark.sql.streaming.checkpointFileManagerClass": (
        "org.apache.spark.sql.execution.streaming.checkpointing.FileSystemBasedCheckpointFileManager"
    ),
    # Half of what a commit of few rows takes: Delta asks Spark for all of the table's files, to write them beside the log.
    "spark.databricks.delta.allFilesInCrc.enabled": "false",
    "spark.python.daemon.module": "cdp_spark.runtime.python_workers",
}
# A handful of rows is read by the time that code for them is written and compiled.
INTERPRETED = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
}
_OPTIONS: dict[Profile, dict[str, str]] = {
    "test": {
        **_ONE_MACHINE,
        **INTERPRETED,
        "spark.sql.shuffle.partitions": "2",
        "spark.default.parallelism": "2",
    },
    "local": {**_ONE_MACHINE},
    "cluster": {},
}


def open_session(
    name: str,
    profile: Profile = "local",
    driver_memory: str = "3g",
    scratch: Path | None = None,
    jar_sets: Iterable[jars.OptionalSet] = (),
) -> SparkSession:
    """The running session, or a new one by profile. Options already set keep their value.

    ``jar_sets`` are the optional jars that sources need; a cluster has its own. Raises SetupError when they are
    missing or no session can be started.
    """
    running = SparkSession.getActiveSession()
    if running is not None:
        return running
    _silence_value_quoting_logger()
    builder = SparkSession.builder.appName(name)
    wanted = _options(profile, driver_memory, scratch, () if profile == "cluster" else tuple(jar_sets))
    for option, value in wanted.items():
        builder = builder.config(option, value)
    try:
        spark = builder.getOrCreate()
    except Exception as e:  # the gateway raises plain exceptions of many kinds when the JVM does not come up
        raise SetupError("Spark could not be started", fix="run `cdp doctor`; it says what is missing") from e
    _remember_classes(spark)
    return spark


def _options(
    profile: Profile, driver_memory: str, scratch: Path | None, jar_sets: tuple[jars.OptionalSet, ...]
) -> dict[str, str]:
    wanted = {**_ALWAYS, **_OPTIONS[profile]}
    if jar_sets:
        wanted["spark.jars"] = ",".join(str(jar) for name in jar_sets for jar in _present(name))
    if profile != "cluster":
        wanted |= _one_machine(profile, driver_memory, scratch)
    submitted = _submitted()
    return {option: value for option, value in wanted.items() if option not in submitted}


def _present(name: jars.OptionalSet) -> tuple[Path, ...]:
    found = jars.optional_jars(name)
    if not found:
        raise SetupError(f"a source needs the jars of {name}, and they are not there", fix=f"run scripts/jars {name}")
    return found


def _one_machine(profile: Profile, driver_memory: str, scratch: Path | None) -> dict[str, str]:
    cores = os.cpu_count() or 2
    # Workers on this machine must find what the driver finds, and Spark looks for Java on the path alone.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("JAVA_HOME", str(java().home))
    options = {
        "spark.master": f"local[{cores}]",
        "spark.driver.memory": driver_memory,
        "spark.driver.extraJavaOptions": f"{jvm.java_options(profile)} {_quiet_log()}",
        # Where the daemon of Python workers finds this package: its folder's, or the wheel that was submitted.
        "spark.executorEnv.PYTHONPATH": str(Path(__file__).parents[2]),
    }
    if profile == "local":
        options |= {"spark.sql.shuffle.partitions": str(cores), "spark.default.parallelism": str(cores)}
    if class_path := jars.driver_classpath():
        options["spark.driver.extraClassPath"] = class_path
    if scratch:
        options |= {"spark.local.dir": str(scratch), "spark.sql.warehouse.dir": str(scratch / "spark-warehouse")}
    return options


def _quiet_log() -> str:
    # Spark's log quotes values and fills the terminal; what a person must know comes as a CdpError.
    level = "debug" if os.environ.get("CDP_DEBUG") else "quiet"
    return f"-Dlog4j2.configurationFile={Path(__file__).with_name(f'log4j2_{level}.properties').as_uri()}"


class _Remembered:
    """A class of the JVM whose members are looked up once.

    PySpark asks for class and member at every use, twenty thousand times a run, and each time Java searches all jars.
    """

    def __init__(self, java_class: object) -> None:
        self._java_class = java_class

    def __getattr__(self, name: str) -> object:
        member = getattr(self._java_class, name)
        setattr(self, name, member)
        return member


def _remember_classes(spark: SparkSession) -> None:
    jvm_view = spark.sparkContext._jvm
    for name in _ASKED_FOR:
        setattr(jvm_view, name, _Remembered(getattr(jvm_view, name)))


def _submitted() -> set[str]:
    """Options that spark-submit has set; it hands them to the driver's JVM before Python runs."""
    if "SPARK_ENV_LOADED" not in os.environ and "PYSPARK_GATEWAY_PORT" not in os.environ:
        return set()
    from pyspark import SparkConf

    return {option for option, _ in SparkConf().getAll()}


def _silence_value_quoting_logger() -> None:
    # Spark's ANSI errors quote the offending value, and PySpark logs them on its own.
    for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


@contextmanager
def one_split_a_task(spark: SparkSession, split_bytes: int) -> Iterator[None]:
    """Within it every task of a file scan reads exactly one split, so a row's ordinal within it is the row's own.

    Spark packs several splits into a task unless opening a file costs as much as a whole split.
    """
    wanted = {
        "spark.sql.files.maxPartitionBytes": str(split_bytes),
        "spark.sql.files.openCostInBytes": str(split_bytes),
    }
    before = {option: spark.conf.get(option, None) for option in wanted}
    for option, value in wanted.items():
        spark.conf.set(option, value)
    try:
        yield
    finally:
        for option, old in before.items():
            if old is None:
                spark.conf.unset(option)
            else:
                spark.conf.set(option, old)
