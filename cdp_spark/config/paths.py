"""Which paths into a record a source's mappings read."""

import re
from collections.abc import Iterator

from cdp_spark.config.sources import First, Mapping, Only, Stream, Value, Values, When, parts_of


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


def identifier_values(mapping: Mapping) -> Iterator[Value]:
    """The values of a mapping's identifiers, one below the other."""
    for values in mapping.identifiers.values():
        yield from _each(values)


def first_field(path: str) -> str:
    """The field of the record that a path begins with."""
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def fields_expected(stream: Stream) -> list[tuple[str, ...]]:
    """The fields of a record that the stream's mappings take values from, each once; of several in one entry one is enough.

    Conditions are left out: they may well ask for what is not there.
    """
    found: dict[tuple[str, ...], None] = {}
    for mapping in stream.mappings:
        values = [*mapping.set.values(), *identifier_values(mapping), *(p.status for p in mapping.purposes.values())]
        if mapping.lines:
            values.append(mapping.lines.each)
        for value in values:
            found |= dict.fromkeys(_alternatives(value))
    return list(found)


def paths_behind(stream: Stream, target: str, subject: str) -> list[str]:
    """The paths that the stream's mappings to a table read for what a reason is about, each once.

    That is a column, a namespace, ``identifiers`` or ``status.<purpose>``. Lines within a record are read by paths
    like ``items[].price``.
    """
    found: dict[str, None] = {}
    for mapping in stream.mappings:
        if mapping.to == target:
            for value in _behind(mapping, subject):
                found |= dict.fromkeys(paths_of(value))
        if mapping.lines and target == "order_lines" and subject in mapping.lines.set:
            within = paths_of(mapping.lines.set[subject])
            found |= dict.fromkeys(f"{mapping.lines.each}[].{path}" for path in within)
    return list(found)


def _behind(mapping: Mapping, subject: str) -> Iterator[Value]:
    if subject in mapping.set:
        yield mapping.set[subject]
    if subject == "identifiers":
        yield from identifier_values(mapping)
    elif subject in mapping.identifiers:
        yield from _each(mapping.identifiers[subject])
    for purpose, said in mapping.purposes.items():
        if subject in ("status", f"status.{purpose}"):
            yield said.status


def _each(values: Values) -> tuple[Value, ...]:
    return values if isinstance(values, tuple) else (values,)


def _alternatives(value: Value) -> Iterator[tuple[str, ...]]:
    if isinstance(value, str):
        yield (first_field(value),)
    elif isinstance(value, First):
        yield tuple(dict.fromkeys(first_field(p) for part in value.first for p in paths_of(part)))
    else:
        for part in parts_of(value):
            yield from _alternatives(part)
