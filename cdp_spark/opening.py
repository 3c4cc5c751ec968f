"""Opens a company's warehouse: as its only writer, or to look at what was published."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Literal

from pyspark.sql import SparkSession

from cdp_spark.config import Config, load_config
from cdp_spark.ingest.kinds import jar_sets
from cdp_spark.runtime.ledger import published
from cdp_spark.runtime.locks import writer_lock
from cdp_spark.runtime.published import Published
from cdp_spark.runtime.session import open_session
from cdp_spark.runtime.tables import Tables
from cdp_spark.runtime.warehouse import Warehouse

Purpose = Literal["run", "read", "train", "decide"]


def warehouse_of(config: Config) -> Warehouse:
    """Where the company's tables lie."""
    return Warehouse(config.warehouse, config.project.catalog)


def only_writer(config: Config) -> AbstractContextManager[None]:
    """Within it nobody else writes; a catalog sees to that itself."""
    return nullcontext() if config.project.catalog else writer_lock(config.warehouse)


def session_of(config: Config, purpose: Purpose) -> SparkSession:
    """The company's session; that of a run has the jars of its sources."""
    runtime = config.project.runtime
    name = f"cdp:{config.project.name}:{purpose}"
    needed = jar_sets(config) if purpose == "run" else ()
    return open_session(name, runtime.profile, runtime.driver_memory, jar_sets=needed)


def reader(config: Path) -> tuple[Config, SparkSession, Published]:
    """Configuration, session and a reader of the newest publication, for the commands that only look."""
    loaded = load_config(config)
    spark = session_of(loaded, "read")
    return loaded, spark, published(Tables(spark, warehouse_of(loaded)))


def browser(config: Path) -> tuple[Config, Tables, Published]:
    """Configuration, tables and the newest publication, for commands that look at what is not published, too."""
    loaded, spark, newest = reader(config)
    return loaded, Tables(spark, warehouse_of(loaded)), newest
