"""Reads YAML as plain data: no tags, no duplicate keys, no guessing of dates or yes/no."""

from pathlib import Path
from typing import Any, ClassVar

import yaml

_MAX_BYTES = 1_000_000
_MAX_DEPTH = 40


class YamlProblem(Exception):
    """A file is no YAML this project reads; the text says where."""


class _PlainLoader(yaml.SafeLoader):
    """Safe, and with the core schema only: NO, 0123, 12:30:00 and 2024-01-01 stay text."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, Any]]]] = {}  # type: ignore[misc]  # the stubs say instance

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise YamlProblem(f"line {self.peek_event().start_mark.line + 1}: aliases are not allowed")  # type: ignore[no-untyped-call]
        self._depth = getattr(self, "_depth", 0) + 1
        if self._depth > _MAX_DEPTH:
            raise YamlProblem(f"nested deeper than {_MAX_DEPTH} levels")
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            key = str(key_node.value)
            if key in seen:
                raise YamlProblem(f"line {key_node.start_mark.line + 1}: key {key!r} stands twice")
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def _resolve(tag: str, pattern: str, first: str) -> None:
    import re

    _PlainLoader.add_implicit_resolver(tag, re.compile(pattern), list(first))


_resolve("tag:yaml.org,2002:bool", r"\A(?:true|false)\Z", "tf")
_resolve("tag:yaml.org,2002:int", r"\A-?(?:0|[1-9][0-9]*)\Z", "-0123456789")
_resolve("tag:yaml.org,2002:float", r"\A-?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+]?[0-9]+)?\Z", "-0123456789")
_resolve("tag:yaml.org,2002:null", r"\A(?:~|null|)\Z", "~n\0")


def yaml_documents(path: Path) -> list[Any]:
    """The file's documents as plain data. Raises YamlProblem saying what is wrong and in which line."""
    try:
        return documents_of(path.read_bytes())
    except OSError as e:
        raise YamlProblem(f"cannot be read ({e.strerror})") from e


def documents_of(data: bytes) -> list[Any]:
    """The same of a file's content."""
    try:
        if len(data) > _MAX_BYTES:
            raise YamlProblem(f"larger than {_MAX_BYTES} bytes")
        return [d for d in yaml.load_all(data.decode("utf-8"), Loader=_PlainLoader) if d is not None]
    except yaml.MarkedYAMLError as e:
        line = f"line {e.problem_mark.line + 1}: " if e.problem_mark else ""
        raise YamlProblem(f"{line}{e.problem or 'no valid YAML'}") from e
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as e:
        raise YamlProblem("no valid YAML in UTF-8") from e
