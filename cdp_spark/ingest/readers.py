"""What a kind of source does for a landing: plan what is new, read what was planned."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pyspark.sql import DataFrame

from cdp_spark.config.sources import Stream
from cdp_spark.ingest.landings import Landing, LandingRow, Part, Place, Taken


@dataclass(frozen=True)
class StreamOf:
    """A stream and where it belongs."""

    source: str
    name: str
    stream: Stream


@dataclass(frozen=True)
class Reading:
    """Bronze rows of some parts of a landing; ``ends`` tells of parts that do not end as landed: state and reason.

    ``n_bytes``: how many the rows have at a guess, None where nobody knows.
    """

    frame: DataFrame | None
    ends: Mapping[Place, tuple[str, str | None]] = field(default_factory=dict)
    n_bytes: int | None = None


class Reader(Protocol):
    """One kind of source. Planning may look at the source; everything planned is read exactly once."""

    def owns(self, stream: StreamOf, part: Part) -> bool:
        """Whether the part was planned for the stream as it is configured now."""
        ...

    def next_rows(self, streams: list[StreamOf], known: Taken) -> Iterable[LandingRow]:
        """What a landing with ``known.next_id`` takes from the streams, and what it only takes note of."""
        ...

    def reading(self, streams: list[StreamOf], landing: Landing, parts: list[Part]) -> Reading:
        """The rows of the parts of one source: the same ones whenever it is asked, as far as the source still has them.

        Whatever it raises on purpose is a CdpError.
        """
        ...

    def after_failure(self, streams: list[StreamOf], landing: Landing, parts: list[Part], why: str) -> Reading | None:
        """Another reading once the first has failed; None where this kind knows nothing about the failure.

        ``why`` is Spark's text; it may quote values. Raises the CdpError that says what is wrong.
        """
        ...

    def landed_part(self, part: Part, landing: Landing) -> Part:
        """The part as it has landed."""
        ...


@dataclass(frozen=True)
class Share:
    """What one reader does of a source's landing."""

    reader: Reader
    streams: list[StreamOf]
    parts: list[Part]
