"""One Spark session with Delta for all tests of a process, and a fresh warehouse for each that asks."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from cdp_spark.runtime.jars import SOURCE_JARS, optional_jars
from cdp_spark.runtime.session import open_session
from cdp_spark.runtime.tables import Tables
from cdp_spark.runtime.warehouse import Warehouse

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


# Minutes each, since every run of a stage is planned anew: not at every commit, but with `scripts/test -m slow`.
_LONG = (
    "tests/real/",
    "tests/normalize/presets/",
    "tests/identity/test_step.py",
    "tests/identity/test_overruling.py",
    "tests/jobs/test_identity_commands.py",
    "tests/profiles/test_profiles_step.py",
    "tests/identity/test_persons.py::test_ids_stay_over_random_batches_and_a_rebuild",
    "tests/identity/test_persons.py::test_a_run_at_the_same_time_rewrites_only_what_holds_from_then_on",
    "tests/identity/test_touched.py",
    "tests/jobs/test_pipeline.py::test_making_everything_again_from_the_raw_records_changes_no_row",
    "tests/normalize/test_rebuild.py::test_where_no_mapping_changed_no_row_does",
    "tests/normalize/test_rebuild.py::test_quarantine_tells_who_passed_and_who_was_refused_again",
    "tests/normalize/test_rebuild.py::test_the_next_run_finishes_a_rebuild_that_died",
    "tests/normalize/test_rebuild.py::test_what_was_made_before_is_as_the_mended_mapping_makes_it",
    "tests/audiences/test_audiences_step.py::test_a_repeated_run_writes_nothing_and_what_a_dead_run_had_logged_is_taken_back",
    "tests/normalize/test_ad_spend.py::test_a_newer_report_replaces_a_day_and_an_older_one_that_comes_late_does_not",
    "tests/normalize/test_customers.py::test_a_record_without_time_holds_since_its_file_and_only_changes_make_versions",
    "tests/normalize/test_orders.py::test_receipts_are_summed_over_all_their_lines_also_late_ones",
    "tests/normalize/test_orders.py::test_the_same_version_sent_again_changes_nothing",
    "tests/normalize/test_redrive.py::test_only_the_records_asked_for_go_again",
    "tests/normalize/test_step.py::test_a_record_counts_once_whatever_its_rows_come_to",
    "tests/normalize/test_step.py::test_batches_and_their_order_do_not_change_what_is_kept",
    "tests/profiles/test_traits_step.py::test_a_merge_adds_up_and_a_new_trait_is_a_new_column",
    "tests/quality/test_rules_and_landings.py::test_a_stop_holds_the_run_and_landings_add_up",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks every test that needs the session, so that ``-m "not spark"`` needs no JVM."""
    for item in items:
        if "spark" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.spark)
        if item.nodeid.startswith(_LONG):
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def far_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose clock on the wall is nine hours ahead."""
    with monkeypatch.context() as there:
        there.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> SparkSession:
    """The one session: UTC, ANSI, two shuffle partitions, no UI, and the jars of the sources as far as they are there."""
    scratch = tmp_path_factory.mktemp("spark")
    optional = [name for name in SOURCE_JARS if optional_jars(name)]
    session = open_session("cdp-tests", "test", driver_memory="2g", scratch=scratch, jar_sets=optional)
    session.sparkContext.setCheckpointDir(str(tmp_path_factory.mktemp("checkpoints")))
    return session


@pytest.fixture
def tables(spark: SparkSession, tmp_path: Path) -> Iterator[Tables]:
    """Tables of an empty warehouse."""
    yield Tables(spark, Warehouse(str(tmp_path / "warehouse")))
    spark.catalog.clearCache()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public data sets; skips where it is missing."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"public data sets are not at {SHARED_DATA}")
    return SHARED_DATA
