"""Reader of Kafka topics: the offsets of a landing are planned before they are read."""

import json
import re
from collections.abc import Iterator
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from typing_extensions import override

from cdp_spark.config.reads import KafkaRead
from cdp_spark.errors import DataLoss, SetupError, TransientError
from cdp_spark.ingest.bronze_rows import landing_columns, named_rows, tombstone
from cdp_spark.ingest.failures import SparkFailure
from cdp_spark.ingest.formats.text import text_columns
from cdp_spark.ingest.kafka_offsets import Held, offsets_held
from cdp_spark.ingest.landings import LANDED, PLANNED, Landing, LandingRow, Part, Stretch, Taken
from cdp_spark.ingest.readers import Reader, Reading, StreamOf
from cdp_spark.runtime.run import Run
from cdp_spark.runtime.secrets import secret

_LOST = re.compile(r"(?i)OffsetOutOfRange|data ?loss|some data may have been lost|missing offset")
_AWAY = re.compile(
    "TimeoutException|DisconnectException|NetworkException|NotAvailableException|NotLeaderOrFollower|Connection refused"
)


class KafkaReader(Reader):
    """Takes what a topic's partitions have got since the last landing."""

    def __init__(self, run: Run) -> None:
        self._run = run

    @override
    def owns(self, stream: StreamOf, part: Part) -> bool:
        return isinstance(part, Stretch) and part.path.rpartition("/")[0] == _read(stream).topic

    @override
    def next_rows(self, streams: list[StreamOf], known: Taken) -> Iterator[LandingRow]:
        for stream in streams:
            read = _read(stream)
            held = offsets_held(_name(stream), read)
            stretches = [s for p, h in held.items() if (s := _stretch(stream, read, p, h, known))]
            for stretch, reason in _within(stretches, read.max_records):
                is_empty = stretch.begins == stretch.ends
                state, rows = (LANDED, 0) if is_empty else (PLANNED, None)
                yield LandingRow(known.next_id, stretch, state, reason, rows, self._run.clock.now())

    @override
    def reading(self, streams: list[StreamOf], landing: Landing, parts: list[Part]) -> Reading:
        frames = [
            self._rows(stream, landing, [p for p in parts if isinstance(p, Stretch) and p.stream == stream.name])
            for stream in streams
        ]
        return Reading(reduce(DataFrame.unionByName, frames))

    @override
    def after_failure(self, streams: list[StreamOf], landing: Landing, parts: list[Part], why: str) -> None:
        names = ", ".join(_name(s) for s in streams)
        if _LOST.search(why):
            raise DataLoss(
                f"{names}: the topic lost records between planning and reading them",
                fix="set read.on_data_loss: skip to go on without them, and let the topic keep its records longer",
            )
        if _AWAY.search(why):
            raise TransientError(f"{names}: Kafka stopped answering", fix="run again; the same offsets are read then")

    @override
    def landed_part(self, part: Part, landing: Landing) -> Part:
        return part

    def _rows(self, stream: StreamOf, landing: Landing, stretches: list[Stretch]) -> DataFrame:
        read = _read(stream)
        try:
            records = self._run.spark.read.format("kafka").options(**_options(read, stretches)).load()
        except SparkFailure as e:
            if "data source: kafka" in str(e):
                raise SetupError(
                    f"{_name(stream)}: the session has no Kafka jars",
                    fix="run scripts/jars kafka; on a cluster add org.apache.spark:spark-sql-kafka-0-10_2.13:4.2.0",
                ) from e
            raise
        return named_rows(stream, _records(stream, landing, records), is_json_text=True)


def _stretch(stream: StreamOf, read: KafkaRead, partition: int, held: Held, known: Taken) -> tuple[Stretch, str] | None:
    """What is to be taken of a partition, and why it begins where it does; None when there is nothing to write down."""
    place = (stream.source, stream.name, f"{read.topic}/{partition}")
    position = known.position(place)
    if position is None:
        # A partition that comes later is new as a whole.
        first_run = not any(p[:2] == place[:2] and p[2].rpartition("/")[0] == read.topic for p in known.last)
        from_end = first_run and read.start == "latest"
        begin, reason = (held.end if from_end else held.first), "new"
    elif held.first <= int(position) <= held.end:
        begin, reason, from_end = int(position), "new", False
    else:
        _refuse_loss(stream, read, partition, int(position), held)
        begin, reason, from_end = held.first, f"skipped {max(held.first - int(position), 0)}", False
    if begin == held.end and not from_end and reason == "new":
        return None
    return Stretch(*place, str(begin), str(held.end)), reason


def _refuse_loss(stream: StreamOf, read: KafkaRead, partition: int, position: int, held: Held) -> None:
    if read.on_data_loss == "skip":
        return
    where = f"{_name(stream)}: {read.topic}/{partition}"
    if position < held.first:
        lost = f"lost {held.first - position} offsets before they were taken, {position} to {held.first - 1}"
    else:
        lost = f"ends at {held.end}, before {position}, up to which it was taken: the topic was made anew"
    raise DataLoss(
        f"{where} {lost}",
        fix=f"set read.on_data_loss: skip to go on at {held.first}, and let the topic keep its records longer",
        position=position,
        first=held.first,
        end=held.end,
    )


def _within(stretches: list[tuple[Stretch, str]], most: int) -> Iterator[tuple[Stretch, str]]:
    """The stretches, together not longer than ``most``; each partition gets its share of what is open."""
    lengths = [int(s.ends or 0) - int(s.begins or 0) for s, _ in stretches]
    total = sum(lengths)
    for (stretch, reason), length in zip(stretches, lengths, strict=True):
        share = length if total <= most else max(1, length * most // total)
        begin = int(stretch.begins or 0)
        yield Stretch(*stretch.place, stretch.begins, str(begin + min(length, share))), reason


def _records(stream: StreamOf, landing: Landing, records: DataFrame) -> DataFrame:
    """The topic's records as a reader of texts gives them."""
    value = text_columns(F.col("value").cast("string"), "utf-8")
    is_delete = F.col("value").isNull()
    place = F.concat_ws("/", "topic", F.col("partition").cast("string"))
    origin = F.concat_ws(
        "|", F.lit(stream.source), F.lit(stream.name), place, F.unix_micros("timestamp").cast("string")
    )
    keyed = records.withColumn("record_key", F.make_valid_utf8(F.col("key").cast("string")))
    return keyed.select(
        F.when(is_delete, tombstone(F.col("record_key"))).otherwise(value["raw"]).alias("raw"),
        F.when(~is_delete, value["raw_base64"]).alias("raw_base64"),
        F.when(~is_delete, value["fault"]).alias("fault"),
        is_delete.alias("is_delete"),
        "record_key",
        _headers().alias("headers"),
        place.alias("file_path"),
        F.col("timestamp").alias("file_mtime"),
        F.lit(None).cast("bigint").alias("file_size"),
        F.lit(0).cast("bigint").alias("file_offset"),
        F.col("offset").alias("row_pos"),
        # Offsets begin anew when a topic is made anew; the time tells the two apart.
        F.concat_ws(
            "-",
            F.substring(F.sha2(origin, 256), 1, 24),
            F.lpad(F.lower(F.hex("offset")), 16, "0"),
            F.lit("000000000"),
        ).alias("record_id"),
        *[c.alias(n) for n, c in landing_columns(stream, landing).items()],
    )


def _headers() -> Column:
    return F.transform(
        "headers",
        lambda h: F.struct(h["key"].alias("key"), F.make_valid_utf8(h["value"].cast("string")).alias("value")),
    )


def _options(read: KafkaRead, stretches: list[Stretch]) -> dict[str, str]:
    partitions = {s.path.rpartition("/")[2]: s for s in stretches}

    def offsets(of: str) -> str:
        return json.dumps({read.topic: {p: int(getattr(s, of)) for p, s in partitions.items()}})

    return {
        "kafka.bootstrap.servers": read.servers,
        "assign": json.dumps({read.topic: sorted(int(p) for p in partitions)}),
        "startingOffsets": offsets("begins"),
        "endingOffsets": offsets("ends"),
        "includeHeaders": "true",
        "failOnDataLoss": "true" if read.on_data_loss == "fail" else "false",
        "kafka.isolation.level": "read_committed",
        "kafka.client.id": "cdp-spark",
        "kafkaConsumer.pollTimeoutMs": str(read.timeout_seconds * 1000),
        **_security_options(read),
    }


def _security_options(read: KafkaRead) -> dict[str, str]:
    security = read.security
    if security is None:
        return {}
    options = {"kafka.security.protocol": security.protocol.upper()}
    if security.ca_file:
        options |= {"kafka.ssl.truststore.type": "PEM", "kafka.ssl.truststore.location": security.ca_file}
    if security.username and security.password:
        module = "plain.PlainLoginModule" if security.mechanism == "PLAIN" else "scram.ScramLoginModule"
        options |= {
            "kafka.sasl.mechanism": security.mechanism,
            "kafka.sasl.jaas.config": f"org.apache.kafka.common.security.{module} required "
            f"username={_quoted(secret(security.username))} password={_quoted(secret(security.password))};",
        }
    return options


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _read(stream: StreamOf) -> KafkaRead:
    read = stream.stream.read
    assert isinstance(read, KafkaRead)  # this reader is asked for streams of its kind only
    return read


def _name(stream: StreamOf) -> str:
    return f"{stream.source}.{stream.name}"
