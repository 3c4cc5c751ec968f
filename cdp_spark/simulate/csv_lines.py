"""CSV lines one at a time, so that each can be quoted, sent again or broken on its own."""

import csv
import io
from collections.abc import Iterable


def csv_line(values: Iterable[object], *, quote_all: bool = False) -> str:
    """One line without its line end, quoted where needed or everywhere."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL, lineterminator="")
    writer.writerow(values)
    return buffer.getvalue()
