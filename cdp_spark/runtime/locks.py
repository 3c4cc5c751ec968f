"""One writer a warehouse: a second run of the same warehouse is told to try later."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cdp_spark.errors import TransientError


@contextmanager
def writer_lock(warehouse: str) -> Iterator[None]:
    """Holds the local warehouse's lock; the system frees it when the process dies.

    On object stores Delta's own commit protocol guards each table, and the orchestrator must not start two
    runs at once. Raises TransientError when another run holds the lock.
    """
    if "://" in warehouse:
        yield
        return
    folder = Path(warehouse)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".writer.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as e:
            raise TransientError(f"another run is writing {warehouse}", fix="wait until it has ended") from e
        yield
