"""The fields of raw records: shapes taken apart into paths and types."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from cdp_spark.quality.marks import EXAMINED, FIELD, SHAPE
from cdp_spark.quality.measurements import Measurement

NOTHING = "null"
_TYPES = {"STRING": "text", "NUMBER": "number", "BOOLEAN": "boolean", "VOID": NOTHING, "VARIANT": "mixed"}
_TOKEN = re.compile(r"`(?:[^`]|``)*`|[<>:,]|[^<>:,`\s]+")
_FIELDS_AT_MOST = 2_000
_A_NAME = re.compile(r"\A[^@]{1,60}\Z")
_LIKE_A_VALUE = re.compile(r"\d{5,}|[0-9a-fA-F-]{20,}")

Field = tuple[str, str]


def fields_of_shape(shape: str) -> set[Field]:
    """Path and type of every field of a shape as Spark's ``schema_of_variant`` writes it; ``items[].sku`` is within a list."""
    return set(_fields(iter(_TOKEN.findall(shape)), ""))


def shown_name(name: str) -> str:
    """A name from the data as it may be shown: one that looks like a value becomes ``*``."""
    return name if _A_NAME.match(name) and not _LIKE_A_VALUE.search(name) else "*"


def with_fields(measured: Iterable[Measurement]) -> list[Measurement]:
    """The measurements, those of shapes replaced by one a field and type and the number of records looked into."""
    shapes: dict[tuple[str, str, int], Counter[Field]] = {}
    examined: Counter[tuple[str, str, int]] = Counter()
    others = []
    for m in measured:
        if m.measure != SHAPE:
            others.append(m)
            continue
        place = (m.source, m.stream, m.landing_id)
        examined[place] += m.n
        counted = shapes.setdefault(place, Counter())
        for field in fields_of_shape(m.subject):
            counted[field] += m.n
    for (source, stream, landing), counted in shapes.items():
        blank = Measurement(FIELD, source, stream, "", "", landing, 0)
        others.append(replace(blank, measure=EXAMINED, part="bronze", n=examined[source, stream, landing]))
        # In a total order, so that the same records keep the same fields.
        most = sorted(counted.items(), key=lambda f: (-f[1], f[0]))[:_FIELDS_AT_MOST]
        others += [replace(blank, subject=path, part=type_, n=n) for (path, type_), n in most]
    return others


def _fields(tokens: Iterator[str], path: str) -> Iterator[Field]:
    kind = next(tokens)
    if kind == "OBJECT":
        yield path, "object"
        yield from _members(tokens, path)
    elif kind == "ARRAY":
        yield path, "list"
        next(tokens)
        yield from (f for f in _fields(tokens, f"{path}[]") if f[0] != f"{path}[]")
        next(tokens)
    else:
        yield path, _TYPES.get(kind, kind.lower())


def _members(tokens: Iterator[str], path: str) -> Iterator[Field]:
    token = next(tokens)
    while token != ">":
        if token == "<":
            token = next(tokens)
            continue
        if token == ",":
            token = next(tokens)
        name = shown_name(token.strip("`").replace("``", "`"))
        next(tokens)
        yield from _fields(tokens, f"{path}.{name}" if path else name)
        token = next(tokens)
