"""How Spark connects to a database."""

from cdp_spark.config.reads import JdbcRead
from cdp_spark.runtime.secrets import secret

_BACKTICKS = ("jdbc:mysql:", "jdbc:mariadb:")


def connection_options(read: JdbcRead) -> dict[str, str]:
    """The options of Spark's ``jdbc`` format; names are quoted, so their case counts."""
    sign = "`" if read.url.startswith(_BACKTICKS) else '"'
    options = {
        "url": read.url,
        "dbtable": ".".join(f"{sign}{part}{sign}" for part in read.table.split(".")),
        "fetchsize": str(read.fetch_size),
        # A time without zone stays what the source wrote; the mapping says its zone.
        "preferTimestampNTZ": "true",
    }
    if read.driver:
        options["driver"] = read.driver
    if is_postgresql(read):
        options |= {
            "driver": "org.postgresql.Driver",
            "connectTimeout": str(read.timeout_seconds),
            "tcpKeepAlive": "true",
            # Spark writes the bound of a cursor in the zone of its session, UTC.
            "sessionInitStatement": "SET TIME ZONE 'UTC'",
        }
    if read.user:
        options["user"] = secret(read.user)
    if read.password:
        options["password"] = secret(read.password)
    return options


def is_postgresql(read: JdbcRead) -> bool:
    """Whether the database is PostgreSQL, whose driver comes with ``scripts/jars postgresql``."""
    return read.url.startswith("jdbc:postgresql:")
