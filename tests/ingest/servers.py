"""A real Kafka broker and a real PostgreSQL server, started and ended by the scripts of the same name."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any

from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic

SCRIPTS = Path(__file__).parents[2] / "scripts"


class ServerMissing(Exception):
    """It cannot be had here; says why."""


class Server:
    """One server in a folder of its own."""

    script: str

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="cdp-server-"))
        self.folder.chmod(0o755)  # PostgreSQL does not serve as root
        self.address = ""

    def start(self) -> None:
        self.address = self.run("start").strip()

    def discard(self) -> None:
        """Ends it, if it runs, and removes its folder."""
        with suppress(ServerMissing):
            self.run("kill")
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, action: str, said: str = "") -> str:
        command = [str(SCRIPTS / self.script), action, str(self.folder)]
        done = subprocess.run(command, text=True, capture_output=True, check=False, input=said)
        if done.returncode:
            raise ServerMissing(done.stderr.strip().splitlines()[-1])
        return done.stdout


class Broker(Server):
    script = "kafka"

    def _await(self, ask: Callable[[AdminClient], dict[Any, Future[Any]]]) -> Any:
        """The answer to one question; a client that is let go of answers nothing."""
        admin = AdminClient({"bootstrap.servers": self.address})
        (answer,) = ask(admin).values()
        return answer.result(30)

    def topic(self, name: str, partitions: int = 1, **config: str) -> str:
        wanted = NewTopic(name, partitions, 1, config={k.replace("_", "."): v for k, v in config.items()})
        self._await(lambda admin: admin.create_topics([wanted]))
        return name

    def delete_topic(self, name: str) -> None:
        self._await(lambda admin: admin.delete_topics([name]))

    def add_partitions(self, name: str, total: int) -> None:
        self._await(lambda admin: admin.create_partitions([NewPartitions(name, total)]))

    def delete_before(self, topic: str, partition: int, offset: int) -> None:
        """What retention does: the partition then begins at ``offset``."""
        place = TopicPartition(topic, partition, offset)
        self._await(lambda admin: admin.delete_records([place]))

    def send(
        self,
        topic: str,
        values: Iterable[bytes | str | None],
        key: bytes | str | None = None,
        partition: int = 0,
        headers: list[tuple[str, bytes]] | None = None,
        timestamp: int = 1_772_000_000_000,
    ) -> None:
        producer = Producer({"bootstrap.servers": self.address, "linger.ms": 5})
        for i, value in enumerate(values):
            producer.produce(topic, value, key, partition=partition, headers=headers, timestamp=timestamp)
            if i % 10_000 == 9_999:  # its queue holds 100,000
                producer.flush(30)
        assert producer.flush(30) == 0

    def send_objects(self, topic: str, ids: Iterable[int], partition: int = 0) -> None:
        self.send(topic, (json.dumps({"id": n}) for n in ids), partition=partition)


class Postgres(Server):
    script = "postgres"

    @property
    def url(self) -> str:
        return f"jdbc:postgresql://{self.address}/shop"

    def sql(self, statements: str) -> str:
        return self.run("sql", statements).strip()
