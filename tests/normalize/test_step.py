"""Records in, silver out: kept, duplicate or in quarantine, and nothing changes when a run is repeated."""

import json
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from cdp_spark.contracts.silver import EVENTS, IDENTIFIERS, QUARANTINE
from tests.ingest.company import Company, stream


def event(id_: str, /, **more: object) -> str:
    return json.dumps({"messageId": id_, "type": "track", "event": "Seen", "timestamp": "2026-02-01T10:00:00Z", "userId": "u1", **more})


@pytest.fixture
def company(spark: SparkSession, tmp_path: Path) -> Company:
    return Company(spark, tmp_path, {"events": stream(message_id="messageId", global_id=True)})


def test_a_record_becomes_an_event_with_its_identifiers(company: Company) -> None:
    company.put("in/a.jsonl", event("m1", email=" Ana@X.com ", properties={"price": 1.50, "tags": ["a"]}) + "\n")
    counts = company.run()
    [row] = company.rows(EVENTS)
    assert (counts.rows_in, counts.kept, row["message_id"], row["event"]) == (1, 1, "m1", "Seen")
    assert row["properties"] == '{"price": 1.5, "tags": ["a"]}'
    assert [(i["namespace"], i["value"]) for i in company.rows(IDENTIFIERS)] == [("email", "ana@x.com"), ("user_id", "u1")]
    assert company.frame(QUARANTINE).count() == 0
