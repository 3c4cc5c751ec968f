"""Values of a mapping → Columns over a parsed record."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pyspark.sql import Column
from pyspark.sql import functions as F

from cdp_spark.config.sources import (
    Concat,
    Const,
    Difference,
    Entry,
    First,
    Hashed,
    JsonCell,
    LastPart,
    Mapped,
    Number,
    Object,
    Only,
    Rest,
    SalesforceId,
    Text,
    Time,
    UrlParameter,
    Value,
    When,
)
from cdp_spark.normalize.fields.currencies import units_of
from cdp_spark.normalize.fields.email import EDGE_SPACE
from cdp_spark.normalize.fields.numbers import amount, difference, stated_amount
from cdp_spark.normalize.fields.salesforce import long_id
from cdp_spark.normalize.fields.timestamps import timestamp
from cdp_spark.normalize.fields.urls import query_of, query_parameter
from cdp_spark.normalize.paths import entry_text

Kind = Literal["text", "timestamp", "amount"]


@dataclass(frozen=True)
class Given:
    """A value of a record: its column, what that holds, and whether the record said anything there."""

    column: Column
    kind: Kind
    present: Column

    @property
    def text(self) -> Column:
        """The value as text."""
        return self.column if self.kind == "text" else self.column.cast("string")

    def as_amount(self) -> "Given":
        """The value read as a number."""
        return self if self.kind == "amount" else Given(amount(self.text), "amount", self.present)


class Texts:
    """The texts that values are read from, each in a column of its own.

    Reading a value uses its text many times over; without columns in between, expressions would grow until planning
    them took longer than running them.
    """

    def __init__(self) -> None:
        self._columns: dict[str, tuple[str, Column]] = {}

    def kept(self, value: Value | When, text: Column) -> Column:
        """The column that will hold the text of a value, or whether a condition is met."""
        name, _ = self._columns.setdefault(repr(value), (f"_text_{len(self._columns)}", text))
        return F.col(name)

    @property
    def columns(self) -> list[Column]:
        """The columns to select before the values are read."""
        return [text.alias(name) for name, text in self._columns.values()]


def _not_kept(_: Value | When, text: Column) -> Column:
    return text


class Values:
    """Compiles values; ``resolve`` gives the column of a path, ``zone`` is that of times without one, ``kept`` the
    column that holds a value's text.
    """

    def __init__(
        self, resolve: Callable[[str], Column], zone: str, kept: Callable[[Value | When, Column], Column] = _not_kept
    ) -> None:
        self._resolve = resolve
        self._zone = zone
        self._kept = kept

    def of(self, value: Value) -> Given:  # one case a form
        """The value's column. Blank text counts as not there."""
        match value:
            case Time(time=inner, formats=formats, zone=zone):
                text = self._kept(inner, _clean(self._text(inner)))
                return Given(timestamp(text, formats, zone or self._zone), "timestamp", text.isNotNull())
            case Number(number=inner, decimal_sign=sign):
                text = self._kept(inner, _clean(self._text(inner)))
                return Given(stated_amount(text, sign, self._units(value)), "amount", text.isNotNull())
            case Difference(difference=parts):
                first, *others = [self.of(p).as_amount() for p in parts]
                less = difference(first.column, [(o.column, o.present) for o in others])
                return Given(less, "amount", first.present)
            case Only(only=part, when=when) if _is_typed(part):
                met, inner_given = self._kept(when, self.condition(when)), self.of(part)
                return Given(F.when(met, inner_given.column), inner_given.kind, met & inner_given.present)
            case First(first=parts) if any(_is_typed(p) for p in parts):
                return self._first([self.of(p) for p in parts])
            case _:
                text = self._kept(value, _clean(self._text(value)))
                return Given(text, "text", text.isNotNull())

    def condition(self, when: When) -> Column:
        """Whether a record meets a condition; never NULL."""
        if when.field is not None:
            return F.coalesce(self._comparison(when, when.field), F.lit(False))
        if when.none is not None:
            return ~_any([self.condition(w) for w in when.none])
        if when.any is not None:
            return _any([self.condition(w) for w in when.any])
        return ~_any([~self.condition(w) for w in when.all or ()])

    def _comparison(self, when: When, field: Value) -> Column:
        text = self._text(field)
        if when.exists is not None:
            there = _clean(text).isNotNull()
            return there if when.exists else ~there
        return text == when.equals if when.equals is not None else text.isin(*(when.one_of or ()))

    def _units(self, number: Number) -> Column | None:
        """How many of what a number counts make one; None where it counts those."""
        if not number.minor_units:
            return F.lit(number.divided_by) if number.divided_by > 1 else None
        if number.currency is None:
            return F.lit(100 * number.divided_by)
        code = self._kept(number.currency, _clean(self._text(number.currency)))
        return units_of(code).cast("bigint") * number.divided_by

    def _first(self, parts: list[Given]) -> Given:
        kinds = {p.kind for p in parts}
        present = _any([p.present for p in parts])
        if len(kinds) == 1:
            return Given(F.coalesce(*[p.column for p in parts]), parts[0].kind, present)
        return Given(F.coalesce(*[p.text for p in parts]), "text", present)

    def _text(self, value: Value) -> Column:  # noqa: PLR0911, PLR0912, C901  # one case a form
        match value:
            case str():
                return self._resolve(value)
            case Const(const=const):
                return F.lit(str(const).lower() if isinstance(const, bool) else str(const))
            case First(first=parts):
                return F.coalesce(*[_clean(self._text(p)) for p in parts])
            case Concat(concat=parts, separator=separator):
                texts = [_clean(self._text(p)) for p in parts]
                return F.when(F.coalesce(*texts).isNotNull(), F.concat_ws(separator, *texts))
            case Text(text=part, case=case):
                return _cased(F.regexp_replace(self._text(part), EDGE_SPACE, ""), case)
            case Mapped():
                return self._mapped(value)
            case Hashed(hash=parts):
                return F.sha2(F.concat_ws("\x1f", *[F.coalesce(self._text(p), F.lit("\x00")) for p in parts]), 256)
            case Only(only=part, when=when):
                return F.when(self.condition(when), self._text(part))
            case Entry(entry=part, by=by, equals=equals, value=paths):
                return entry_text(self._text(part), by, equals, paths)
            case LastPart(last_part=part, separator=separator):
                return F.substring_index(self._text(part), separator, -1)
            case SalesforceId(salesforce_id=part):
                return long_id(self._text(part))
            case UrlParameter(url_parameter=name, of=part):
                return query_parameter(query_of(self._text(part)), name)
            case JsonCell(json_cell=part, path=path):
                return F.get_json_object(self._text(part), _cell_path(path))
            case Object(object=fields):
                return _json_object({name: self.of(part).text for name, part in fields.items()})
            case Rest(without=without):
                return _rest(without)
            case Time() | Number() | Difference():
                return self.of(value).text

    def _mapped(self, value: Mapped) -> Column:
        text = F.trim(self._text(value.map))
        found = F.lit(None).cast("string") if value.otherwise == "drop" else text
        for key, to in reversed(value.values.items()):
            found = F.when(text == key, to).otherwise(found)
        return found


def _is_typed(value: Value) -> bool:
    """Whether a value is a time or a number by its form, and no text."""
    match value:
        case Time() | Number() | Difference():
            return True
        case Only(only=part):
            return _is_typed(part)
        case First(first=parts):
            return any(_is_typed(p) for p in parts)
        case _:
            return False


def _clean(text: Column) -> Column:
    return F.nullif(F.trim(text), F.lit(""))


def _any(conditions: list[Column]) -> Column:
    holds = F.lit(False)
    for condition in conditions:
        holds = holds | condition
    return holds


def _cased(text: Column, case: str) -> Column:
    return {"lower": F.lower, "upper": F.upper}[case](text) if case != "keep" else text


def _cell_path(path: str) -> str:
    steps = path.split(".")
    return "$" + "".join(f"[{s}]" if s.isdigit() else f"['{s}']" for s in steps)


def _json_object(texts: dict[str, Column]) -> Column:
    """Texts as one JSON object. Missing ones are left out, and nothing is made of nothing; JSON within stays JSON."""
    fields = [_embedded(text).alias(name) for name, text in texts.items()]
    return F.when(F.coalesce(*texts.values()).isNotNull(), F.to_json(F.struct(*fields)))


def _embedded(text: Column) -> Column:
    # Only objects and arrays: "0123" is a postcode, not a number.
    nested = F.when(text.startswith("{") | text.startswith("["), F.try_parse_json(text))
    return F.coalesce(nested, text.cast("variant"))


def _rest(without: tuple[str, ...]) -> Column:
    fields = F.from_json(F.when(F.col("fault").isNull(), F.col("raw")), "MAP<STRING, VARIANT>")
    left = F.map_filter(fields, lambda key, value: ~key.isin(*without)) if without else fields
    return F.when(F.cardinality(left) > 0, F.to_json(left))
