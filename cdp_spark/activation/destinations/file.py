"""CSV and JSON-lines files: one of additions and one of removals a sync and run, a manifest last.

A folder without ``manifest.json`` is not finished and must not be taken up.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from cdp_spark.config.destinations import DestinationConfig
from cdp_spark.errors import StorageError
from cdp_spark.runtime.warehouse import file_system

Payload = Mapping[str, list[str]]
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
_CHUNK = 10_000


@dataclass
class FileDelivery:
    """Writes the files of one destination and run below ``folder``."""

    destination: DestinationConfig
    folder: str
    written: dict[str, dict[str, object]] = field(default_factory=dict)

    def deliver(self, name: str, payloads: Iterable[Payload]) -> int:
        """Writes ``name`` with one or more rows a payload; returns the rows. The file appears when it is whole."""
        system, folder = file_system(self.folder)
        final = f"{folder}/{name}.{self.destination.format}"
        digest, rows = hashlib.sha256(), 0
        try:
            system.create_dir(folder, recursive=True)
            with system.open_output_stream(final + ".part") as stream:
                for text, n in self._chunks(payloads):
                    rows += n
                    digest.update(text)
                    stream.write(text)
            system.move(final + ".part", final)
        except OSError as e:
            raise StorageError(f"{self.folder} cannot be written", fix="free space or grant write access") from e
        self.written[f"{name}.{self.destination.format}"] = {"rows": rows, "sha256": digest.hexdigest()}
        return rows

    def finish(self, run_id: str) -> None:
        """Writes the manifest: what the folder holds, and that it is whole."""
        system, folder = file_system(self.folder)
        manifest = {"destination": self.destination.destination, "run_id": run_id, "files": self.written}
        with system.open_output_stream(f"{folder}/manifest.json") as stream:
            stream.write(json.dumps(manifest, indent=2, sort_keys=True).encode())

    def _chunks(self, payloads: Iterable[Payload]) -> Iterator[tuple[bytes, int]]:
        columns = list(self.destination.fields)
        rows = (row for payload in payloads for row in file_rows(payload, columns))
        if self.destination.format == "csv":
            yield _csv_text([columns]), 0
        while chunk := list(islice(rows, _CHUNK)):
            if self.destination.format == "csv":
                yield _csv_text([[self._cell(r.get(c, "")) for c in columns] for r in chunk]), len(chunk)
            else:
                yield "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in chunk).encode(), len(chunk)

    def _cell(self, text: str) -> str:
        return "'" + text if self.destination.excel_safe and text.startswith(_DANGEROUS) else text


def file_rows(payload: Payload, columns: list[str]) -> Iterator[dict[str, str]]:
    """A payload as rows: as many as its longest list; a field with one value repeats in each."""
    longest = max((len(payload.get(c, ())) for c in columns), default=0)
    for i in range(longest):
        row = {}
        for c in columns:
            values = payload.get(c, [])
            if values and (len(values) == 1 or i < len(values)):
                row[c] = values[0] if len(values) == 1 else values[i]
        yield row


def _csv_text(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
