from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from cdp_spark.errors import StorageError
from cdp_spark.runtime import doctor, jars
from cdp_spark.runtime.tables import Tables
from tests.runtime.test_java import installed


@pytest.mark.parametrize(
    ("version", "status"), [((3, 10), "fail"), ((3, 11), "ok"), ((3, 12), "ok"), ((3, 13), "fail")]
)
def test_python_3_11_and_3_12_are_fine(version: tuple[int, int], status: str) -> None:
    assert doctor.python_version(version).status == status


@pytest.mark.parametrize(
    ("version", "status"),
    [(None, "fail"), ("2.1.4", "fail"), ("2.2.0", "ok"), ("2.3.3", "ok"), ("3.0.0", "fail"), ("3.0.0rc1", "fail")],
)
def test_pandas_has_to_be_2_2_or_later_and_below_3(version: str | None, status: str) -> None:
    assert doctor.pandas_version(version).status == status


@pytest.mark.parametrize(
    ("jar", "wrapper", "status"),
    [
        ("compat", "0.9.3", "ok"),
        ("official", "0.12.3", "ok"),
        ("compat", "0.12.3", "fail"),
        ("official", "0.9.3", "fail"),
        ("compat", None, "warn"),
        (None, "0.9.3", "warn"),
    ],
)
def test_graphframes_jar_and_wrapper_are_of_one_set(
    jar: jars.GraphFramesSet | None, wrapper: str | None, status: str
) -> None:
    assert doctor.graphframes_pair(jar, wrapper).status == status


def test_jars_that_not_everybody_needs_are_no_fault_and_named(tmp_path: Path) -> None:
    missing, there = doctor.source_jars("kafka", ()), doctor.source_jars("kafka", [tmp_path / "a.jar"])
    assert (missing.status, there.status) == ("ok", "ok")
    assert "scripts/jars kafka" in missing.found and str(tmp_path) in there.found


def test_a_mixed_pair_is_shown_with_both_versions() -> None:
    check = doctor.graphframes_pair("compat", "0.12.3")
    assert check.found == "jars of the compat set, graphframes-py 0.12.3, which needs 0.9.3"
    assert "graphframes-py==0.9.3" in str(check.fix)


@pytest.mark.parametrize(("total", "status"), [(3_999_999_999, "warn"), (4_000_000_000, "ok")])
def test_little_memory_is_a_warning(total: int, status: str) -> None:
    assert doctor.memory(total).status == status


@pytest.mark.parametrize(("free", "status"), [(4_999_999_999, "warn"), (5_000_000_000, "ok")])
def test_little_room_is_a_warning(free: int, status: str) -> None:
    assert doctor.disk(free).status == status


def test_a_package_of_another_release_fails_with_the_one_wanted() -> None:
    check = doctor.package("pyspark", "0.0.1")
    assert (check.status, check.fix) == ("fail", "install pyspark==0.0.1, or run scripts/setup")
    assert doctor.package("no-such-package", "1").found == "not installed"


def test_an_unfit_java_is_shown_with_its_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(installed(tmp_path, "11.0.2+9")))
    check = doctor.java_runtime()
    assert check.status == "fail"
    assert "11.0.2+9" in check.found
    assert "JAVA_HOME" in str(check.fix)


def test_a_machine_that_was_never_set_up_is_told_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDP_JARS_DIR", str(tmp_path))
    by_name = {check.name: check for check in doctor.checks()}
    assert by_name["jars"].status == "fail"
    assert by_name["class archives"].status == "warn"
    assert "scripts/jars" in str(by_name["jars"].fix)
    assert all(check.fix for check in by_name.values() if check.status != "ok")


def test_this_machine_can_write_change_and_read_a_table(spark: SparkSession) -> None:
    check = doctor.checks(session=True)[-1]
    assert (check.name, check.status) == ("session and Delta", "ok")


def test_a_table_that_lost_rows_is_noticed(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Tables.read
    monkeypatch.setattr(Tables, "read", lambda self, contract: read(self, contract).filter("id < 149"))
    with pytest.raises(StorageError, match="did not hold what was written"):
        doctor.table_round_trip(spark, tmp_path)
