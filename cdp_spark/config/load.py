"""Reads a configuration folder; reports all problems of all files at once."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from cdp_spark.config.attribution import AttributionConfig
from cdp_spark.config.audiences import AudienceConfig
from cdp_spark.config.base import Strict, version_of
from cdp_spark.config.consent import ConsentConfig
from cdp_spark.config.consistency import inconsistencies
from cdp_spark.config.destinations import DestinationConfig
from cdp_spark.config.identity import IdentityConfig
from cdp_spark.config.presets import PresetProblems, adopted
from cdp_spark.config.problems import problems_in_words
from cdp_spark.config.profiles import ProfilesConfig
from cdp_spark.config.project import ProjectConfig
from cdp_spark.config.quality import QualityConfig
from cdp_spark.config.sources import SourceConfig, Stream
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

    def stream(self, source: str, name: str) -> Stream | None:
        """A stream that is configured; records may be of one that no longer is."""
        return self.sources[source].streams.get(name) if source in self.sources else None

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
            self.problems.extend(f"{name}: {text}" for text in problems_in_words(e, data, model))
        return None
