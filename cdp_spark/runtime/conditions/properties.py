"""Properties of events and orders: JSON objects, parsed once a row for everybody who asks."""

from collections.abc import Iterable, Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

_PARSED = "_parsed"


class Properties:
    """The texts of some properties, each a column of a frame.

    A path has parts divided by dots, made of letters, digits, ``_`` and blanks (the configuration admits no other).
    A number or true/false comes as its plain text (12.50 as 12.5), an object or array as JSON; what is missing, null or
    within no object is NULL. ``given`` names paths that are columns of their own, with their text.
    """

    def __init__(self, paths: Iterable[str], given: Mapping[str, Column] | None = None) -> None:
        self._given = dict(given or {})
        self._columns = {path: f"property_{i}" for i, path in enumerate(sorted(set(paths)))}

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that hold the texts."""
        return tuple(self._columns.values())

    def text(self, path: str) -> Column:
        """The property's text."""
        return F.col(self._columns[path])

    def parsed(self, facts: DataFrame) -> DataFrame:
        """The frame with the columns added; it has ``properties``, a JSON object."""
        given = {c: self._given[p].cast("string") for p, c in self._columns.items() if p in self._given}
        paths = {p: c for p, c in self._columns.items() if p not in self._given}
        if not paths:
            return facts.withColumns(given)
        tops = sorted({p.split(".")[0] for p in paths})
        schema = StructType([StructField(top, StringType()) for top in tops])
        read = {c: _within(F.col(_PARSED).getField(p.split(".")[0]), p.split(".")[1:]) for p, c in paths.items()}
        parsed = facts.withColumn(_PARSED, F.from_json("properties", schema))
        return parsed.withColumns({**given, **read}).drop(_PARSED)


def _within(top: Column, rest: list[str]) -> Column:
    if not rest:
        return top
    return F.get_json_object(top, "$" + "".join(f"['{part}']" for part in rest))
