"""What kinds of values conditions compare, and which comparisons fit which kind."""

from typing import Literal

from cdp_spark.config.conditions import Comparison

ValueKind = Literal["text", "number", "time", "date", "flag", "list"]

_TIMES = {"before", "after", "older_than", "within_last", "exists"}
_OPERATORS: dict[ValueKind, set[str]] = {
    "text": {"eq", "ne", "one_of", "none_of", "contains", "starts_with", "ends_with", "exists"},
    "number": {"eq", "ne", "lt", "lte", "gt", "gte", "one_of", "none_of", "exists"},
    "time": _TIMES,
    "date": _TIMES,
    "flag": {"eq", "ne", "exists"},
    "list": {"contains", "one_of", "none_of", "exists"},
}
_ARGUMENTS: dict[ValueKind, str] = {"text": "text", "number": "number", "flag": "flag", "list": "text"}
_OF_TYPE: dict[str, ValueKind] = {
    "STRING": "text",
    "BIGINT": "number",
    "INT": "number",
    "DOUBLE": "number",
    "DECIMAL": "number",
    "TIMESTAMP": "time",
    "DATE": "date",
    "BOOLEAN": "flag",
}


def value_kind(sql_type: str) -> ValueKind | None:
    """The kind of a column of that SQL type; None where conditions cannot compare it."""
    if sql_type.upper() == "ARRAY<STRING>":
        return "list"
    return _OF_TYPE.get(sql_type.upper().split("(")[0])


def argument_kind(argument: object) -> ValueKind:
    """The kind an argument (of several: the first) is of: flag, number or text."""
    first = argument[0] if isinstance(argument, tuple) else argument
    if isinstance(first, bool):
        return "flag"
    return "number" if isinstance(first, int | float) else "text"


def misfit(comparison: Comparison, kind: ValueKind | None) -> str | None:
    """Why the comparison does not fit a value of that kind; None where it does."""
    operator, argument = comparison.operator()
    if kind is None:
        return "is of a kind that conditions cannot compare"
    if operator not in _OPERATORS[kind]:
        return f"is a {kind}; {operator} compares no {kind} (use {', '.join(sorted(_OPERATORS[kind]))})"
    if operator == "exists" or kind not in _ARGUMENTS or argument_kind(argument) == _ARGUMENTS[kind]:
        return None
    return f"is a {kind}; {operator} compares it with a {argument_kind(argument)}"
