"""Which paths into a record a source's mappings read."""

import re
from collections.abc import Iterator

from cdp_spark.config.sources import First, Only, Stream, Value, When, parts_of


def paths_of(value: Value) -> Iterator[str]:
    """Every path that a value reads."""
    if isinstance(value, str):
        yield value
    if isinstance(value, Only):
        yield from paths_of_condition(value.when)
    for part in parts_of(value):
        yield from paths_of(part)


def paths_of_condition(when: When) -> Iterator[str]:
    """Every path that a condition reads."""
    if when.field is not None:
        yield from paths_of(when.field)
    for part in (*(when.all or ()), *(when.any or ()), *(when.none or ())):
        yield from paths_of_condition(part)


def fields_expected(stream: Stream) -> list[tuple[str, ...]]:
    """The fields of a record that the stream's mappings take values from, each once; of several in one entry one is enough.

    A field is the first word of a path. Conditions are left out: they may well ask for what is not there.
    """
    found: dict[tuple[str, ...], None] = {}
    for mapping in stream.mappings:
        values = [*mapping.set.values(), *(p.status for p in mapping.purposes.values())]
        for of_namespace in mapping.identifiers.values():
            values += of_namespace if isinstance(of_namespace, tuple) else (of_namespace,)
        if mapping.lines:
            values.append(mapping.lines.each)
        for value in values:
            found |= dict.fromkeys(_alternatives(value))
    return list(found)


def _alternatives(value: Value) -> Iterator[tuple[str, ...]]:
    if isinstance(value, str):
        yield (_first_word(value),)
    elif isinstance(value, First):
        yield tuple(dict.fromkeys(_first_word(p) for part in value.first for p in paths_of(part)))
    else:
        for part in parts_of(value):
            yield from _alternatives(part)


def _first_word(path: str) -> str:
    return re.split(r"[.\[]", path, maxsplit=1)[0]
