"""``cdp identity`` as people call it, on the company that ``cdp init`` writes."""

from datetime import date
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from typer.testing import CliRunner

from cdp_spark.cli import app
from cdp_spark.config import load_config
from cdp_spark.config.starting import write_starting_configuration
from cdp_spark.contracts.identity import DECISIONS, IDENTITY, MEMBERSHIPS
from cdp_spark.errors import ConfigError, UsageError
from cdp_spark.runtime.tables import Tables
from cdp_spark.runtime.warehouse import Warehouse

AS_OF = ("--as-of", "2026-03-01T00:00:00Z")
STAGES = [x for s in ("ingest", "normalize", "consent", "identity") for x in ("--stage", s)]
OTHER = """
namespaces:
  customer_id: {strong: true}
  email: {strong: true, blocked: [ana@example.com]}
  phone: {limit: 5}
  anonymous_id: {device: true, shared_above: 1}
"""


class Shop:
    """A folder with a configuration and a warehouse, and the command in it."""

    def __init__(self, folder: Path, spark: SparkSession) -> None:
        write_starting_configuration(folder, "shop", date(2026, 2, 8))
        self.conf = folder / "conf"
        self.tables = Tables(spark, Warehouse(load_config(self.conf).warehouse))

    def cdp(self, *arguments: str) -> str:
        found = CliRunner().invoke(app, [*arguments, "--config", str(self.conf)], catch_exceptions=False)
        return " ".join(found.stdout.split())

    def persons(self) -> int:
        return self.tables.read(MEMBERSHIPS).filter("is_current").select("person_id").distinct().count()

    def versions(self) -> list[int | None]:
        return [self.tables.version(c) for c in (*IDENTITY, DECISIONS)]


@pytest.fixture
def shop(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("COLUMNS", "400")
    shop = Shop(tmp_path, spark)
    shop.cdp("run", *STAGES, *AS_OF, "--log", "quiet")
    return shop


def test_decide_explain_plan_publish(shop: Shop, tmp_path: Path) -> None:
    assert shop.persons() == 2
    ana, ben = "email:ana@example.com", "email:ben@example.com"
    said = shop.cdp("identity", "merge", ana, ben, "--reason", "one household account", "--actor", "op")
    assert "takes effect with the next `cdp run`" in said
    decision = said.split()[3].rstrip(";")
    listed = shop.cdp("identity", "decisions")
    assert decision in listed and "one household account" in listed
    assert "ana@example.com" not in listed
    assert "ana@example.com" in shop.cdp("identity", "decisions", "--show")
    assert "not one person" in shop.cdp("identity", "explain", ana, ben)
    with pytest.raises(UsageError, match=decision):
        shop.cdp("identity", "unmerge", ana, ben, "--reason", "no")

    shop.cdp("run", *STAGES, *AS_OF, "--log", "quiet")
    assert shop.persons() == 1
    explained = shop.cdp("identity", "explain", ana, "customer_id:1002")
    assert "one person" in explained and "must_link" in explained and "0 manual" in explained
    assert "merged" in shop.cdp("identity", "log")

    other = tmp_path / "other.yml"
    other.write_text(OTHER)
    before = shop.versions()
    planned = shop.cdp("identity", "plan", str(other))
    assert shop.versions() == before
    assert "1 persons now, 3 then: 0 unchanged, 0 merged into others, 2 split off" in planned
    assert "blocked_identifier" in planned
    assert "ana@example.com" not in planned
    other.write_text("namespaces: {email: {strange: true}}")
    with pytest.raises(ConfigError, match="strange"):
        shop.cdp("identity", "publish", str(other))
    assert not (shop.conf / "identity.yml").exists()
    assert "is revoked" in shop.cdp("identity", "revoke", decision)
