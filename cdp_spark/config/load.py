"""Reads a configuration folder; reports all problems of all files at once."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from cdp_spark.config.attribution import AttributionConfig
from cdp_spark.config.audiences import AudienceConfig
from cdp_spark.config.base import TOLD_BY, Strict, version_of
from cdp_spark.config.consent import ConsentConfig
from cdp_spark.config.consistency import inconsistencies
from cdp_spark.config.destinations import DestinationConfig
from cdp_spark.config.identity import IdentityConfig
from cdp_spark.config.nearest import instead
from cdp_spark.config.presets import PresetProblems, adopted
from cdp_spark.config.profiles import ProfilesConfig
from cdp_spark.config.project import ProjectConfig
from cdp_spark.config.quality import QualityConfig
from cdp_spark.config.sources import SourceConfig
from cdp_spark.config.tracking_plan import TrackingPlanConfig
from cdp_spark.config.traits import TraitsConfig
from cdp_spark.config.yaml_files import YamlProblem, yaml_documents
from cdp_spark.errors import ConfigError

M = TypeVar("M", bound=BaseModel)

SINGLE_FILES: dict[str, type[Strict]] = {
    "identity.yml": IdentityConfig,
    "consent.yml": ConsentConfig,
    "profiles.yml": ProfilesConfig,
    "traits.yml": TraitsConfig,
    "attribution.yml": AttributionConfig,
    "quality.yml": QualityConfig,
    "tracking_plan.yml": TrackingPlanConfig,
}
FOLDERS: dict[str, tuple[str, type[Strict]]] = {
    "sources": ("source", SourceConfig),
    "audiences": ("audience", AudienceConfig),
    "destinations": ("destination", DestinationConfig),
}


@dataclass(frozen=True)
class Config:
    """A whole configuration. Relative paths in it are relative to ``folder``'s parent."""

    folder: Path
    project: ProjectConfig
    sources: dict[str, SourceConfig]
    identity: IdentityConfig
    consent: ConsentConfig
    profiles: ProfilesConfig
    traits: TraitsConfig
    audiences: dict[str, AudienceConfig]
    destinations: dict[str, DestinationConfig]
    attribution: AttributionConfig
    quality: QualityConfig = field(default_factory=QualityConfig)
    tracking_plan: TrackingPlanConfig = field(default_factory=TrackingPlanConfig)

    @property
    def version(self) -> str:
        """Hash of every choice in it."""
        parts = [
            self.project,
            self.identity,
            self.consent,
            self.profiles,
            self.traits,
            self.attribution,
            self.quality,
            self.tracking_plan,
        ]
        several = [*self.sources.values(), *self.audiences.values(), *self.destinations.values()]
        text = "".join(m.model_dump_json() for m in [*parts, *several])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def mapping_versions(self) -> dict[tuple[str, str], str]:
        """Source and stream → hash of the stream's configuration, as quarantine and ops.mappings keep it."""
        return {(s, name): version_of(stream) for s, c in self.sources.items() for name, stream in c.streams.items()}

    def location(self, path: str) -> str:
        """A path of cdp.yml as an absolute path; URIs stay as they are."""
        return path if "://" in path else str((self.folder.parent / path).absolute())

    @property
    def warehouse(self) -> str:
        """Root of the Delta tables."""
        return self.location(self.project.warehouse)

    @property
    def landing(self) -> str:
        """Root of the raw files."""
        return self.location(self.project.landing)

    @property
    def output(self) -> str:
        """Root of exports and reports."""
        return self.location(self.project.output)


def load_config(path: Path) -> Config:
    """The configuration whose ``cdp.yml`` is at ``path`` (a file, or the folder that holds it).

    Raises ConfigError listing every problem of every file.
    """
    file = path / "cdp.yml" if path.is_dir() else path
    if not file.is_file():
        raise ConfigError(
            f"there is no configuration at {path}", fix="run `cdp init` to write one, or name it with --config"
        )
    reader = _Reader(file.parent)
    project = reader.one(file.name, ProjectConfig)
    single = {name: reader.one(name, model) for name, model in SINGLE_FILES.items()}
    several = {name: reader.several(name, key, model) for name, (key, model) in FOLDERS.items()}
    reader.problems.extend(_passed_over(file.parent))
    if reader.problems or project is None:
        raise _config_error(reader.problems)
    config = Config(
        folder=file.parent.absolute(),
        project=project,
        **{name.removesuffix(".yml"): value for name, value in single.items()},  # type: ignore[arg-type]
        **several,  # type: ignore[arg-type]  # the readers above gave each its model
    )
    if problems := inconsistencies(config):
        raise _config_error(problems)
    return config


def load_identity(path: Path) -> IdentityConfig:
    """Another identity.yml. Raises ConfigError listing its problems, or where it is missing."""
    if not path.is_file():
        raise ConfigError(f"there is no file {path}", fix="name an identity.yml")
    reader = _Reader(path.parent)
    found = reader.one(path.name, IdentityConfig)
    if found is None or reader.problems:
        raise _config_error(reader.problems)
    return found


def _passed_over(folder: Path) -> Iterator[str]:
    """What is not read, and by its name was meant to be. Hidden files and folders are an editor's."""
    files = [name for name in SINGLE_FILES if not (folder / name).exists()]
    for entry in sorted(folder.iterdir()):
        names = [*FOLDERS] if any(entry.glob("*.y*ml")) else files
        meant = get_close_matches(entry.name, names, n=1, cutoff=0.8)
        if meant and entry.name not in FOLDERS and not entry.name.startswith("."):
            yield f"{entry.name}: is not read; name it {meant[0]}, or keep it elsewhere"
    for name in FOLDERS:
        for path in sorted((folder / name).rglob("*.y*ml")):
            within = path.relative_to(folder / name)
            is_hidden = any(part.startswith(".") for part in within.parts)
            if not is_hidden and (path.suffix != ".yml" or len(within.parts) > 1):
                yield f"{name}/{within}: is not read; name it {name}/{path.stem}.yml, or keep it elsewhere"


def _config_error(problems: list[str]) -> ConfigError:
    many = f"{len(problems)} problems" if len(problems) > 1 else "a problem"
    return ConfigError(
        f"{many} in the configuration:\n  " + "\n  ".join(problems) + "\n", fix="correct these lines", problems=problems
    )


class _Reader:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[str] = []

    def one(self, name: str, model: type[M]) -> M | None:
        path = self.folder / name
        data: Any = {}
        if path.is_file():
            documents = self._documents(path)
            if len(documents) > 1:
                self.problems.append(f"{name}: holds {len(documents)} documents, one is expected")
            data = documents[0] if documents else {}
        return self._model(name, data, model)

    def several(self, folder: str, key: str, model: type[M]) -> dict[str, M]:
        found: dict[str, M] = {}
        for path in sorted((self.folder / folder).glob("*.yml")):
            documents = self._documents(path)
            for number, data in enumerate(documents, 1):
                name = f"{folder}/{path.name}" + (f", document {number}" if len(documents) > 1 else "")
                value = self._model(name, data, model)
                if value is None:
                    continue
                own = getattr(value, key)
                if own in found:
                    self.problems.append(f"{name}: {key} {own!r} is defined twice")
                found[own] = value
        return found

    def _documents(self, path: Path) -> list[Any]:
        try:
            return yaml_documents(path)
        except YamlProblem as e:
            self.problems.append(f"{path.relative_to(self.folder)}: {e}")
            return []

    def _model(self, name: str, data: Any, model: type[M]) -> M | None:
        try:
            if model is SourceConfig and isinstance(data, dict) and "preset" in data:
                data = adopted(data)
            return model.model_validate(data)
        except PresetProblems as e:
            self.problems.extend(f"{name}: {text}" for text in e.problems)
        except ValidationError as e:
            self.problems.extend(f"{name}: {text}" for text in _texts(e, data, model))
        return None


# Steps into the types of a value that may be one of several; the text's differs by its limits.
_SCALARS = {
    "str": "a text",
    "constrained-str": "a text",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
}


def _texts(error: ValidationError, data: Any, model: type[BaseModel]) -> Iterator[str]:
    seen: set[str] = set()
    problems = error.errors(include_url=False, include_input=False)
    for problem in problems:
        place = problem["loc"]
        if problem["type"] == "too_short" and any(p["loc"][: len(place)] == place != p["loc"] for p in problems):
            continue  # its entries were written, but wrong
        steps, there = _as_written(place, data)
        types = [str(p["loc"][-1]) for p in problems if place and p["loc"][:-1] == place[:-1]]
        what = _in_words(problem, there, types, model)
        text = f"{'.'.join(map(str, steps))}: {what}" if steps else what
        if text not in seen:
            seen.add(text)
            yield text


def _in_words(problem: ErrorDetails, there: Any, types: list[str], model: type[BaseModel]) -> str:
    """What is wrong with what was written there; ``types`` are the types that it might have had, ``model`` the file's."""
    last = str(problem["loc"][-1]) if problem["loc"] else ""
    if problem["type"] == "extra_forbidden":
        return f"is not known here{_meant(problem['loc'], model)}"
    if problem["type"] == TOLD_BY and isinstance(there, dict) and there:
        return f"has {', '.join(map(str, there))}; {problem['msg']}"
    if last in _SCALARS:
        return f"should be {' or '.join(dict.fromkeys(text for t, text in _SCALARS.items() if t in types))}"
    return problem["msg"].removeprefix("Value error, ")


def _meant(place: tuple[int | str, ...], model: type[BaseModel]) -> str:
    """What an unknown key was meant to be: one of the keys of the model at that place, where it is known, else of any."""
    *before, last = place
    tag = str(before[-1]) if before else model.__name__
    if keys := _keys_by_model().get(tag):
        return instead(str(last), keys, cutoff=0.75)
    every = {k for keys in _keys_by_model().values() for k in keys}
    return "" if last in every else instead(str(last), every, cutoff=0.75)


@cache
def _keys_by_model() -> dict[str, list[str]]:
    """The keys of every part that a configuration has, by the name of its model."""
    models: list[type[BaseModel]] = [Strict]
    keys: dict[str, list[str]] = {}
    while models:
        model = models.pop()
        models.extend(model.__subclasses__())
        keys[model.__name__] = [f.alias or name for name, f in model.model_fields.items()]
    return keys


def _as_written(place: tuple[int | str, ...], data: Any) -> tuple[list[int | str], Any]:
    """A place in the data with the names that were written there, and what stands there: of named mappings the model knows
    the position.
    """
    steps: list[int | str] = []
    for step in place:
        if (str(step)[:1].isupper() or step in _SCALARS) and not (isinstance(data, dict) and step in data):
            continue  # not written: the model or type that was taken for it
        name = list(data)[step] if isinstance(data, dict) and isinstance(step, int) else step
        steps.append(name)
        try:
            data = data[name]
        except (KeyError, IndexError, TypeError):
            data = None
    return steps, data
