"""Which reader takes which stream: the one place that knows the kinds of sources."""

from collections.abc import Iterator
from functools import cached_property

from cdp_spark.config import Config
from cdp_spark.config.reads import AnyRead, DeltaRead, FileRead, JdbcRead, KafkaRead
from cdp_spark.ingest.delta_reader import DeltaReader
from cdp_spark.ingest.file_reader import FileReader
from cdp_spark.ingest.jdbc_options import is_postgresql
from cdp_spark.ingest.jdbc_reader import JdbcReader
from cdp_spark.ingest.kafka_reader import KafkaReader
from cdp_spark.ingest.landings import Landing, LandingRow, Part, Taken
from cdp_spark.ingest.readers import Reader, Share, StreamOf
from cdp_spark.runtime.jars import OptionalSet
from cdp_spark.runtime.run import Run


class Kinds:
    """The readers of a run, and the streams that each of them takes."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._readers: dict[type[AnyRead], Reader] = {
            FileRead: FileReader(run),
            KafkaRead: KafkaReader(run),
            JdbcRead: JdbcReader(run),
            DeltaRead: DeltaReader(run),
        }

    def next_rows(self, known: Taken) -> Iterator[LandingRow]:
        """What a new landing takes from all sources, and what it only takes note of."""
        for kind, reader in self._readers.items():
            streams = [s for s in self._streams.values() if type(s.stream.read) is kind]
            if streams:
                yield from reader.next_rows(streams, known)

    def reader_of(self, part: Part) -> Reader | None:
        """Who reads a part; None where its stream is no longer configured, or reads something else now."""
        stream = self._streams.get((part.source, part.stream))
        if stream is None:
            return None
        reader = self._readers[type(stream.stream.read)]
        return reader if reader.owns(stream, part) else None

    def shares(self, parts: list[Part]) -> list[Share]:
        """The parts of one source by reader."""
        shares = []
        for reader in self._readers.values():
            own = [p for p in parts if self.reader_of(p) is reader]
            names = sorted({p.stream for p in own}, key=list(self._run.config.sources[parts[0].source].streams).index)
            if own:
                shares.append(Share(reader, [self._streams[own[0].source, n] for n in names], own))
        return shares

    def landed_part(self, part: Part, landing: Landing) -> Part:
        """The part as it has landed."""
        reader = self.reader_of(part)
        return reader.landed_part(part, landing) if reader else part

    @cached_property
    def _streams(self) -> dict[tuple[str, str], StreamOf]:
        return {
            (source.source, name): StreamOf(source.source, name, stream)
            for source in self._run.config.sources.values()
            for name, stream in source.streams.items()
        }


def jar_sets(config: Config) -> tuple[OptionalSet, ...]:
    """The optional jars that a run of the configured sources needs."""
    needed: set[OptionalSet] = set()
    for source in config.sources.values():
        for stream in source.streams.values():
            if isinstance(stream.read, KafkaRead):
                needed.add("kafka")
            elif isinstance(stream.read, JdbcRead) and is_postgresql(stream.read):
                needed.add("postgresql")
    return tuple(sorted(needed))
