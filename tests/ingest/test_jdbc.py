"""Tables of a real PostgreSQL: by cursor with late commits, or as a whole with what vanished; its faults."""

import json
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from cdp_spark.contracts.bronze import bronze_contract
from cdp_spark.contracts.ops import LANDINGS
from cdp_spark.contracts.silver import CUSTOMERS
from cdp_spark.errors import ConfigError, GuardHeld, TransientError
from cdp_spark.ingest import step
from cdp_spark.ingest.landing_ledger import record
from tests.ingest.company import Company, stream
from tests.ingest.servers import Postgres

CUSTOMER = {
    "to": "customers",
    "set": {"source_key": "id", "first_name": "name", "is_deleted": "_deleted", "valid_from": "updated_at"},
}


@pytest.fixture
def table(postgres: Postgres, request: pytest.FixtureRequest) -> str:
    """A table of three customers; a mixed-case column and values of many types among its columns."""
    name = str(request.node.name).split("[")[0].removeprefix("test_")[:50]
    postgres.sql(
        f"""
        drop table if exists {name};
        create table {name} (id bigint primary key, name text, "shoeSize" numeric(5, 2), born date,
            prefs jsonb, updated_at timestamptz);
        insert into {name} values
            (1, 'Ana', 38.50, '1990-01-31', '{{"a": [1]}}', '2026-02-01 10:00:00+01'),
            (2, 'Bo', null, null, null, '2026-02-01 10:30:00+01'),
            (3, E'C\\nO', 40, null, null, null);
        """
    )
    return name


def company_on(spark: SparkSession, root: Path, postgres: Postgres, table: str, **read: Any) -> Company:
    chosen = {
        "format": "jdbc", "url": postgres.url, "user": "env:CDP_TEST_USER", "table": f"public.{table}",
        "key": ["id"], "timeout_seconds": 5, **read,
    }  # fmt: skip
    return Company(spark, root, {"people": {**stream(CUSTOMER), "read": chosen}})


@pytest.fixture(autouse=True)
def user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDP_TEST_USER", "cdp")


def landed(company: Company) -> list[tuple[int, Any, Any, bool]]:
    """Landing, id, name and delete mark of every bronze row."""
    rows = [(r["landing_id"], json.loads(r["raw"]), r["is_delete"]) for r in company.bronze()]
    return sorted(((n, raw["id"], raw.get("name"), gone) for n, raw, gone in rows), key=str)


def test_rows_beyond_the_cursor_and_late_ones_are_taken_once(
    spark: SparkSession, tmp_path: Path, postgres: Postgres, table: str
) -> None:
    company = company_on(spark, tmp_path, postgres, table, cursor="updated_at", overlap="1h")
    assert company.ingest().kept == 3
    first = {json.loads(r["raw"])["id"]: json.loads(r["raw"]) for r in company.bronze()}
    assert first[1] == {
        "id": 1, "name": "Ana", "shoeSize": 38.5, "born": "1990-01-31", "prefs": '{"a": [1]}',
        "updated_at": "2026-02-01T09:00:00.000000Z",
    }  # fmt: skip
    assert first[3] == {"id": 3, "name": "C\nO", "shoeSize": 40}
    versions = (company.tables.version(bronze_contract("web")), company.tables.version(LANDINGS))
    assert company.ingest().kept == 0
    assert (company.tables.version(bronze_contract("web")), company.tables.version(LANDINGS)) == versions
    # Committed late, its time below the highest taken; one below the window is not looked for.
    postgres.sql(
        f"""
        insert into {table} values (4, 'Di', null, null, null, '2026-02-01 10:10:00+01'),
            (5, 'Old', null, null, null, '2026-01-01 10:00:00+01');
        update {table} set name = 'Bob', updated_at = '2026-02-03 00:00:00+01' where id = 2;
        """
    )
    assert company.ingest().kept == 2
    assert company.ingest().kept == 0
    assert landed(company) == [
        (1, 1, "Ana", False),
        (1, 2, "Bo", False),
        (1, 3, "C\nO", False),
        (2, 2, "Bob", False),
        (2, 4, "Di", False),
    ]
    ends = [r["ends"] for r in company.rows(LANDINGS, "landing_id") if r["state"] == "landed"]
    assert ends == ["1769938200000000", "1770073200000000"]


@pytest.mark.slow
def test_a_number_may_be_the_cursor_and_columns_are_chosen(
    spark: SparkSession, tmp_path: Path, postgres: Postgres, table: str
) -> None:
    company = company_on(spark, tmp_path, postgres, table, cursor="id", overlap=0, columns=["name", "shoeSize"])
    assert company.ingest().kept == 3
    postgres.sql(f"insert into {table} (id, name) values (9, 'Eve')")
    assert company.ingest().kept == 1
    assert {json.dumps(json.loads(r["raw"])) for r in company.bronze() if r["landing_id"] == 2} == {'{"name": "Eve"}'}
    assert {r["record_key"] for r in company.bronze()} == {f'{{"id":{n}}}' for n in (1, 2, 3, 9)}


@pytest.mark.slow
def test_a_whole_table_is_compared_and_what_vanished_is_deleted(
    spark: SparkSession, tmp_path: Path, postgres: Postgres, table: str
) -> None:
    company = company_on(spark, tmp_path, postgres, table)
    assert company.run().kept == 3
    assert company.ingest().kept == 0
    postgres.sql(f"delete from {table} where id = 1; update {table} set name = 'Bob' where id = 2")
    company.later(hours=1)
    assert company.run().quarantined == 0
    postgres.sql(f"insert into {table} (id, name) values (1, 'Ana')")
    company.later(hours=1)
    assert company.ingest().kept == 1
    assert company.ingest().kept == 0
    assert landed(company)[3:] == [(2, 1, None, True), (2, 2, "Bob", False), (3, 1, "Ana", False)]
    assert len({r["record_id"] for r in company.bronze()}) == 6
    gone = [r["source_key"] for r in company.rows(CUSTOMERS, "source_key", "valid_from") if r["is_deleted"]]
    assert gone == ["1"]


@pytest.mark.slow
def test_an_emptied_table_deletes_nobody_unasked(
    spark: SparkSession, tmp_path: Path, postgres: Postgres, table: str
) -> None:
    company = company_on(spark, tmp_path, postgres, table)
    company.ingest()
    postgres.sql(f"delete from {table}")
    with pytest.raises(GuardHeld, match=r"web\.people: table public\.\w+ is empty now"):
        company.ingest()
    ignoring = company_on(spark, tmp_path, postgres, table, deletes="ignore")
    assert ignoring.ingest().kept == 0


class Dies(Exception):
    pass


@pytest.mark.slow
@pytest.mark.parametrize("after", ["planned", "appended"])
def test_a_landing_that_died_is_finished_once(
    spark: SparkSession, tmp_path: Path, postgres: Postgres, table: str, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    def die(*_: object) -> None:
        raise Dies

    company = company_on(spark, tmp_path, postgres, table, cursor="updated_at")
    with monkeypatch.context() as patched:
        patched.setattr(step, {"planned": "_finished", "appended": "_rows_by_place"}[after], die)
        with pytest.raises(Dies):
            company.ingest()
    assert company.ingest().kept == 3
    assert company.ingest().kept == 0
    assert len(company.bronze()) == 3


@pytest.mark.slow
def test_what_is_wrong_with_a_table_is_one_clear_error(
    spark: SparkSession, tmp_path: Path, postgres: Postgres, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = company_on(spark, tmp_path, postgres, table, cursor="updated_at")
    company.ingest()
    postgres.sql(f"alter table {table} rename column updated_at to changed_at")
    with pytest.raises(ConfigError, match=r"web\.people: table public\.\w+ has no column updated_at"):
        company.ingest()
    postgres.sql(f"alter table {table} rename to {table}_2")
    with pytest.raises(ConfigError, match=rf"web\.people: there is no table public\.{table}\b"):
        company.ingest()
    with pytest.raises(ConfigError, match="column name is no cursor: its type is string"):
        company_on(spark, tmp_path, postgres, f"{table}_2", cursor="name").ingest()
    away = company_on(spark, tmp_path, postgres, table, url="jdbc:postgresql://127.0.0.1:9/shop")
    with pytest.raises(TransientError, match="the database stopped answering"):
        away.ingest()


@pytest.mark.slow
def test_a_read_that_the_server_ends_is_tried_again_later(
    spark: SparkSession, tmp_path: Path, postgres: Postgres, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server ends every connection between planning and reading, and once more while rows are read."""
    company = company_on(spark, tmp_path, postgres, table, cursor="id", fetch_size=1)

    def record_and_break(*args: Any) -> None:
        record(*args)
        postgres.run("kill")

    with monkeypatch.context() as patched:
        patched.setattr(step, "record", record_and_break)
        with pytest.raises(TransientError) as e:
            company.ingest()
    assert e.value.exit_code == 75
    postgres.start()
    assert company.ingest().kept == 3


def test_names_of_tables_and_columns_are_names_and_addresses_hold_no_secrets() -> None:
    from pydantic import ValidationError

    from cdp_spark.config.reads import JdbcRead

    good = {"format": "jdbc", "url": "jdbc:postgresql://h/d", "table": "public.t", "key": ["id"]}
    JdbcRead.model_validate(good)
    bad_ones: list[dict[str, Any]] = [
        {"table": "(select 1) t"},
        {"table": 't"; drop'},
        {"key": ["id; drop"]},
        {"columns": ["max(x)"]},
        {"url": "jdbc:postgresql://me:secret@h/d"},
        {"url": "jdbc:postgresql://h/d?password=x"},
        {"user": "plain"},
        {"cursor": "a b"},
        {"key": []},
        {"driver": "a b"},
    ]
    for bad in bad_ones:
        with pytest.raises(ValidationError):
            JdbcRead.model_validate({**good, **bad})
