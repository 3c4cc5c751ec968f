"""Landing folders that SaaS connectors write: dlt, Fivetran, and files that arrive twice."""

import json
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from cdp_spark.contracts.ops import LANDINGS
from cdp_spark.contracts.silver import CUSTOMERS
from cdp_spark.ingest.duplicate_files import duplicates
from cdp_spark.ingest.files import LandingZone
from tests.ingest.company import Company, stream

FIRST, SECOND, THIRD = "1772000000.11", "1772000001.22", "1772000002.33"


def load(load_id: str, status: int = 0) -> str:
    return json.dumps({"load_id": load_id, "schema_name": "shop", "status": status}) + "\n"


@pytest.mark.slow
def test_only_complete_loads_of_dlt_are_taken(spark: SparkSession, tmp_path: Path) -> None:
    read = {"path": "shop/orders", "loads": "dlt", "pattern": "*.jsonl"}
    company = Company(spark, tmp_path, {"orders": stream(read=read)})
    for load_id in (FIRST, SECOND, THIRD):
        company.put(f"shop/orders/{load_id}.a1b2c3.jsonl", json.dumps({"id": load_id}) + "\n")
    company.put(f"shop/_dlt_loads/shop__{FIRST}.jsonl", load(FIRST))
    company.put(f"shop/_dlt_loads/shop__{SECOND}.jsonl", load(SECOND, 1) + '{"load_id": "17')
    assert company.ingest().kept == 1
    company.put(f"shop/_dlt_loads/shop__{SECOND}.jsonl", load(SECOND))
    assert company.ingest().kept == 1
    assert {json.loads(r["raw"])["id"] for r in company.bronze()} == {FIRST, SECOND}


@pytest.mark.slow
def test_a_row_that_fivetran_marks_deleted_is_a_deleted_version(spark: SparkSession, tmp_path: Path) -> None:
    values = {
        "source_key": "id", "first_name": "name", "valid_from": "_fivetran_synced", "is_deleted": "_fivetran_deleted",
    }  # fmt: skip
    company = Company(spark, tmp_path, {"people": stream({"to": "customers", "set": values}, read={"format": "csv"})})
    company.put(
        "in/a.csv",
        "id,name,_fivetran_synced,_fivetran_deleted\n1,Ana,2026-02-01 10:00:00 UTC,false\n"
        "1,Ana,2026-02-02 10:00:00 UTC,true\n2,Bo,2026-02-01 10:00:00 UTC,FALSE\n",
    )
    company.run()
    rows = company.rows(CUSTOMERS, "source_key", "valid_from")
    assert [(r["source_key"], r["is_deleted"]) for r in rows] == [("1", False), ("1", True), ("2", False)]


def test_a_file_that_holds_what_another_holds_is_told(spark: SparkSession, tmp_path: Path) -> None:
    company = Company(spark, tmp_path, {"events": stream()})
    company.put("in/a.jsonl", '{"id": 1}\n')
    company.ingest()
    company.put("in/b.jsonl", '{"id": 1}\n')
    company.put("in/c.jsonl", '{"id": 2}\n')
    company.put("in/d.jsonl", '{"id": 22}\n')
    counts = company.ingest()
    assert counts.details == {"files_landed": 3, "files_duplicate": 1}
    reasons = {r["path"]: r["reason"] for r in company.rows(LANDINGS) if r["state"] == "landed"}
    assert reasons == {"in/a.jsonl": "new", "in/b.jsonl": "duplicate", "in/c.jsonl": "new", "in/d.jsonl": "new"}


@pytest.mark.parametrize("known", [0, 1])
def test_files_of_one_content_are_found_without_spark(tmp_path: Path, known: int) -> None:
    from cdp_spark.config.reads import FileRead

    for name, content in {"a": "xx", "b": "xy", "c": "xx", "d": "xxx", "e": "xx"}.items():
        (tmp_path / name).write_text(content)
    zone = LandingZone(str(tmp_path))
    files = zone.stream_files("s", "t", FileRead(path=".", format="jsonl"))
    assert {p[2] for p in duplicates(zone, files[known:], files[:known])} <= {"a", "c", "e"}
    assert len(duplicates(zone, files[known:], files[:known])) == 2
    (tmp_path / "a").unlink()
    assert len(duplicates(zone, files[known:], files[:known])) == 1
