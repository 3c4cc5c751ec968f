"""Servers that tests of readers share; a test skips, and says why, where one cannot be had."""

from collections.abc import Iterator

import pytest

from cdp_spark.runtime.jars import optional_jars
from tests.ingest.servers import Broker, Postgres, Server, ServerMissing


def _serving(server: Server) -> Iterator[Server]:
    try:
        server.start()
    except ServerMissing as e:
        pytest.skip(str(e))
    yield server
    server.discard()


@pytest.fixture(scope="session")
def broker() -> Iterator[Server]:
    """A Kafka broker, with Kafka's jars in the session."""
    if not optional_jars("kafka"):
        pytest.skip("the Kafka jars are not there: scripts/jars kafka kafka_broker")
    yield from _serving(Broker())


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server, with its driver in the session."""
    if not optional_jars("postgresql"):
        pytest.skip("the PostgreSQL driver is not there: scripts/jars postgresql")
    yield from _serving(Postgres())
