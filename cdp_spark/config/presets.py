"""Presets: ready mappings for well-known sources, which a source adopts and changes field by field.

A preset is a file of :mod:`cdp_spark.presets` below ``sources/``. A source file that names one is laid over it: streams,
mappings and columns of the same name are replaced, others are added, and null removes. What comes out is a source
like any other, and is validated as one.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import yaml
from pydantic import Field

from cdp_spark.config.base import Name, Strict
from cdp_spark.config.nearest import instead
from cdp_spark.config.yaml_files import documents_of
from cdp_spark.errors import UsageError

# How deep two files are merged; what stands below is replaced as a whole, since a value is one choice.
_COLUMNS: dict[str, Any] = {"set": {}, "identifiers": {}, "purposes": {}, "lines": {"set": {}}}
_MERGED: dict[str, Any] = {"streams": {"*": {"read": {}, "mappings": {"*": _COLUMNS}}}}
# Records that come as files lie below a folder; another way of reading replaces the preset's whole `read`.
_FILES = ("jsonl", "csv", "parquet")
# An entry that the preset lacks must be whole to be added; by this key it is told from a misspelt name.
_WHOLE = MappingProxyType({"streams": "mappings", "mappings": "to"})


class Preset(Strict):
    """presets/sources/<name>.yml."""

    preset: Name
    version: int = Field(ge=1, description="Grows when the same records come to mean something else")
    about: str
    documentation: tuple[str, ...] = Field(default=(), description="The vendor's pages that say what is sent")
    based_on: Name | None = Field(default=None, description="Another preset that this one is laid over")
    streams: dict[Name, dict[str, Any]] = Field(min_length=1)


class PresetProblems(Exception):
    """A source file does not fit the preset that it names: one line a problem, each with its path."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def preset_names() -> tuple[str, ...]:
    """The presets there are, in order."""
    folder = files("cdp_spark") / "presets" / "sources"
    return tuple(sorted(f.name.removesuffix(".yml") for f in folder.iterdir() if f.name.endswith(".yml")))


@cache
def preset(name: str) -> Preset:
    """A preset by name, whole: with what it is based on."""
    data = documents_of((files("cdp_spark") / "presets" / "sources" / f"{name}.yml").read_bytes())[0]
    own = Preset.model_validate(data)
    if own.based_on is None:
        return own
    problems: list[str] = []
    under = {"streams": preset(own.based_on).streams}
    streams = _laid_over(under, {"streams": own.streams}, _MERGED, "", problems)["streams"]
    if problems:
        raise PresetProblems(problems)
    return own.model_copy(update={"streams": streams})


def adopted(source: Mapping[str, Any]) -> dict[str, Any]:
    """The content of a source file laid over the preset it names; its ``folder`` precedes the path of every stream.

    Raises PresetProblems where the preset is unknown, or a stream, mapping or field is changed that it has not.
    """
    name = source.get("preset")
    if name not in preset_names():
        raise PresetProblems([f"preset: {_unknown('there is no preset', name, preset_names())}; see `cdp presets`"])
    chosen = preset(str(name))
    folder = source.get("folder", source.get("source", name))
    own = {k: v for k, v in source.items() if k != "folder"}
    problems = [] if isinstance(folder, str) and folder else ["folder: must be a folder below the landing root"]
    under = {"about": chosen.about, "streams": chosen.streams}
    merged = _laid_over(under, own, _MERGED, "", problems)
    if problems:
        raise PresetProblems(problems)
    return {**merged, "streams": {n: _within(folder, s) for n, s in merged["streams"].items()}}


def expectations(chosen: Preset) -> list[str]:
    """What a preset expects, a line a stream: name, format, where below the source's folder, what."""
    return [_expectation(name, stream["read"], stream.get("about", "")) for name, stream in chosen.streams.items()]


def _expectation(name: str, read: Mapping[str, str], about: str) -> str:
    where = "the folder" if read["path"] == "." else f"{read['path']}/"
    return f"{name}: {read['format']} in {where}" + (f", {about}" if about else "")


def source_text(sources: Mapping[str, Strict], name: str) -> str:
    """A source as YAML, as it is used. Raises UsageError where there is none of that name."""
    if name not in sources:
        raise UsageError(f"there is no source {name!r}", fix=f"name one of {', '.join(sorted(sources)) or 'none'}")
    return _yaml(sources[name].model_dump(mode="json", exclude_unset=True))


def preset_text(name: str) -> str:
    """A preset as YAML, whole, as a source file can change it. Raises UsageError where there is none of that name."""
    if name not in preset_names():
        near = "".join(f"name {n}, or see " for n in get_close_matches(name, preset_names(), n=1))
        raise UsageError(f"there is no preset {name!r}", fix=f"{near}`cdp presets`")
    return _yaml(preset(name).model_dump(mode="json", exclude_unset=True, exclude={"based_on"}))


def _yaml(data: object) -> str:
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=120)


def _laid_over(
    under: Mapping[str, Any], over: Mapping[str, Any], merged: dict[str, Any], where: str, problems: list[str]
) -> dict[str, Any]:
    out = dict(under)
    for key, value in over.items():
        at = f"{where}.{key}" if where else key
        inner = merged.get(key, merged.get("*"))
        if value is None:
            if key not in under:
                problems.append(f"{at}: {_unknown('null removes what the preset has not', key, tuple(under))}")
            out.pop(key, None)
        elif inner is None or not isinstance(value, dict):
            out[key] = value
        elif isinstance(under.get(key), dict) and value.get("format", "csv") in _FILES:
            out[key] = _laid_over(under[key], value, inner, at, problems)
        elif (whole := _whole(where)) and whole not in value:
            kind = where.rsplit(".", maxsplit=1)[-1].removesuffix("s")
            problems.append(
                f"{at}: {_unknown(f'the preset has no {kind}', key, tuple(under))}; a new one needs {whole}"
            )
        else:
            out[key] = value
    return out


def _whole(where: str) -> str | None:
    return _WHOLE.get(where.rsplit(".", maxsplit=1)[-1])


def _unknown(problem: str, name: object, known: tuple[str, ...]) -> str:
    return f"{problem} {name!r}{instead(str(name), known)}"


def _within(folder: str, stream: Any) -> Any:
    """A stream whose files lie in a folder."""
    read = stream.get("read") if isinstance(stream, dict) else None
    if not isinstance(read, dict) or not isinstance(read.get("path"), str) or read.get("format") not in _FILES:
        return stream
    path = f"{folder.rstrip('/')}/{read['path']}" if read["path"] != "." else folder
    return {**stream, "read": {**read, "path": path}}
