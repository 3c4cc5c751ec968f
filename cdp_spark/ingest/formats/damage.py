"""Which files are cut off or damaged: looked for only when a read has failed."""

import zlib
from collections.abc import Iterator

from cdp_spark.ingest.files import LandingZone, StreamFile

_CHUNK = 1 << 20


def is_damaged_gzip(zone: LandingZone, file: StreamFile) -> bool:
    """Whether a ``.gz`` file ends before its data does, or its data is damaged."""
    if not file.path.endswith(".gz"):
        return False
    system, path = zone.system_path(file.path)
    with system.open_input_stream(path, compression=None) as stream:
        return not _is_whole_gzip(iter(lambda: bytes(stream.read(_CHUNK)), b""))


def _is_whole_gzip(chunks: Iterator[bytes]) -> bool:
    member = zlib.decompressobj(wbits=31)
    begun = False
    try:
        for chunk in chunks:
            data = chunk
            while data:
                begun = True
                member.decompress(data, _CHUNK)
                data = member.unconsumed_tail
                if member.eof:
                    data = member.unused_data
                    member, begun = zlib.decompressobj(wbits=31), False
    except zlib.error:
        return False
    return not begun
