"""Every public data set in one warehouse, after two runs of the pipeline over one configuration."""

import csv
import gzip
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from cdp_spark.config import load_config
from cdp_spark.contracts import TableContract
from cdp_spark.pipeline import RunOptions, run_pipeline
from cdp_spark.reports.summary import Finished
from cdp_spark.runtime.clock import FixedClock
from cdp_spark.runtime.tables import Tables
from cdp_spark.runtime.warehouse import Warehouse

# Records without a date hold since their file was written, which a run as of an earlier time does not see.
AS_OF = datetime(2030, 1, 1, tzinfo=UTC)


class World:
    """The data sets, their warehouse and the two runs."""

    def __init__(self, folder: Path, spark: SparkSession, shared_data: Path) -> None:
        shutil.copytree(Path(__file__).with_name("conf"), folder / "conf")
        project = folder / "conf" / "cdp.yml"
        project.write_text(project.read_text().replace("../../../shared/data", str(shared_data)))
        self.data = shared_data
        self.config = load_config(folder / "conf")
        self.tables = Tables(spark, Warehouse(self.config.warehouse))
        self.first, self.second = self._run("first"), self._run("second")

    def _run(self, name: str) -> Finished:
        options = RunOptions(as_of=AS_OF, run_id=name, log="quiet")
        return run_pipeline(self.config, options, FixedClock(AS_OF))

    def frame(self, contract: TableContract, source: str) -> DataFrame:
        """The rows of a source."""
        return self.tables.read(contract).filter(F.col("source") == source)

    def rows(self, contract: TableContract, source: str) -> list[dict[str, Any]]:
        """The same for a small source, with times as Snowplow's files write them: UTC, to the millisecond."""
        times = [c.name for c in contract.columns if c.type == "TIMESTAMP"]
        shown = {c: F.date_format(c, "yyyy-MM-dd HH:mm:ss.SSS") for c in times}
        return [r.asDict() for r in self.frame(contract, source).withColumns(shown).collect()]

    def csv(self, path: str) -> list[dict[str, str]]:
        """A file of the data sets."""
        opened = gzip.open if path.endswith(".gz") else open
        with opened(self.data / path, "rt", encoding="utf-8-sig", newline="") as text:
            return list(csv.DictReader(text, skipinitialspace=True))
