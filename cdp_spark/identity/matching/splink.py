"""Models exported by Splink (``linker.misc.save_model_to_json``), as models of this project.

Taken over: levels that are exact, Jaro, Jaro-Winkler, Levenshtein, Damerau-Levenshtein or else on one column, m, u, term
frequency weights and the prior. Blocking follows from the kinds of the columns; values are compared cleaned.
Format: Splink 3 to 5 settings, https://moj-analytical-services.github.io/splink/api_docs/settings_dict_guide.html
"""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from cdp_spark.config.matching import Kind
from cdp_spark.errors import ConfigError
from cdp_spark.identity.matching.model import ComparisonModel, Level, LevelTest, MatchingModel

_Json = Mapping[str, Any]
_COLUMN = r"[\"`]?(\w+?)_l[\"`]?"
_OTHER = r"[\"`]?\1_r[\"`]?"
_EXACT = re.compile(rf"\A{_COLUMN} = {_OTHER}\Z")
_FUNCTION = re.compile(rf"\A(\w+)\({_COLUMN}, ?[\"`]?\2_r[\"`]?\) (>=|<=) ([0-9.]+)\Z")
_FUNCTIONS = {
    "jaro_winkler_similarity": ("jaro_winkler", ">="), "jaro_winkler": ("jaro_winkler", ">="),
    "jaro_similarity": ("jaro", ">="), "jaro_sim": ("jaro", ">="), "levenshtein": ("levenshtein", "<="),
    "damerau_levenshtein": ("damerau_levenshtein", "<="),
}  # fmt: skip
_LEAST = 1e-12


def is_splink_model(text: str) -> bool:
    """Whether a file's text looks like settings of Splink."""
    return '"probability_two_random_records_match"' in text or '"comparison_levels"' in text


def model_from_splink(text: str, kinds: Mapping[str, Kind], n_records: int) -> MatchingModel:
    """The model of an export.

    In: the file's text, the kinds of the columns (they block), how many records will be matched.
    Raises ConfigError naming the comparison and level that cannot be taken over, or a column without a kind.
    """
    try:
        settings = json.loads(text)
        comparisons = tuple(_comparison(c, kinds) for c in settings["comparisons"])
        matches = float(settings["probability_two_random_records_match"])
    except (json.JSONDecodeError, KeyError, TypeError) as e:
        raise ConfigError(
            f"this is no model exported by Splink: {type(e).__name__}", fix="export it with save_model_to_json"
        ) from e
    return MatchingModel(
        kinds=dict(kinds),
        n_records=max(1, n_records),
        matches=matches,
        scale=math.log2(max(2, n_records)),
        comparisons=comparisons,
    )


def _comparison(comparison: _Json, kinds: Mapping[str, Kind]) -> ComparisonModel:
    name = str(comparison.get("output_column_name") or comparison.get("comparison_description"))
    levels = [level for level in comparison["comparison_levels"] if not level.get("is_null_level")]
    read = [_level(name, level) for level in levels]
    columns = {column for column, _ in read if column}
    if len(columns) != 1 or not columns <= set(kinds):
        raise ConfigError(
            f"comparison {name!r} of the Splink model reads the columns {', '.join(sorted(columns)) or 'none'}",
            fix="matching takes comparisons of one column that has a kind",
        )
    return ComparisonModel(name=columns.pop(), levels=tuple(level for _, level in read))


def _level(comparison: str, level: _Json) -> tuple[str | None, Level]:
    condition = re.sub(r"\s+", " ", str(level["sql_condition"])).strip()
    label = str(level.get("label_for_charts") or condition)
    if "m_probability" not in level or "u_probability" not in level:
        raise ConfigError(
            f"level {label!r} of comparison {comparison!r} is not trained",
            fix="estimate m and u in Splink, then export",
        )
    column, test = _test(condition, float(level.get("tf_adjustment_weight") or 1.0), "tf_adjustment_column" in level)
    if test is None:
        raise ConfigError(
            f"level {label!r} of comparison {comparison!r} is not supported: {condition}",
            fix="use exact, jaro, jaro_winkler, levenshtein or damerau_levenshtein levels of one column",
        )
    return column, Level(label=label, m=_chance(level["m_probability"]), u=_chance(level["u_probability"]), test=test)


def _chance(value: float | str) -> float:
    return min(1.0, max(_LEAST, float(value)))


def _test(condition: str, weight: float, has_frequencies: bool) -> tuple[str | None, LevelTest | None]:
    if condition.upper() == "ELSE":
        return None, LevelTest(how="else")
    if found := _EXACT.match(condition):
        return found[1], LevelTest(how="exact", frequency_weight=weight if has_frequencies else 0.0)
    found = _FUNCTION.match(condition)
    how, sign = _FUNCTIONS.get(found[1].lower(), (None, "")) if found else (None, "")
    if not found or how is None or sign != found[3]:
        return None, None
    return found[2], LevelTest.model_validate({"how": how, "bound": float(found[4])})
