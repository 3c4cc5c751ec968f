"""Topics land exactly once, whatever happens to broker, topic and run."""

import gzip
import json
import time
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from cdp_spark.contracts.bronze import bronze_contract
from cdp_spark.contracts.ops import LANDINGS
from cdp_spark.contracts.silver import CUSTOMERS
from cdp_spark.errors import ConfigError, DataLoss, TransientError
from cdp_spark.ingest import step
from tests.ingest.company import Company, stream
from tests.ingest.servers import Broker


@pytest.fixture
def topic(broker: Broker, request: pytest.FixtureRequest) -> str:
    return broker.topic("t_" + request.node.name.replace("[", "_").replace("]", ""), 2)


def company_on(spark: SparkSession, root: Path, broker: Broker, topic: str, **read: Any) -> Company:
    chosen = {"format": "kafka", "servers": broker.address, "topic": topic, "timeout_seconds": 20, **read}
    return Company(spark, root, {"events": {**stream(message_id="id"), "read": chosen}})


@pytest.fixture
def company(spark: SparkSession, tmp_path: Path, broker: Broker, topic: str) -> Company:
    return company_on(spark, tmp_path, broker, topic)


def ids(company: Company) -> list[int]:
    return sorted(json.loads(r["raw"])["id"] for r in company.bronze())


def stretches(company: Company) -> list[tuple[str, str, str, str, int | None]]:
    rows = company.rows(LANDINGS, "landing_id", "path", "state")
    return [(r["path"].split("/")[1], r["state"], r["begins"], r["ends"], r["rows"]) for r in rows]


def test_what_came_since_the_last_run_is_taken_and_nothing_twice(company: Company, broker: Broker, topic: str) -> None:
    broker.send_objects(topic, range(3))
    broker.send_objects(topic, range(3, 5), partition=1)
    assert company.ingest().kept == 5
    versions = (company.tables.version(bronze_contract("web")), company.tables.version(LANDINGS))
    assert company.ingest().rows_in == 0
    assert (company.tables.version(bronze_contract("web")), company.tables.version(LANDINGS)) == versions
    broker.add_partitions(topic, 3)
    broker.send_objects(topic, [5], partition=1)
    broker.send_objects(topic, [6], partition=2)
    assert company.ingest().kept == 2
    assert ids(company) == list(range(7))
    assert [s for s in stretches(company) if s[1] == "landed"] == [
        ("0", "landed", "0", "3", 3),
        ("1", "landed", "0", "2", 2),
        ("1", "landed", "2", "3", 1),
        ("2", "landed", "0", "1", 1),
    ]


def test_key_headers_time_and_bytes_that_are_no_text_are_kept(company: Company, broker: Broker, topic: str) -> None:
    headers = [("trace", b"a"), ("trace", b"\xff")]
    broker.send(topic, [b'{"id": 1}', b'{"id": "\xff"}', b"no json", b'{"id": 1, "id": 2}'], "k1", headers=headers)
    broker.send(topic, [None], '{"id": 7}')
    broker.send(topic, [None], "plain")
    assert company.ingest().kept == 6
    rows = company.bronze()
    assert [r["fault"] for r in rows] == [None, "invalid_utf8", "malformed_json", "duplicate_keys", None, None]
    assert [r["is_delete"] for r in rows] == [False] * 4 + [True] * 2
    assert [json.loads(r["raw"]) for r in rows[4:]] == [
        {"_deleted": True, "id": 7},
        {"_deleted": True, "_key": "plain"},
    ]
    assert (rows[0]["record_key"], rows[0]["file_mtime"].timestamp()) == ("k1", 1_772_000_000)
    assert [(h["key"], h["value"]) for h in rows[0]["headers"]] == [("trace", "a"), ("trace", "\ufffd")]
    assert rows[1]["raw_base64"] is not None and len({r["message_id"] for r in rows}) == 6


@pytest.mark.slow
def test_a_tombstone_is_the_newest_version_of_a_customer(
    spark: SparkSession, tmp_path: Path, broker: Broker, topic: str
) -> None:
    mapping = {"to": "customers", "set": {"source_key": "id", "first_name": "name", "is_deleted": "_deleted"}}
    read = {"format": "kafka", "servers": broker.address, "topic": topic}
    company = Company(spark, tmp_path, {"people": {**stream(mapping), "read": read}})
    broker.send(topic, ['{"id": "c1", "name": "Ana"}', '{"id": "c2", "name": "Bo"}'])
    broker.send(topic, [None], '{"id": "c1"}', timestamp=1_772_000_001_000)
    company.run()
    versions = company.rows(CUSTOMERS, "source_key", "valid_from")
    assert [(r["source_key"], r["is_deleted"]) for r in versions] == [("c1", False), ("c1", True), ("c2", False)]


class Dies(Exception):
    pass


@pytest.mark.slow
@pytest.mark.parametrize("after", ["planned", "appended"])
def test_a_landing_that_died_takes_the_same_offsets_again(
    company: Company, broker: Broker, topic: str, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    broker.send_objects(topic, range(3))

    def die(*_: object) -> None:
        raise Dies

    with monkeypatch.context() as patched:
        patched.setattr(step, {"planned": "_finished", "appended": "_rows_by_place"}[after], die)
        with pytest.raises(Dies):
            company.ingest()
    broker.send_objects(topic, range(3, 5))
    assert company.ingest().kept == 5
    assert sorted((json.loads(r["raw"])["id"], r["landing_id"]) for r in company.bronze()) == [
        (0, 1), (1, 1), (2, 1), (3, 2), (4, 2),
    ]  # fmt: skip


@pytest.mark.slow
def test_a_run_takes_no_more_than_it_may_and_begins_where_it_is_told(
    spark: SparkSession, tmp_path: Path, broker: Broker, topic: str
) -> None:
    broker.send_objects(topic, range(2))
    company = company_on(spark, tmp_path, broker, topic, start="latest", max_records=5)
    assert company.ingest().kept == 0
    broker.send_objects(topic, range(2, 10))
    broker.send_objects(topic, range(10, 12), partition=1)
    assert [company.ingest().kept for _ in range(3)] == [5, 5, 0]
    assert ids(company) == list(range(2, 12))


@pytest.mark.slow
def test_what_retention_took_is_named_and_can_be_skipped(
    spark: SparkSession, tmp_path: Path, broker: Broker, topic: str
) -> None:
    company = company_on(spark, tmp_path, broker, topic)
    broker.send_objects(topic, range(3))
    company.ingest()
    broker.send_objects(topic, range(3, 8))
    broker.delete_before(topic, 0, 6)
    with pytest.raises(DataLoss, match=r"web\.events: t_\S+/0 lost 3 offsets .* 3 to 5.*on_data_loss: skip") as e:
        company.ingest()
    assert e.value.exit_code == 3
    company = company_on(spark, tmp_path, broker, topic, on_data_loss="skip")
    assert company.ingest().kept == 2
    assert ids(company) == [0, 1, 2, 6, 7]
    assert "skipped 3" in [r["reason"] for r in company.rows(LANDINGS)]


@pytest.mark.slow
def test_a_topic_made_anew_is_no_continuation(spark: SparkSession, tmp_path: Path, broker: Broker, topic: str) -> None:
    company = company_on(spark, tmp_path, broker, topic)
    broker.send_objects(topic, range(3))
    company.ingest()
    broker.delete_topic(topic)
    with pytest.raises(ConfigError, match=f"there is no topic {topic}"):
        company.ingest()
    broker.topic(topic)
    broker.send(topic, ['{"id": 10}'], timestamp=1_772_000_009_000)
    with pytest.raises(DataLoss, match=r"/0 ends at 1, before 3.*made anew"):
        company.ingest()
    company = company_on(spark, tmp_path, broker, topic, on_data_loss="skip")
    assert company.ingest().kept == 1
    assert ids(company) == [0, 1, 2, 10] and len({r["record_id"] for r in company.bronze()}) == 4


@pytest.mark.slow
def test_a_compacted_topic_loses_nothing_that_it_still_holds(
    spark: SparkSession, tmp_path: Path, broker: Broker
) -> None:
    topic = broker.topic(
        "compacted",
        cleanup_policy="compact",
        segment_ms="200",
        min_cleanable_dirty_ratio="0.01",
        delete_retention_ms="1",
    )
    company = company_on(spark, tmp_path, broker, topic)
    for n in range(30):
        broker.send(topic, [json.dumps({"id": n})], f"k{n % 3}", timestamp=int(time.time() * 1000))
    time.sleep(1)
    for n in range(30, 33):
        broker.send(topic, [json.dumps({"id": n})], f"k{n % 3}", timestamp=int(time.time() * 1000))
    time.sleep(12)
    kept = company.ingest().kept
    assert 3 <= kept < 33
    assert ids(company)[-3:] == [30, 31, 32]
    assert [s[3] for s in stretches(company) if s[1] == "landed"] == ["33"]


def test_brokers_that_do_not_answer_are_tried_again_later(
    spark: SparkSession, tmp_path: Path, broker: Broker, topic: str
) -> None:
    company = company_on(spark, tmp_path, broker, topic, servers="127.0.0.1:9", timeout_seconds=2)
    with pytest.raises(TransientError, match=r"web\.events: no Kafka broker answers at 127\.0\.0\.1:9") as e:
        company.ingest()
    assert e.value.exit_code == 75


def test_secrets_are_named_not_written(company: Company) -> None:
    from pydantic import ValidationError

    for security in ({"username": "me", "password": "env:P"}, {"username": "env:U"}):
        company.streams["events"]["read"]["security"] = security
        with pytest.raises(ValidationError):
            _ = company.config


def test_what_signs_in_is_read_when_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    from cdp_spark.config.reads import KafkaRead
    from cdp_spark.ingest.kafka_offsets import _client_settings
    from cdp_spark.ingest.kafka_reader import _options

    monkeypatch.setenv("U", "ana")
    monkeypatch.setenv("P", 'a"b\\c')
    security = {"username": "env:U", "password": "env:P", "mechanism": "SCRAM-SHA-512"}
    read = KafkaRead.model_validate({"format": "kafka", "servers": "h:1", "topic": "t", "security": security})
    spark_side, own = _options(read, []), _client_settings(read)
    assert spark_side["kafka.sasl.jaas.config"] == (
        "org.apache.kafka.common.security.scram.ScramLoginModule required "
        r'username="ana" password="a\"b\\c";'
    )
    assert (own["sasl.username"], own["sasl.password"], own["security.protocol"]) == ("ana", 'a"b\\c', "sasl_ssl")
    assert 'a"b' not in repr(read)


def test_a_session_gets_the_jars_that_its_sources_need(company: Company) -> None:
    from cdp_spark.ingest.kinds import jar_sets

    assert jar_sets(company.config) == ("kafka",)
    company.streams = {"events": stream()}
    assert jar_sets(company.config) == ()


@pytest.mark.slow
def test_a_source_may_have_topics_and_files_and_a_torn_file_takes_nothing_with_it(
    company: Company, broker: Broker, topic: str
) -> None:
    company.streams["files"] = stream(read={"path": "in"})
    whole = gzip.compress("".join(f'{{"id": {n * 7919 % 104729}}}\n' for n in range(5_000)).encode())
    company.put("in/torn.jsonl.gz", whole[: len(whole) // 2])
    company.put("in/whole.jsonl", '{"id": 100}\n')
    broker.send_objects(topic, range(3))
    counts = company.ingest()
    assert counts.details == {"files_landed": 1, "files_truncated": 1, "stretches_landed": 1}
    landed = [r for r in company.bronze() if r["file_path"] != "in/torn.jsonl.gz"]
    assert sorted((r["stream"], json.loads(r["raw"])["id"]) for r in landed) == [
        ("events", 0), ("events", 1), ("events", 2), ("files", 100),
    ]  # fmt: skip
    assert company.ingest().rows_in == 0
