"""The parts of a record that a stream's mappings use, parsed once.

One ``from_json`` reads exactly the paths in use, each leaf as STRING: a leaf that is an object or array comes as its
own JSON text, an integer with all its digits, a fraction as a double would print it (1.50 as 1.5). Where an object is
wanted both as a whole and in parts, its parts are read from its text: a few are found in it, for many it is parsed again.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, StringType, StructField, StructType

Step = str | int
EACH = -1
"""The step to every element of an array."""

_RECORD = "_record"
_FEW = 2


def steps_of(path: str) -> tuple[Step, ...]:
    """``items[0].id`` → ``("items", 0, "id")``."""
    found = re.findall(r"[^.\[\]]+|\[\d+\]", path)
    return tuple(int(s[1:-1]) if s.startswith("[") else s for s in found)


def json_path(steps: Iterable[Step]) -> str:
    """The same for ``get_json_object``."""
    return "$" + "".join(f"[{s}]" if isinstance(s, int) else f"['{s}']" for s in steps)


@dataclass
class _Node:
    fields: dict[str, "_Node"] = field(default_factory=dict)
    element: "_Node | None" = None
    whole: bool = False
    parsed_as: str | None = None

    def grown(self, steps: tuple[Step, ...]) -> None:
        if not steps:
            self.whole = True
        elif isinstance(steps[0], int):
            self.element = self.element or _Node()
            self.element.grown(steps[1:])
        else:
            self.fields.setdefault(steps[0], _Node()).grown(steps[1:])

    @property
    def is_both(self) -> bool:
        return self.whole and bool(self.fields or self.element)

    @property
    def parts(self) -> list["_Node"]:
        """What it is wanted in, itself left out."""
        inner = [*self.fields.values(), *([self.element] if self.element else [])]
        return [*inner, *[p for n in inner for p in n.parts]]

    @property
    def has_few_parts(self) -> bool:
        """Whether it is cheaper to find each part in the text than to parse that."""
        leaves = [p for p in self.parts if p.whole]
        return len(leaves) <= _FEW and not any(p.element for p in (self, *self.parts))

    @property
    def type(self) -> DataType:
        return StringType() if self.whole else self.inner_type

    @property
    def inner_type(self) -> ArrayType | StructType:
        if self.element is not None:
            return ArrayType(self.element.type)
        return StructType([StructField(name, node.type) for name, node in self.fields.items()])


class RecordShape:
    """What is parsed of the records of a stream, and where each path is found afterwards.

    Field names of one object that differ in case only cannot stand in one schema; the later is read by itself.
    """

    def __init__(self, paths: Iterable[tuple[Step, ...]]) -> None:
        self._root = _Node()
        self._apart: set[tuple[Step, ...]] = set()
        for path in sorted(set(paths), key=lambda p: [str(s) for s in p]):
            if self._clashes(path):
                self._apart.add(path)
            else:
                self._root.grown(path)
        self._again = list(_numbered(self._root, ()))

    def parsed(self, bronze: DataFrame) -> DataFrame:
        """The records with their parts parsed; a record with a fault has none."""
        if not self._root.fields:
            return bronze
        parsed = bronze.withColumn(_RECORD, F.from_json(F.when(F.col("fault").isNull(), F.col("raw")), self._schema))
        for steps, node in self._again:
            parsed = parsed.withColumn(str(node.parsed_as), F.from_json(self._walk(steps), node.inner_type))
        return parsed

    def column(self, steps: tuple[Step, ...]) -> Column:
        """A part as text; an array whose elements are parsed as that array."""
        if steps in self._apart:
            return F.get_json_object(F.col("raw"), json_path(steps))
        return self._walk(steps)

    @property
    def _schema(self) -> StructType:
        return StructType([StructField(name, node.type) for name, node in self._root.fields.items()])

    def _walk(self, steps: tuple[Step, ...]) -> Column:
        return _walked(F.col(_RECORD), self._root, steps)

    def elements(self, steps: tuple[Step, ...]) -> Column:
        """The array at a path, as an array of parsed elements."""
        node = self._node(steps)
        return F.col(node.parsed_as) if node.parsed_as else self._walk(steps)

    def of_element(self, array: tuple[Step, ...], element: Column, steps: tuple[Step, ...]) -> Column:
        """A part of one element of the array at a path."""
        node = self._node(array).element
        assert node is not None
        return _walked(element, node, steps)

    def element_type(self, array: tuple[Step, ...]) -> DataType:
        """The type of the elements of the array at a path, as far as they are used."""
        node = self._node(array).element
        assert node is not None
        return node.type

    def _node(self, steps: tuple[Step, ...]) -> _Node:
        node = self._root
        for step in steps:
            node = node.fields[step] if isinstance(step, str) else node.element or _Node()
        return node

    def _clashes(self, path: tuple[Step, ...]) -> bool:
        node: _Node | None = self._root
        for step in path:
            if node is None:
                return False
            if isinstance(step, int):
                node = node.element
                continue
            if step not in node.fields and step.lower() in {f.lower() for f in node.fields}:
                return True
            node = node.fields.get(step)
        return False


def entry_text(array: Column, by: str, equals: str, values: Iterable[str]) -> Column:
    """Of an array of objects as JSON text: in that element whose field is ``equals``, the first value that is there."""
    entries, wanted = ("entries",), [steps_of(v) for v in values]
    shape = RecordShape((*entries, EACH, *steps) for steps in (steps_of(by), *wanted))
    elements = F.from_json(array, ArrayType(shape.element_type(entries)))
    found = F.filter(elements, lambda e: shape.of_element(entries, e, steps_of(by)) == equals)
    said = [shape.of_element(entries, F.get(found, F.lit(0)), steps) for steps in wanted]
    return F.coalesce(*[F.nullif(F.trim(text), F.lit("")) for text in said])


def _walked(column: Column, node: _Node, steps: tuple[Step, ...]) -> Column:
    for i, step in enumerate(steps):
        if isinstance(step, int):
            assert node.element is not None
            column, node = F.get(column, F.lit(step)), node.element
        else:
            column, node = column.getField(step), node.fields[step]
        if node.is_both and i + 1 < len(steps):
            if node.parsed_as is None:  # few parts, or within an element of an array
                return F.get_json_object(column, json_path(steps[i + 1 :]))
            column = F.col(node.parsed_as)
    return column


def _numbered(node: _Node, steps: tuple[Step, ...]) -> Iterator[tuple[tuple[Step, ...], _Node]]:
    """The nodes wanted whole and in more than a few parts, outer ones first, each given the column of its second parse."""
    for name, child in node.fields.items():
        inner = (*steps, name)
        if child.is_both:
            if child.has_few_parts:
                continue
            child.parsed_as = "_part_" + "_".join(re.sub(r"\W", "_", str(s)) for s in inner) + f"_{len(inner)}"
            yield inner, child
        yield from _numbered(child, inner)
