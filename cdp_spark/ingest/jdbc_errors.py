"""What a database's driver says → this project's errors, without the driver's text: it may quote values."""

import re

from cdp_spark.config.reads import JdbcRead
from cdp_spark.errors import CdpError, ConfigError, SetupError, TransientError

_NO_DRIVER = ("no suitable driver", "classnotfoundexception", "did not find registered driver")
_AWAY = (
    "connection refused",
    "refused. check that",
    "connection attempt failed",
    "connect timed out",
    "connection reset",
    "connection has been closed",
    "terminating connection",
    "i/o error occurred",
    "broken pipe",
    "is starting up",
    "is shutting down",
    "in recovery mode",
    "too many clients",
    "read timed out",
    "could not serialize access",
    "failed_jdbc.connection",
)
_NO_SIGN_IN = (
    "password authentication failed",
    "no password was provided",
    "no pg_hba.conf entry",
    "access denied for user",
)


def understood_error(name: str, read: JdbcRead, why: str) -> CdpError | None:  # noqa: PLR0911  # one return a kind
    """What is wrong with reading the table; None where the text says nothing that is known here.

    ``name`` is the stream's. The phrases are those of PostgreSQL and its driver, and of Java.
    """
    said = why.lower()
    if any(phrase in said for phrase in _NO_DRIVER):
        return SetupError(
            f"{name}: the session has no driver for the database",
            fix="PostgreSQL's comes with scripts/jars postgresql; hand another's jar over as spark.jars, see read.driver",
        )
    if any(phrase in said for phrase in _NO_SIGN_IN):
        return ConfigError(
            f"{name}: the database refuses the sign-in", fix="check read.user, read.password and its rights"
        )
    if "permission denied" in said:
        return ConfigError(f"{name}: table {read.table} may not be read", fix="grant the user SELECT on it")
    if re.search(r"column \S+ does not exist", said):
        return ConfigError(
            f"{name}: a column of table {read.table} is gone",
            fix="if it was dropped or renamed there, correct read.key, read.cursor and read.columns, and run again",
        )
    if re.search(r"(relation|database) \S+ does not exist", said):
        return ConfigError(
            f"{name}: there is no table {read.table}", fix="if it was renamed or dropped there, correct read.table"
        )
    if any(phrase in said for phrase in _AWAY):
        return TransientError(f"{name}: the database stopped answering", fix="run again; nothing was taken in part")
    return None
