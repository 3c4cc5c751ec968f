"""What a topic holds: partitions with their first and last offsets, asked of the brokers themselves."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdp_spark.config.reads import KafkaRead
from cdp_spark.errors import ConfigError, SetupError, TransientError
from cdp_spark.runtime.secrets import secret

if TYPE_CHECKING:
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient


@dataclass(frozen=True)
class Held:
    """Offsets that a partition holds: from ``first`` up to, not with, ``end``; of open transactions none."""

    first: int
    end: int


def offsets_held(name: str, read: KafkaRead) -> dict[int, Held]:
    """Partition → offsets. ``name`` is the stream's, for messages.

    Raises TransientError where no broker answers, ConfigError where the topic is missing or may not be read,
    SetupError without the client's package.
    """
    try:
        from confluent_kafka import KafkaException
        from confluent_kafka.admin import AdminClient
    except ImportError as e:
        raise SetupError(
            f"{name}: the Kafka client is not installed", fix="pip install 'cdp-spark[kafka]', or run scripts/setup"
        ) from e
    try:
        client = AdminClient(_client_settings(read), logger=_silent())
        return _held(client, _partitions(client, name, read), read)
    except KafkaException as e:
        raise _understood(name, read, e) from e


def _partitions(client: "AdminClient", name: str, read: KafkaRead) -> list[int]:
    from confluent_kafka import KafkaException

    topic = client.list_topics(read.topic, timeout=read.timeout_seconds).topics[read.topic]
    if topic.error is not None:
        raise KafkaException(topic.error)
    return sorted(topic.partitions)


def _held(client: "AdminClient", partitions: list[int], read: KafkaRead) -> dict[int, Held]:
    from confluent_kafka import IsolationLevel, TopicPartition
    from confluent_kafka.admin import OffsetSpec

    def offsets(spec: OffsetSpec) -> dict[int, int]:
        asked = client.list_offsets(
            {TopicPartition(read.topic, p): spec for p in partitions},
            isolation_level=IsolationLevel.READ_COMMITTED,
            request_timeout=read.timeout_seconds,
        )
        return {place.partition: future.result().offset for place, future in asked.items()}

    first, end = offsets(OffsetSpec.earliest()), offsets(OffsetSpec.latest())
    return {p: Held(first[p], end[p]) for p in partitions}


def _client_settings(read: KafkaRead) -> dict[str, str | int | float | bool]:
    settings: dict[str, str | int | float | bool] = {
        "bootstrap.servers": read.servers,
        "socket.timeout.ms": read.timeout_seconds * 1000,
        "client.id": "cdp-spark",
        "log_level": 0,
    }
    security = read.security
    if security is None:
        return settings
    settings["security.protocol"] = security.protocol
    if security.ca_file:
        settings["ssl.ca.location"] = security.ca_file
    if security.username and security.password:
        settings["sasl.mechanism"] = security.mechanism
        settings["sasl.username"] = secret(security.username)
        settings["sasl.password"] = secret(security.password)
    return settings


def _silent() -> object:
    import logging

    quiet = logging.getLogger("cdp_spark.ingest.kafka")
    quiet.propagate = False
    quiet.addHandler(logging.NullHandler())
    return quiet


def _understood(name: str, read: KafkaRead, error: "KafkaException") -> ConfigError | TransientError:
    from confluent_kafka import KafkaError

    code = error.args[0].code()
    if code in {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC}:
        return ConfigError(f"{name}: there is no topic {read.topic}", fix="correct read.topic, or create the topic")
    if code in {KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED, KafkaError._SSL}:
        return ConfigError(f"{name}: the brokers refuse the sign-in", fix="check read.security and its secrets")
    if code in {KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.CLUSTER_AUTHORIZATION_FAILED}:
        return ConfigError(f"{name}: topic {read.topic} may not be read", fix="grant the user Read and Describe on it")
    return TransientError(
        f"{name}: no Kafka broker answers at {read.servers}", fix="run again when it does; nothing was taken twice"
    )
