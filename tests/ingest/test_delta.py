"""Tables of others: version by version, with change feed, as appended files, and by comparing."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from cdp_spark.contracts.ops import LANDINGS
from cdp_spark.errors import ConfigError, DataLoss
from tests.ingest.company import Company, stream


class Theirs:
    """A table below the landing root, written as others would."""

    def __init__(self, spark: SparkSession, root: Path) -> None:
        self.spark, self.path = spark, root / "landing" / "theirs"

    def write(self, rows: list[tuple[int, str]], mode: str = "append", **options: str) -> None:
        frame = self.spark.createDataFrame(rows, "id INT, name STRING").coalesce(1)
        frame.write.format("delta").mode(mode).options(**options).save(str(self.path))

    def sql(self, text: str) -> None:
        self.spark.sql(text.format(table=f"delta.`{self.path}`"))


@pytest.fixture
def theirs(spark: SparkSession, tmp_path: Path) -> Theirs:
    return Theirs(spark, tmp_path)


def company_on(spark: SparkSession, root: Path, **read: Any) -> Company:
    return Company(spark, root, {"people": {**stream(), "read": {"format": "delta", "table": "theirs", **read}}})


def landed(company: Company) -> list[tuple[int, dict[str, Any]]]:
    return sorted(((r["landing_id"], json.loads(r["raw"])) for r in company.bronze()), key=str)


@pytest.mark.slow
def test_appended_rows_are_taken_version_by_version(spark: SparkSession, tmp_path: Path, theirs: Theirs) -> None:
    company = company_on(spark, tmp_path)
    with pytest.raises(ConfigError, match=r"web\.people: there is no Delta table at theirs"):
        company.ingest()
    theirs.write([(1, "Ana"), (1, "Ana")])
    assert company.ingest().kept == 2
    assert company.ingest().kept == 0
    theirs.write([(2, "Bo")])
    theirs.write([(2, "Bo")])
    assert company.ingest().kept == 2
    # Rewriting files changes no row; nobody knows what a delete deletes, without a key.
    theirs.sql("optimize {table}")
    theirs.sql("delete from {table} where id = 1")
    theirs.write([(3, "Cy")])
    assert company.ingest().kept == 1
    assert landed(company) == [
        (1, {"id": 1, "name": "Ana"}), (1, {"id": 1, "name": "Ana"}), (2, {"id": 2, "name": "Bo"}),
        (2, {"id": 2, "name": "Bo"}), (3, {"id": 3, "name": "Cy"}),
    ]  # fmt: skip
    assert len({r["record_id"] for r in company.bronze()}) == 5
    assert [(r["begins"], r["ends"]) for r in company.rows(LANDINGS, "landing_id") if r["state"] == "landed"] == [
        (None, "1"), ("1", "3"), ("3", "6"),
    ]  # fmt: skip


@pytest.mark.parametrize("feed", ["true", pytest.param("false", marks=pytest.mark.slow)])
def test_updates_and_deletes_are_found_with_a_key(
    spark: SparkSession, tmp_path: Path, theirs: Theirs, feed: str
) -> None:
    theirs.write([(1, "Ana"), (2, "Bo"), (3, "Cy")], **{"delta.enableChangeDataFeed": feed})
    company = company_on(spark, tmp_path, key=["id"])
    assert company.ingest().kept == 3
    theirs.sql("delete from {table} where id = 1")
    theirs.sql("update {table} set name = 'Bob' where id = 2")
    assert company.ingest().kept == 2
    assert landed(company)[3:] == [(2, {"_deleted": True, "id": 1}), (2, {"id": 2, "name": "Bob"})]
    theirs.sql("optimize {table}")
    assert company.ingest().kept == 0


@pytest.mark.slow
def test_a_table_made_anew_and_one_whose_history_is_gone(spark: SparkSession, tmp_path: Path, theirs: Theirs) -> None:
    company = company_on(spark, tmp_path, start="latest")
    for n in range(3):
        theirs.write([(n, "Ana")])
    assert company.ingest().kept == 0
    theirs.write([(3, "Di")], mode="overwrite")
    for file in theirs.path.glob("*.parquet"):
        if "Di" not in file.read_bytes().decode("latin-1"):
            file.unlink()
    with pytest.raises(DataLoss, match=r"web\.people: files of versions that were not taken yet are gone"):
        company.ingest()
    shutil.rmtree(theirs.path)
    theirs.write([(4, "Eve")])
    forgiving = company_on(spark, tmp_path, start="latest", on_data_loss="skip")
    assert [forgiving.ingest().kept for _ in range(2)] == [1, 0]
    assert landed(forgiving) == [(3, {"id": 4, "name": "Eve"})]
