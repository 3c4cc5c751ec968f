"""One Spark session with Delta for all tests of a process, and a fresh warehouse for each that asks."""

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
    "tests/jobs/test_pipeline.py::test_computing_everything_again_changes_no_row",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks every test that needs the session, so that ``-m "not spark"`` needs no JVM."""
    for item in items:
        if "spark" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.spark)
        if item.nodeid.startswith(_LONG):
            item.add_marker(pytest.mark.slow)


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
