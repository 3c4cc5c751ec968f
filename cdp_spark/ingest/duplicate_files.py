"""Files that hold what another one holds. Only files of one length can: others are not opened."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable

from cdp_spark.ingest.files import LandingZone, StreamFile
from cdp_spark.ingest.landings import Place

_CHUNK = 1 << 20


def duplicates(zone: LandingZone, new: Iterable[StreamFile], known: Iterable[StreamFile]) -> set[Place]:
    """The new files whose content a known file, or an earlier one of the new files, has too.

    Compared within a stream, as long as the earlier file is still there.
    """
    alike: dict[tuple[str, str, int], list[StreamFile]] = defaultdict(list)
    fresh = sorted(new, key=lambda f: (f.mtime, f.path))
    places = {f.place for f in fresh}
    for file in [*[k for k in known if k.place not in places], *fresh]:
        alike[file.source, file.stream, file.size].append(file)
    found: set[Place] = set()
    for files in alike.values():
        if len(files) > 1 and any(f.place in places for f in files):
            found |= _repeats(zone, files, places)
    return found


def _repeats(zone: LandingZone, files: list[StreamFile], new: set[Place]) -> set[Place]:
    seen: set[str] = set()
    repeats: set[Place] = set()
    for file in files:
        content = _content(zone, file)
        if content in seen and file.place in new:
            repeats.add(file.place)
        if content:
            seen.add(content)
    return repeats


def _content(zone: LandingZone, file: StreamFile) -> str | None:
    system, path = zone.system_path(file.path)
    digest = hashlib.sha256()
    try:
        with system.open_input_stream(path, compression=None) as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
    except OSError:
        return None
    return digest.hexdigest()
