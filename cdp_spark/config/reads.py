"""`read` of a stream: files of the landing zone, a Kafka topic, a database table, or somebody else's Delta table."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Discriminator, Field, Tag, field_validator, model_validator

from cdp_spark.config.base import Duration, Strict


def _a_reference(text: str) -> str:
    if not re.match(r"\A(env|file|databricks):\S+\Z", text):
        raise ValueError("a secret is named, never written here: env:NAME, file:/path or databricks:scope/key")
    return text


def _an_identifier(name: str) -> str:
    if not re.match(r"\A[^\W\d][\w$]*\Z", name):
        raise ValueError(
            f"{name!r} is no name of a column or table: letters, digits, _ and $, not beginning with a digit"
        )
    return name


SecretReference = Annotated[str, AfterValidator(_a_reference)]
Identifier = Annotated[str, AfterValidator(_an_identifier)]
OnDataLoss = Annotated[
    Literal["fail", "skip"],
    Field(description="What it means when the source no longer has what was not taken yet"),
]


class AnyRead(Strict):
    """What every kind of reading has."""

    max_record_bytes: int = Field(
        default=1_000_000, ge=1_000, le=16_000_000, description="Longer records go to quarantine"
    )


class FileRead(AnyRead):
    """The files of a stream."""

    path: str = Field(description="Folder or file, relative to the landing root")
    format: Literal["jsonl", "csv", "parquet"]
    pattern: str = Field(default="*", description="File name pattern, e.g. *.jsonl.gz")
    encoding: Literal["utf-8", "latin-1", "windows-1252", "utf-16"] = "utf-8"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    quote: str = Field(default='"', min_length=1, max_length=1)
    columns: tuple[str, ...] | None = Field(default=None, description="Column names of a CSV without a header")
    missing: Literal["fail", "skip"] = Field(default="fail", description="What a missing folder means")
    rewritten: Literal["take_again", "ignore"] = Field(default="take_again", description="What a rewritten file means")
    settle_seconds: int = Field(default=0, ge=0, description="Files younger than this wait for the next run")
    loads: Literal["dlt"] | None = Field(
        default=None, description="dlt: only files of loads that its _dlt_loads beside the folder calls complete"
    )

    @field_validator("format", mode="before")
    @classmethod
    def _known(cls, value: object) -> object:
        if value not in FORMATS:
            raise ValueError(f"use one of {', '.join(FORMATS)}")
        return value

    @model_validator(mode="after")
    def _within_the_root(self) -> Self:
        if self.path.startswith(("/", "~")) or ".." in self.path.replace("\\", "/").split("/") or "\0" in self.path:
            raise ValueError("path must lie below the landing root")
        if self.encoding == "utf-16" and self.format != "csv":
            raise ValueError("utf-16 is read from csv only")
        return self


class KafkaSecurity(Strict):
    """How to sign in to the brokers."""

    protocol: Literal["ssl", "sasl_plaintext", "sasl_ssl"] = "sasl_ssl"
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "PLAIN"
    username: SecretReference | None = None
    password: SecretReference | None = None
    ca_file: str | None = Field(default=None, description="PEM file of the authorities that signed the brokers' keys")

    @model_validator(mode="after")
    def _credentials(self) -> Self:
        if self.protocol != "ssl" and not (self.username and self.password):
            raise ValueError(f"{self.protocol} needs username and password")
        return self


class KafkaRead(AnyRead):
    """The records of a topic whose values are JSON objects. Positions are kept in ops.landings, not in a group."""

    format: Literal["kafka"]
    servers: str = Field(description="host:port, several with commas")
    topic: str = Field(pattern=r"^[A-Za-z0-9._-]{1,249}$")
    start: Literal["earliest", "latest"] = Field(default="earliest", description="Where the first run begins")
    max_records: int = Field(
        default=5_000_000, ge=1, description="Most that one run takes; the rest waits for the next"
    )
    on_data_loss: OnDataLoss = "fail"
    security: KafkaSecurity | None = None
    timeout_seconds: int = Field(default=60, ge=1, description="How long a broker that does not answer is waited for")

    @field_validator("servers")
    @classmethod
    def _addresses(cls, servers: str) -> str:
        if not all(re.match(r"\A[^\s,:@/]+:\d{1,5}\Z", s.strip()) for s in servers.split(",")):
            raise ValueError("servers are host:port, several with commas")
        return servers


class JdbcRead(AnyRead):
    """The rows of a database table: those beyond a cursor, or, without one, all that differ from what was taken."""

    format: Literal["jdbc"]
    url: str = Field(description="jdbc:…, without user and password")
    user: SecretReference | None = None
    password: SecretReference | None = None
    table: str = Field(description="table or schema.table")
    columns: tuple[Identifier, ...] | None = Field(default=None, min_length=1, description="Default: all")
    key: tuple[Identifier, ...] = Field(min_length=1, description="The columns that name a row")
    cursor: Identifier | None = Field(
        default=None, description="Column that rises with every change. Without it the whole table is compared"
    )
    overlap: int | Duration | None = Field(
        default=None,
        description="How far before the highest cursor to look again for late commits; default 1h, or 1000 of a number",
    )
    driver: str | None = Field(
        default=None, pattern=r"^[A-Za-z_][\w.$]*$", description="Class of the JDBC driver, if not PostgreSQL's"
    )
    deletes: Literal["find", "ignore"] = Field(
        default="find", description="Without a cursor: do rows that vanished become delete records?"
    )
    fetch_size: int = Field(default=10_000, ge=1, description="Rows a round trip")
    timeout_seconds: int = Field(default=60, ge=1, description="How long the server is waited for")

    @field_validator("url")
    @classmethod
    def _without_credentials(cls, url: str) -> str:
        if not url.startswith("jdbc:") or re.search(r"(?i)password|//[^/]*@", url):
            raise ValueError("the URL begins with jdbc: and holds no user or password; those are secrets")
        return url

    @field_validator("table")
    @classmethod
    def _a_table(cls, table: str) -> str:
        for part in table.split("."):
            _an_identifier(part)
        return table


class DeltaRead(AnyRead):
    """The rows of a Delta table that others write: by its change feed, or by comparing versions."""

    format: Literal["delta"]
    table: str = Field(description="Path or URI of the table; a relative path is relative to the landing root")
    columns: tuple[Identifier, ...] | None = Field(default=None, min_length=1, description="Default: all")
    key: tuple[Identifier, ...] | None = Field(
        default=None, min_length=1, description="The columns that name a row: only with them are deletes found"
    )
    start: Literal["earliest", "latest"] = Field(
        default="earliest", description="Does the first run take what is there, or only what changes afterwards?"
    )
    on_data_loss: OnDataLoss = "fail"


FORMATS = ("jsonl", "csv", "parquet", "kafka", "jdbc", "delta")
_KINDS = {"kafka": "KafkaRead", "jdbc": "JdbcRead", "delta": "DeltaRead"}


def _kind(value: Any) -> str:
    said = value.get("format") if isinstance(value, dict) else getattr(value, "format", None)
    return _KINDS.get(said, "FileRead") if isinstance(said, str) else "FileRead"


Read = Annotated[
    Annotated[FileRead, Tag("FileRead")]
    | Annotated[KafkaRead, Tag("KafkaRead")]
    | Annotated[JdbcRead, Tag("JdbcRead")]
    | Annotated[DeltaRead, Tag("DeltaRead")],
    Discriminator(_kind),
]
