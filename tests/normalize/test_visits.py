"""What an event says of the visit beyond what was mapped: device, shortened address, the company's own traffic."""

import json

from pyspark.sql import SparkSession

from cdp_spark.config.project import ProjectConfig
from cdp_spark.config.sources import SourceConfig
from cdp_spark.contracts.bronze import bronze_contract
from cdp_spark.normalize.mapping import MappingPlan
from cdp_spark.normalize.targets.events import event_rows
from cdp_spark.runtime.rows import frame_of_rows
from tests.ingest.company import EVENT, NOW, stream

OWN = {"networks": ["203.0.113.0/24"], "email_domains": ["@Own.com"]}
RECORDS: list[tuple[dict[str, str], tuple[str | None, bool | None]]] = [
    ({"ip": "203.0.113.9"}, ("203.0.113.0", True)),
    ({"ip": "198.51.100.9"}, ("198.51.100.0", False)),
    ({"ip": "198.51.100.9", "email": "eve@own.com"}, ("198.51.100.0", True)),
    ({"email": "eve@x.com"}, (None, False)),
    ({"url": "https://Staging.shop.example/a"}, (None, True)),
    ({"url": "https://shop.example/staging.html"}, (None, False)),
    ({"url": "https://shop.example/a?b=1&gtm_debug=x"}, (None, True)),
    ({"url": "https://shop.example/a?next=https://staging.shop.example/"}, (None, False)),
    ({"url": "staging.shop.example/a"}, (None, True)),
    ({"ip": "nowhere"}, (None, None)),
    ({}, (None, None)),
]


def plan_of(source: str, project: ProjectConfig) -> MappingPlan:
    mapping = {**EVENT, "set": {**EVENT["set"], "ip": "ip", "user_agent": "agent", "page_url": "url"}}
    config = SourceConfig.model_validate({"source": source, "streams": {"events": stream(mapping)}})
    return MappingPlan(source, "events", config.streams["events"], 0, "UTC", "AT", project)


def visits(spark: SparkSession, project: ProjectConfig) -> list[tuple[str | None, bool | None, list[str] | None]]:
    plan = plan_of("web", project)
    named = ("record_id", "message_id", "stream", "raw", "file_path", "file_mtime", "landing_id", "landed_at")
    contract = bronze_contract("web")
    kinds = {c.name: c.type for c in contract.columns}
    rows = [
        (f"r{i:02}", f"m{i}", "events", json.dumps({"type": "track", "event": "Seen", "timestamp": "2026-02-01T10:00:00Z", **said}), "f", NOW, 1, NOW)
        for i, (said, _) in enumerate(RECORDS)
    ]  # fmt: skip
    bronze = frame_of_rows(spark, ", ".join(f"{n} {kinds[n]}" for n in named), rows)
    missing = frame_of_rows(spark, contract.schema)
    made = event_rows([(plan, missing.unionByName(bronze, allowMissingColumns=True))]).orderBy("record_id")
    return [(r["ip"], r["is_internal"], r["warnings"]) for r in made.collect()]


def test_an_address_is_shortened_and_the_companys_own_visits_are_told(spark: SparkSession) -> None:
    found = visits(spark, ProjectConfig.model_validate({"name": "x", "internal_traffic": OWN}))
    assert [(ip, internal) for ip, internal, _ in found] == [want for _, want in RECORDS]
    assert [w for *_, w in found if w] == [["unreadable:ip"]]


def test_the_policy_keeps_an_address_whole_or_not_at_all(spark: SparkSession) -> None:
    whole = visits(spark, ProjectConfig.model_validate({"name": "x", "ip_addresses": "whole"}))
    assert {ip for ip, *_ in whole} == {"203.0.113.9", "198.51.100.9", None}
    dropped = visits(
        spark, ProjectConfig.model_validate({"name": "x", "ip_addresses": "dropped", "internal_traffic": OWN})
    )
    assert [(ip, internal) for ip, internal, _ in dropped] == [(None, internal) for _, (_, internal) in RECORDS]
