"""How tables, times and personal data are written on a terminal."""

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

_SHORT = 6
_ANY_WIDTH = 10_000


def wide_console() -> Console:
    """A console on which rows keep to their lines where no terminal would fold them: into a file or another program."""
    console = Console()
    return console if console.is_terminal else Console(width=_ANY_WIDTH)


def new_table(title: str, columns: Sequence[str]) -> Table:
    """An empty table."""
    table = Table(title=title or None, title_justify="left")
    for c in columns:
        table.add_column(c, overflow="fold")
    return table


def shown(value: str, in_clear: bool) -> str:
    """A value of a personal-data column, masked unless asked for."""
    if in_clear:
        return value
    return f"{value[:2]}…{value[-2:]}" if len(value) > _SHORT else "…"


def number_of(n: int, one: str) -> str:
    """``1 record``, ``1,200 records``."""
    return f"{n:,} {one}{'' if n == 1 else 's'}"


def moment(value: datetime | None) -> str:
    """A time to the minute, in UTC: Spark hands times over as the clock on the wall of this machine shows them."""
    return "" if value is None else f"{value.astimezone(UTC):%Y-%m-%d %H:%MZ}"
