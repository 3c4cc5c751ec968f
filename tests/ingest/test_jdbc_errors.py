"""The driver's words, each told as what it is; none of them reaches a person."""

import pytest

from cdp_spark.config.reads import JdbcRead
from cdp_spark.errors import CdpError, ConfigError, SetupError, TransientError
from cdp_spark.ingest.jdbc_errors import understood_error

READ = JdbcRead(format="jdbc", url="jdbc:postgresql://h/d", table="public.t", key=("id",))


@pytest.mark.parametrize(
    ("said", "kind", "shown"),
    [
        ("PSQLException: Connection to h:5432 refused. Check that", TransientError, "stopped answering"),
        ("[FAILED_JDBC.CONNECTION] Caused by: FATAL: the database system is starting up", TransientError, "stopped"),
        ("FATAL: terminating connection due to administrator command", TransientError, "stopped answering"),
        ("An I/O error occurred while sending to the backend.", TransientError, "stopped answering"),
        ('[FAILED_JDBC.CONNECTION] FATAL: password authentication failed for user "ana"', ConfigError, "sign-in"),
        ('[FAILED_JDBC.CONNECTION] FATAL: database "d" does not exist', ConfigError, "no table public.t"),
        ('ERROR: relation "public.t" does not exist', ConfigError, "there is no table public.t"),
        ('ERROR: column "x" does not exist', ConfigError, "a column of table public.t is gone"),
        ("ERROR: permission denied for table t", ConfigError, "may not be read"),
        ("java.sql.SQLException: No suitable driver", SetupError, "scripts/jars postgresql"),
    ],
)
def test_each_failure_is_told_as_what_it_is(said: str, kind: type[CdpError], shown: str) -> None:
    error = understood_error("web.people", READ, said)
    assert type(error) is kind and shown in str(error)
    assert "ana" not in str(error)


def test_what_is_not_known_is_left_to_others() -> None:
    assert understood_error("web.people", READ, "java.lang.ArithmeticException: overflow") is None
