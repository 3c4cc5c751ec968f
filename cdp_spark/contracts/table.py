"""What a table promises, as plain data, and the way out that holds a frame to it."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import cast

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from cdp_spark.errors import ContractError


class Pii(StrEnum):
    """How much a column says about a person: ``direct`` names one, ``quasi`` narrows down, ``none`` neither."""

    DIRECT = "direct"
    QUASI = "quasi"
    NONE = "none"


@dataclass(frozen=True)
class Column:
    """A column: its name, Spark SQL type, meaning, personal-data class and whether NULL is allowed."""

    name: str
    type: str
    about: str
    pii: Pii = Pii.NONE
    required: bool = False


_LANDING, _TIMES = "landing_id", ("DATE", "TIMESTAMP")


@dataclass(frozen=True)
class TableContract:
    """One table of the warehouse.

    ``name`` is ``layer.table``; ``key`` names the columns that are unique together; ``keep_days`` is the
    retention (None: as long as the warehouse). With ``change_feed`` Delta can tell the rows that changed between two
    versions, which later stages ask for.
    """

    name: str
    about: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    keep_days: int | None = None
    change_feed: bool = False

    def __post_init__(self) -> None:
        names = [c.name for c in self.columns]
        unknown = [k for k in self.key if k not in names]
        if unknown or len(set(names)) != len(names):
            raise ContractError(
                f"the contract of {self.name} contradicts itself",
                fix="name each column once, and in the key only declared columns",
                unknown=unknown,
            )

    @property
    def layer(self) -> str:
        """The layer, e.g. ``silver``."""
        return self.name.split(".")[0]

    @property
    def table(self) -> str:
        """The table's name within its layer."""
        return self.name.split(".")[1]

    @property
    def column_names(self) -> tuple[str, ...]:
        """The columns in their order."""
        return tuple(c.name for c in self.columns)

    @property
    def schema(self) -> str:
        """The columns as DDL text, for ``createDataFrame`` and the create statement."""
        return ", ".join(f"`{c.name}` {c.type}{' NOT NULL' if c.required else ''}" for c in self.columns)

    @property
    def types(self) -> StructType:
        """The columns as Spark's types."""
        return _types(self.schema)

    @property
    def statistics_columns(self) -> tuple[str, ...]:
        """The columns whose minimum and maximum stand in the log: landings and times, no personal data.

        Only what is added landing by landing lies in files by time. No file of another table could be skipped, and
        statistics take their part of each write.
        """
        if _LANDING not in self.column_names:
            return ()
        times = [c for c in self.columns if c.pii is Pii.NONE and c.type.upper() in _TIMES]
        return (_LANDING, *[c.name for c in times])

    @property
    def properties(self) -> dict[str, str]:
        """The properties that the Delta table is made with."""
        columns = self.statistics_columns
        # Without a column named, Delta would keep statistics of the first thirty-two.
        of_columns = (
            {"delta.dataSkippingStatsColumns": ",".join(columns)}
            if columns
            else {"delta.dataSkippingNumIndexedCols": "0"}
        )
        # Delta would sum up the log at every tenth commit, on all tables in the same run; reading a hundred entries takes less.
        properties = of_columns | {"delta.enableDeletionVectors": "false", "delta.checkpointInterval": "100"}
        return properties | ({"delta.enableChangeDataFeed": "true"} if self.change_feed else {})

    def is_kept_by(self, schema: StructType) -> bool:
        """Whether the columns are the contract's, in order and type."""
        return [(f.name, f.dataType) for f in schema] == [(f.name, f.dataType) for f in self.types]

    def shape(self, frame: DataFrame) -> DataFrame:
        """The frame with exactly this contract's columns, in order and cast.

        Raises ContractError naming the columns that are missing.
        """
        missing = [c for c in self.column_names if c not in frame.columns]
        if missing:
            raise ContractError(
                f"{self.name}: columns missing: {', '.join(missing)}",
                fix=f"produce them before the frame is shaped for {self.name}",
                table=self.name,
                missing=missing,
            )
        if self.is_kept_by(frame.schema):
            return frame
        given = {f.name: f.dataType for f in frame.schema}
        promised = {f.name: f.dataType for f in self.types}
        # Casting to the type that is there already would take two more calls into the JVM, for each of many columns.
        return frame.select(
            *[
                name if given[name] == type_ else F.col(f"`{name}`").cast(type_).alias(name)
                for name, type_ in promised.items()
            ]
        )


@cache
def _types(schema: str) -> StructType:
    return cast("StructType", StructType.fromDDL(schema))
