"""dlt's rule: a file counts once its load is complete, which a line of the data set's ``_dlt_loads`` says (status 0)."""

import json
from collections.abc import Iterator
from posixpath import dirname, normpath

import pyarrow.fs as pafs

from cdp_spark.ingest.files import LandingZone, StreamFile


def of_complete_loads(zone: LandingZone, path: str, files: list[StreamFile]) -> list[StreamFile]:
    """The files whose name begins with the id of a complete load; ``path`` is their table's folder."""
    complete = tuple(f"{load}." for load in _complete_loads(zone, normpath(f"{dirname(normpath(path))}/_dlt_loads")))
    return [f for f in files if f.path.rsplit("/", 1)[-1].startswith(complete)]


def _complete_loads(zone: LandingZone, folder: str) -> Iterator[str]:
    system, full = zone.system_path(folder)
    selector = pafs.FileSelector(full, recursive=True, allow_not_found=True)
    for file in system.get_file_info(selector):
        if file.type == pafs.FileType.File and ".jsonl" in file.base_name:
            with system.open_input_stream(file.path) as stream:
                yield from _loads_with_status_0(stream.read().decode("utf-8", "replace"))


def _loads_with_status_0(text: str) -> Iterator[str]:
    for line in text.splitlines():
        try:
            load = json.loads(line)
        except ValueError:  # a line that is still being written; its load is not complete
            continue
        if isinstance(load, dict) and load.get("status") == 0 and load.get("load_id"):
            yield str(load["load_id"])
