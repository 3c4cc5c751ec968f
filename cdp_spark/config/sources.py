"""sources/*.yml: where a source's raw data lies and what its fields mean.

A value in a mapping is a path into the record (``context.page.url``, ``items[0].id``) or one of the small
operations below. The tree is compiled to Spark Columns; no text of it becomes SQL.
"""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, field_validator, model_validator

from cdp_spark.config.base import Name, Strict, told_by
from cdp_spark.config.reads import Read

_PATH = re.compile(r"\A[^.\[\]`]+(?:\[\d+\])*(?:\.[^.\[\]`]+(?:\[\d+\])*)*\Z")


def _a_path(path: str) -> str:
    if not _PATH.match(path) or len(path) > 300:
        raise ValueError(f"{path!r} is no path; write it like context.page.url or items[0].id")
    return path


Path_ = Annotated[str, AfterValidator(_a_path)]


_TIME_FORMATS = ("auto", "epoch_s", "epoch_ms", "epoch_us")
_PATTERN_LETTERS = frozenset("GyMLdDahkKHmsSVzOXxZ")


def _a_time_format(form: str) -> str:
    """One of the words, or a pattern whose letters Spark can read a time by (Spark SQL Guide: Datetime Patterns)."""
    if form in _TIME_FORMATS:
        return form
    letters = set(re.findall(r"[A-Za-z]", re.sub(r"'[^']*'", "", form)))
    known = f"the words are {', '.join(_TIME_FORMATS)}; in a pattern a year is yyyy, a month MM, a day dd, an hour HH, a minute mm"
    if not letters or letters - _PATTERN_LETTERS:
        raise ValueError(f"{form!r} is no format of a time: {known}")
    if "D" in letters and letters & {"M", "d"}:
        raise ValueError(f"in {form!r} D is the day of the year; the day of the month is dd")
    if letters & {"h", "K"} and "a" not in letters:
        raise ValueError(f"in {form!r} h and K are hours of twelve and need a, for AM or PM; the hour of the day is HH")
    return form


class Const(Strict):
    """The same value for every record."""

    const: str | int | float | bool


class First(Strict):
    """The first of several values that is there."""

    first: tuple["Value", ...] = Field(min_length=1)


class Concat(Strict):
    """Values joined; missing ones are left out, and nothing is made of nothing."""

    concat: tuple["Value", ...] = Field(min_length=1)
    separator: str = ""


class Text(Strict):
    """A value trimmed and, where asked, in lower or upper case."""

    text: "Value"
    case: Literal["keep", "lower", "upper"] = "keep"


class Mapped(Strict):
    """A value looked up in a list; ``otherwise`` keeps it, drops it or gives another."""

    map: "Value"
    values: dict[str, str] = Field(min_length=1)
    otherwise: Literal["keep", "drop"] = "drop"


class Time(Strict):
    """A time in a stated format, or without zone in a stated zone.

    ``formats``: auto (ISO 8601 and epochs by size), epoch_s, epoch_ms, epoch_us, or a pattern of Spark such as
    dd.MM.yyyy HH:mm. The first that reads it counts.
    """

    time: "Value"
    formats: tuple[Annotated[str, AfterValidator(_a_time_format)], ...] = ("auto",)
    zone: str | None = Field(default=None, description="Zone of times without one; default is the source's")


class Number(Strict):
    """A number with a stated decimal sign, or in minor units (cents; of which a yen has one and a dinar a thousand)."""

    number: "Value"
    decimal_sign: Literal[".", ","] = "."
    minor_units: bool = False
    currency: "Value | None" = Field(
        default=None, description="The currency of minor units; without it a hundred make one"
    )
    divided_by: int = Field(default=1, ge=1, le=1_000_000, description="E.g. 1000000 for millionths")


class Difference(Strict):
    """The first number less the others; others that are missing count as nothing."""

    difference: tuple["Value", ...] = Field(min_length=2)


class Only(Strict):
    """A value of those records only that meet a condition."""

    only: "Value"
    when: "When"


class Entry(Strict):
    """A value of that element of an array of objects whose field ``by`` is ``equals``.

    ``{entry: event_params, by: key, equals: page_title, value: [value.string_value]}``: the first of the paths in
    ``value``, relative to the element, that holds something.
    """

    entry: "Value"
    by: Path_ = "key"
    equals: str
    value: tuple[Path_, ...] = Field(default=("value",), min_length=1)


class LastPart(Strict):
    """What follows the last separator: the number in gid://shopify/Order/1."""

    last_part: "Value"
    separator: str = Field(default="/", min_length=1)


class SalesforceId(Strict):
    """The 18 characters of a Salesforce id of 15, which alone may be compared without regard to case."""

    salesforce_id: "Value"


class Hashed(Strict):
    """SHA-256 over several values: an id for records that have none."""

    hash: tuple["Value", ...] = Field(min_length=1)


class UrlParameter(Strict):
    """A parameter of a URL."""

    url_parameter: Name
    of: "Value"


class JsonCell(Strict):
    """A path into a cell that itself holds JSON."""

    json_cell: "Value"
    path: Path_ = Field(description="Path within the cell; an array's elements as [0].id are written 0.id")


class Object(Strict):
    """Several values as one JSON object."""

    object: dict[str, "Value"] = Field(min_length=1)


class Rest(Strict):
    """The record's top-level fields as one JSON object, without the named ones."""

    rest: Literal["record"]
    without: tuple[str, ...] = ()


Value = Annotated[
    Annotated[Path_, Tag("Path")]
    | Annotated[Const, Tag("Const")]
    | Annotated[First, Tag("First")]
    | Annotated[Concat, Tag("Concat")]
    | Annotated[Text, Tag("Text")]
    | Annotated[Mapped, Tag("Mapped")]
    | Annotated[Time, Tag("Time")]
    | Annotated[Number, Tag("Number")]
    | Annotated[Difference, Tag("Difference")]
    | Annotated[Only, Tag("Only")]
    | Annotated[Entry, Tag("Entry")]
    | Annotated[LastPart, Tag("LastPart")]
    | Annotated[SalesforceId, Tag("SalesforceId")]
    | Annotated[Hashed, Tag("Hashed")]
    | Annotated[UrlParameter, Tag("UrlParameter")]
    | Annotated[JsonCell, Tag("JsonCell")]
    | Annotated[Object, Tag("Object")]
    | Annotated[Rest, Tag("Rest")],
    told_by(
        Const,
        First,
        Concat,
        Text,
        Mapped,
        Time,
        Number,
        Difference,
        Only,
        Entry,
        LastPart,
        SalesforceId,
        Hashed,
        UrlParameter,
        JsonCell,
        Object,
        Rest,
        text="Path",
    ),
]
Values = Annotated[
    Annotated[Value, Tag("Value")] | Annotated[tuple[Value, ...], Tag("Several")],
    Discriminator(lambda values: "Several" if isinstance(values, list | tuple) else "Value"),
]


# What may name a record's fact: these give the same text for the same record, whatever else is configured.
_ID_KINDS = (str, Const, First, Concat, Text, Hashed)


def _only_id_kinds(value: "Value") -> None:
    if not isinstance(value, _ID_KINDS):
        raise ValueError("message_id is made of paths, const, first, concat, text and hash only")
    for part in parts_of(value):
        _only_id_kinds(part)


def parts_of(value: "Value") -> tuple["Value", ...]:
    """The values that a value is made of."""
    match value:
        case First(first=parts) | Concat(concat=parts) | Hashed(hash=parts) | Difference(difference=parts):
            return parts
        case Number(number=part, currency=currency):
            return (part,) if currency is None else (part, currency)
        case Text(text=part) | Mapped(map=part) | Time(time=part) | UrlParameter(of=part) | JsonCell(json_cell=part):
            return (part,)
        case Only(only=part) | Entry(entry=part) | LastPart(last_part=part) | SalesforceId(salesforce_id=part):
            return (part,)
        case Object(object=fields):
            return tuple(fields.values())
        case _:
            return ()


class When(Strict):
    """Which records a mapping takes: all, any or none of some conditions on fields, or on values made of them."""

    field: "Value | None" = None
    equals: str | None = None
    one_of: tuple[str, ...] | None = None
    exists: bool | None = None
    all: tuple["When", ...] | None = None
    any: tuple["When", ...] | None = None
    none: tuple["When", ...] | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        tests = [t for t in (self.equals, self.one_of, self.exists) if t is not None]
        groups = [g for g in (self.all, self.any, self.none) if g is not None]
        good = (self.field is not None and len(tests) == 1 and not groups) or (
            self.field is None and not tests and len(groups) == 1
        )
        if not good:
            raise ValueError("needs field with one of equals, one_of, exists; or one of all, any, none")
        return self


class Purpose(Strict):
    """What a consent record says of one purpose."""

    status: Value = Field(description="granted, denied, withdrawn, pending or unknown; true and false are understood")
    channel: str | None = None


class Lines(Strict):
    """Order lines: elements of an array in the record."""

    each: Path_ = Field(description="The array; paths in set are relative to its elements")
    set: dict[str, Value] = Field(min_length=1)


# Beside its own columns an event takes the two clocks of the device, from which its time is repaired.
EVENT_CLOCKS = ("device_ts", "sent_ts")

# What a mapping to a table must say, because the table cannot do without it and nothing else gives it.
NEEDED: dict[str, tuple[str, ...]] = {
    "events": (),
    "customers": ("source_key",),
    "orders": ("order_id", "ordered_at"),
    "order_lines": ("order_id", "line"),
    "consent_events": ("captured_at",),
    "ad_spend": ("campaign", "day", "spend"),
}


class Mapping(Strict):
    """How records become rows of one silver table.

    Of several mappings of a stream to events, the first that takes a record makes its row.
    """

    name: Name | None = Field(default=None, description="By which a source that adopts a preset changes it")
    to: Literal["events", "customers", "orders", "order_lines", "consent_events", "ad_spend"]
    when: When | None = None
    set: dict[str, Value] = Field(default={}, description="Column of the table → value")
    identifiers: dict[Name, Values] = Field(default={}, description="Namespace → value or values")
    lines: Lines | None = Field(default=None, description="Only for orders: the array that holds their lines")
    totals_from_lines: bool = Field(
        default=False, description="Only for orders: records are lines, and an order's sums are those of its lines"
    )
    purposes: dict[Name, Purpose] = Field(default={}, description="Only for consent_events")

    @model_validator(mode="after")
    def _parts_that_belong(self) -> Self:
        if (self.lines or self.totals_from_lines) and self.to != "orders":
            raise ValueError("lines and totals_from_lines belong to orders")
        if bool(self.purposes) != (self.to == "consent_events"):
            raise ValueError("purposes belong to consent_events, and consent_events need them")
        if self.to == "ad_spend" and self.identifiers:
            raise ValueError("ad_spend is about no person and has no identifiers")
        if self.to == "consent_events" and not self.identifiers:
            raise ValueError("consent_events need identifiers: the contact points that the decision is about")
        if lacking := [c for c in NEEDED[self.to] if c not in self.set]:
            raise ValueError(f"a mapping to {self.to} must set {', '.join(lacking)}")
        return self


def _named(mappings: object) -> object:
    """Named mappings as a list of such."""
    if not isinstance(mappings, dict):
        return mappings
    return [{**m, "name": name} if isinstance(m, dict) else m for name, m in mappings.items()]


class Stream(Strict):
    """One kind of record of a source. Mappings are a list, or an object of named ones."""

    about: str = Field(default="", description="What the records are and how they are to be landed")
    read: Read
    message_id: Value | None = Field(
        default=None, description="Path or value that names the fact; without one a hash of the record does"
    )
    global_id: bool = Field(default=False, description="The id is unique in the world, not only within this stream")
    equal_records: Literal["repeats", "separate"] = Field(
        default="repeats", description="Without an id: are equal records repeats of one fact or separate facts?"
    )
    timezone: str | None = Field(default=None, description="Zone of times without one; default is the project's")
    unmatched: Literal["quarantine", "skip"] = Field(
        default="quarantine", description="What becomes of records that no mapping takes; skipped ones are counted"
    )
    mappings: Annotated[
        tuple[Mapping, ...],
        BeforeValidator(_named, json_schema_input_type=tuple[Mapping, ...] | dict[Name, Mapping]),
    ] = Field(min_length=1)

    @field_validator("message_id")
    @classmethod
    def _names_the_fact(cls, value: Value | None) -> Value | None:
        if value is not None:
            _only_id_kinds(value)
        return value


class SourceConfig(Strict):
    """sources/<name>.yml."""

    source: Name
    preset: Name | None = Field(default=None, description="The preset it was made from; `cdp presets` lists them")
    about: str = ""
    streams: dict[Name, Stream] = Field(min_length=1)
