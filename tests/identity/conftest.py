"""A warehouse to run identity on, and random generators whose seed a failing test prints."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from cdp_spark.config.attribution import AttributionConfig
from cdp_spark.config.consent import ConsentConfig
from cdp_spark.config.identity import IdentityConfig
from cdp_spark.config.load import Config
from cdp_spark.config.profiles import ProfilesConfig
from cdp_spark.config.project import ProjectConfig
from cdp_spark.config.traits import TraitsConfig
from cdp_spark.runtime.tables import Tables
from cdp_spark.runtime.warehouse import Warehouse as Home
from tests.identity.world import Warehouse


def _warehouse(spark: SparkSession, folder: Path) -> Warehouse:
    config = Config(
        folder=folder / "conf",
        project=ProjectConfig(name="test"),
        sources={},
        identity=IdentityConfig(),
        consent=ConsentConfig(),
        profiles=ProfilesConfig(),
        traits=TraitsConfig(),
        audiences={},
        destinations={},
        attribution=AttributionConfig(),
    )
    return Warehouse(spark, Tables(spark, Home(str(folder / "warehouse"))), config)


@pytest.fixture
def warehouse(spark: SparkSession, tmp_path: Path) -> Warehouse:
    """An empty warehouse with the default configuration."""
    return _warehouse(spark, tmp_path)


@pytest.fixture
def new_warehouse(spark: SparkSession, tmp_path: Path) -> Callable[[str], Warehouse]:
    """Makes empty warehouses by name."""
    return lambda name: _warehouse(spark, tmp_path / name)


@pytest.fixture(scope="module")
def shared_warehouse(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A warehouse for all tests of a module."""
    return _warehouse(spark, tmp_path_factory.mktemp("identity"))


@pytest.fixture
def dice(request: pytest.FixtureRequest) -> Callable[[int], random.Random]:
    """A random generator of a seed, which a failing test prints."""

    def of_seed(seed: int) -> random.Random:
        print(f"{request.node.name}: seed {seed}")
        return random.Random(seed)

    return of_seed
