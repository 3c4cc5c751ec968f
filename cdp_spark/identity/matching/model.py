"""A trained model as a file: what was learnt, and nothing of the records it was learnt from but common aliases."""

import hashlib
import json
from pathlib import Path
from typing import Literal, Self

import numpy as np
from pydantic import Field, ValidationError, model_validator

from cdp_spark.config.base import Strict
from cdp_spark.config.matching import Kind
from cdp_spark.errors import ConfigError
from cdp_spark.identity.matching.blocking import Forecast
from cdp_spark.identity.matching.comparing import Aliases
from cdp_spark.identity.matching.em import Estimates
from cdp_spark.identity.matching.records import Records
from cdp_spark.identity.matching.training import Trained

_MOST_MATCHES = 0.5


class LevelTest(Strict):
    """What puts a pair at a level, for levels that do not follow from a kind: the first test that holds counts."""

    how: Literal["exact", "jaro_winkler", "jaro", "levenshtein", "damerau_levenshtein", "else"]
    bound: float = Field(default=0.0, description="Similarity at least, distance at most")
    frequency_weight: float = Field(default=0.0, ge=0, le=1, description="How much the rarity of the value counts")


class Level(Strict):
    """How often two records are at this level: when they are one person, and when they are not."""

    label: str
    m: float = Field(gt=0, le=1)
    u: float = Field(gt=0, le=1)
    h: float | None = Field(default=None, gt=0, le=1, description="When they are two of one household")
    test: LevelTest | None = None


class ComparisonModel(Strict):
    """The levels of one comparison, in the order of its codes."""

    name: str
    levels: tuple[Level, ...] = Field(min_length=2)


class BlockingForecast(Strict):
    """What a blocking key cost in training."""

    key: str
    comparisons: int
    passed_over: int
    largest: int


class MatchingModel(Strict):
    """A model. ``version`` follows from its content."""

    format: Literal[1] = 1
    kinds: dict[str, Kind]
    n_records: int = Field(ge=1)
    matches: float = Field(gt=0, lt=1, description="Share of all pairs that are one person")
    households: float = Field(default=0.0, ge=0, lt=1, description="Share of all pairs that are two of one household")
    scale: float = Field(gt=0, description="log2 of the records of the training")
    comparisons: tuple[ComparisonModel, ...] = Field(min_length=1)
    name_aliases: tuple[tuple[str, str], ...] = ()
    column_aliases: dict[str, tuple[tuple[str, str], ...]] = Field(default_factory=dict)
    blocking: tuple[BlockingForecast, ...] = ()

    @model_validator(mode="after")
    def _levels_are_all_by_kind_or_all_by_test(self) -> Self:
        for c in self.comparisons:
            if len({level.test is None for level in c.levels}) > 1:
                raise ValueError(f"comparison {c.name!r} has levels with a test and levels without")
        return self

    @property
    def version(self) -> str:
        """The first 12 hex digits of a hash of the content."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:12]

    @property
    def aliases(self) -> Aliases:
        """The learnt aliases."""
        return Aliases(frozenset(self.name_aliases), {c: frozenset(a) for c, a in self.column_aliases.items()})

    def to_json(self) -> str:
        """The file's text; the same model gives the same bytes."""
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=False, indent=1, sort_keys=True) + "\n"

    def estimates(self, n_records: int) -> Estimates:
        """The estimates for a table of so many records: each has as many doubles as one of the training had."""
        matches = min(_MOST_MATCHES, self.matches * self.n_records / max(1, n_records))
        m, u = (
            tuple(np.array([getattr(level, of) for level in c.levels]) for c in self.comparisons) for of in ("m", "u")
        )
        if not self.households:
            return Estimates(matches, m, u)
        h = tuple(np.array([level.h or level.u for level in c.levels]) for c in self.comparisons)
        return Estimates(matches, m, u, min(_MOST_MATCHES / 2, self.households * matches / self.matches), h)


def model_of(records: Records, trained: Trained, blocking: list[Forecast]) -> MatchingModel:
    """What was trained as a model."""
    learnt = trained.estimates
    h: list[list[float | None]] = [list(x) for x in learnt.h] or [[None] * len(m) for m in learnt.m]
    found = zip(trained.comparisons, learnt.m, learnt.u, h, strict=True)
    return MatchingModel(
        kinds=dict(records.kinds),
        n_records=len(records),
        matches=learnt.matches,
        households=learnt.households,
        scale=trained.scale,
        comparisons=tuple(
            ComparisonModel(
                name=c.name,
                levels=tuple(
                    Level(label=label, m=float(a), u=float(b), h=None if x is None else float(x))
                    for label, a, b, x in zip(c.labels, m, u, of_h, strict=True)
                ),
            )
            for c, m, u, of_h in found
        ),
        name_aliases=tuple(sorted(trained.aliases.names)),
        column_aliases={c: tuple(sorted(a)) for c, a in sorted(trained.aliases.of_columns.items()) if a},
        blocking=tuple(
            BlockingForecast(key=f.key, comparisons=f.comparisons, passed_over=f.passed_over, largest=f.largest)
            for f in blocking
        ),
    )


def model_from_json(text: str, where: str) -> MatchingModel:
    """A model from a file's text. Raises ConfigError naming ``where`` and what is wrong."""
    try:
        return MatchingModel.model_validate_json(text)
    except ValidationError as e:
        problems = "; ".join(f"{'.'.join(str(p) for p in x['loc'])}: {x['msg']}" for x in e.errors()[:5])
        raise ConfigError(
            f"{where} is no matching model: {problems}",
            fix="train it anew with `cdp identity train`, or name a Splink model",
        ) from e


def written_model(model: MatchingModel, path: Path, card: str) -> tuple[Path, Path]:
    """Writes the model and, beside it, its card; gives both paths."""
    beside = path.with_suffix(".md")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(model.to_json(), encoding="utf-8")
    beside.write_text(card, encoding="utf-8")
    return path, beside
