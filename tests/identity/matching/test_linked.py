"""Matching in identity: off unless enabled, and then records become persons by clusters, below every stronger rule."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pyspark.sql import Row, SparkSession

from cdp_spark.config.load import load_config
from cdp_spark.config.starting import write_starting_configuration
from cdp_spark.contracts.identity import LINKS, MEMBERSHIPS, MODELS, NODES, PERSONS
from cdp_spark.contracts.silver import CUSTOMERS, IDENTIFIERS
from cdp_spark.errors import NotPublished
from cdp_spark.identity.decisions import NONE_MADE
from cdp_spark.identity.hygiene import ACTIVE
from cdp_spark.identity.ids import node_id
from cdp_spark.identity.matching.customers import current_customers, stored_model
from cdp_spark.identity.matching.linked import matched_links
from cdp_spark.identity.plan import Plan, identity_plan
from cdp_spark.identity_actions import train_matching
from cdp_spark.runtime.clock import FixedClock
from cdp_spark.runtime.published import Published
from cdp_spark.runtime.tables import Tables
from cdp_spark.runtime.warehouse import Warehouse as WarehouseRoot
from tests.identity.world import T0, Warehouse

KINDS = {"first_name": "given_name", "last_name": "family_name", "birth_date": "date"}
NAMES = ["anna", "bruno", "clara", "david", "edith", "franz", "greta", "hugo", "ida", "jakob"]
LINK = "record_id STRING, cluster_id STRING, weight DOUBLE, identifiers ARRAY<STRUCT<namespace: STRING, value: STRING>>, valid_from TIMESTAMP, source STRING, arrival_id STRING"


def a_record(key: str, cluster: str, *identifiers: tuple[str, str]) -> tuple[object, ...]:
    shown = [Row(namespace=n, value=v) for n, v in identifiers]
    return (key, cluster, 7.5, shown, T0, "crm", f"arrival-{key}")


def test_a_cluster_is_a_star_of_its_records_best_active_identifiers(spark: SparkSession) -> None:
    values = [
        ("user_id", "u1", 0, ACTIVE),
        ("email", "a@x.com", 1, ACTIVE),
        ("email", "b@x.com", 1, ACTIVE),
        ("phone", "1", 2, "shared"),
    ]
    rows = [(node_id(n, v), n, v, p, s, None, 1, T0, T0) for n, v, p, s in values]
    nodes = spark.createDataFrame(rows, NODES.schema)
    records = [
        a_record("r1", "c1", ("email", "a@x.com"), ("user_id", "u1")),
        a_record("r2", "c1", ("email", "b@x.com")),
        a_record("r3", "c1", ("phone", "1")),  # has no active identifier
        a_record("r4", "c2", ("email", "a@x.com")),
        a_record("r5", "c2", ("email", "a@x.com")),  # two records of one identifier need no link
    ]
    found = matched_links(nodes, spark.createDataFrame(records, LINK)).collect()
    ends = sorted((node_id("user_id", "u1"), node_id("email", "b@x.com")))
    assert [(r.src, r.dst, r.tier, r.rule, r.weight, r.reason) for r in found] == [(*ends, 4, "matching", 7.5, None)]
    assert (found[0].example_record_id, found[0].sources) == ("arrival-r2", ["crm"])


@pytest.mark.slow
def test_matched_records_are_one_person_once_matching_is_enabled(spark: SparkSession, tmp_path: Path) -> None:
    conf = tmp_path / "conf"
    write_starting_configuration(tmp_path, "matched", date(2026, 2, 8))
    rules = conf / "identity.yml"
    rules.write_text(f"matching: {{kinds: {json.dumps(KINDS)}}}\n", encoding="utf-8")
    config = load_config(conf)
    tables = Tables(spark, WarehouseRoot(config.warehouse))
    world = Warehouse(spark, tables, config)
    for i in range(40):
        born, name = date(1950 + i, 1 + i % 12, 1 + i % 28), NAMES[i % 10]
        world.add_contact(f"k{i}", T0, born, name, email=f"{name}.{i}@x.com")
        if i < 12:
            world.add_contact(f"other{i}", T0, born, name, phone=f"+4366412345{i:02d}")
    world.run()
    apart = world.partition()
    assert len(apart) == 52

    world.with_identity(matching={"enabled": True, "kinds": KINDS})
    with pytest.raises(NotPublished, match="cdp identity train"):
        world.run()
    training = train_matching(conf, clock=FixedClock(T0))
    assert stored_model(tables.read(MODELS), None) == training.model
    assert all(f.is_file() for f in training.files)
    plan = _plan(world)
    assert (plan.before, plan.after, plan.merged, plan.split) == (52, 40, 12, 0)
    world.run()
    joined = world.partition()
    assert len(joined) == 40
    assert {("crm_contact_id", "k3"), ("crm_contact_id", "other3")} <= world.person("crm_contact_id", "k3")
    assert {r["tier"] for r in world.rows(LINKS) if r["rule"] == "matching"} == {4}

    world.with_identity(matching={"enabled": False, "kinds": KINDS})
    world.run()
    assert world.partition() == apart


def _plan(world: Warehouse) -> Plan:
    contracts = (IDENTIFIERS, CUSTOMERS, PERSONS, MEMBERSHIPS)
    versions = {c.name: version for c in contracts if (version := world.tables.version(c)) is not None}
    return identity_plan(Published(world.tables, versions), world.config.identity, NONE_MADE, world.as_of)


def test_the_newest_version_of_a_customer_counts_unless_it_is_deleted(spark: SparkSession) -> None:
    def version(key: str, days: int, name: str, deleted: bool = False) -> list[object]:
        values = {"record_id": f"{key}{days}", "source": "crm", "stream": "s", "source_key": key, "landing_id": 1,
                  "valid_from": datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=days), "is_deleted": deleted, "first_name": name}  # fmt: skip
        return [values.get(c) for c in CUSTOMERS.column_names]

    rows = [version("a", 0, "ana"), version("a", 1, "anna"), version("b", 0, "bo"), version("b", 2, "bo", deleted=True)]
    customers = spark.createDataFrame(rows, CUSTOMERS.schema)
    kinds = {"first_name": KINDS["first_name"]}
    found = current_customers(customers, kinds).collect()  # type: ignore[arg-type]  # a kind by its name
    assert [r.first_name for r in found] == ["anna"]
    before = current_customers(customers, kinds, datetime(2026, 1, 1, 12, tzinfo=UTC)).collect()  # type: ignore[arg-type]
    assert sorted(r.first_name for r in before) == ["ana", "bo"]
