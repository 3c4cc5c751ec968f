"""Properties of events and orders: JSON objects, parsed once a row for everybody who asks."""

from collections.abc import Iterable, Mapping
from typing import Literal

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from cdp_spark.runtime.conditions.comparisons import instant, number

Form = Literal["text", "folded", "number", "flag", "time"]
Reading = tuple[str, Form]
_PARSED, _TEXT = "_parsed", "_text_"


class Properties:
    """Some properties in the forms that are asked for, each a column of a frame, made once a row.

    A path has parts divided by dots, made of letters, digits, ``_`` and blanks (the configuration admits no other).
    As text a number or true/false is its plain text (12.50 is 12.5), an object or array JSON; what is missing, null
    or within no object is NULL. ``folded`` is the text in small letters, ``number`` a decimal, ``flag`` true or false,
    ``time`` a timestamp, without a zone of its own in ``zone``; NULL where the text is none. ``given`` names paths
    that are columns of their own, with their text.
    """

    def __init__(
        self, readings: Iterable[Reading], zone: str = "UTC", given: Mapping[str, Column] | None = None
    ) -> None:
        self._zone = zone
        self._given = dict(given or {})
        self._columns = {reading: f"property_{i}" for i, reading in enumerate(sorted(set(readings)))}

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that hold the values."""
        return tuple(self._columns.values())

    def value(self, path: str, form: Form) -> Column:
        """The property's value in that form."""
        return F.col(self._columns[path, form])

    def parsed(self, facts: DataFrame) -> DataFrame:
        """The frame with the columns added; it has ``properties``, a JSON object."""
        texts = {path: f"{_TEXT}{i}" for i, path in enumerate(sorted({path for path, _ in self._columns}))}
        with_texts = self._with_texts(facts, texts)
        values = {c: self._formed(F.col(texts[path]), form) for (path, form), c in self._columns.items()}
        return with_texts.withColumns(values).drop(*texts.values())

    def _with_texts(self, facts: DataFrame, texts: Mapping[str, str]) -> DataFrame:
        given = {c: self._given[p].cast("string") for p, c in texts.items() if p in self._given}
        paths = {p: c for p, c in texts.items() if p not in self._given}
        if not paths:
            return facts.withColumns(given)
        tops = sorted({p.split(".")[0] for p in paths})
        schema = StructType([StructField(top, StringType()) for top in tops])
        read = {c: _within(F.col(_PARSED).getField(p.split(".")[0]), p.split(".")[1:]) for p, c in paths.items()}
        return facts.withColumn(_PARSED, F.from_json("properties", schema)).withColumns({**given, **read}).drop(_PARSED)

    def _formed(self, text: Column, form: Form) -> Column:
        if form == "folded":
            return F.lower(text)
        if form == "number":
            return number(text)
        if form == "flag":
            return F.when(F.lower(text).isin("true", "false"), F.lower(text) == "true")
        return instant(text, self._zone) if form == "time" else text


def _within(top: Column, rest: list[str]) -> Column:
    if not rest:
        return top
    return F.get_json_object(top, "$" + "".join(f"['{part}']" for part in rest))
