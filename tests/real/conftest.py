"""One warehouse of all public data sets for the tests of this folder."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tests.real.world import World


@pytest.fixture(scope="session")
def world(spark: SparkSession, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The data sets after two runs; skips where they are missing."""
    return World(tmp_path_factory.mktemp("real"), spark, shared_data)
