"""What is wrong with a configuration file, in words for whoever wrote it."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from cdp_spark.config.base import TOLD_BY, Strict
from cdp_spark.config.nearest import instead

# Steps into the types of a value that may be one of several; the text's differs by its limits.
_SCALARS = {
    "str": "a text",
    "constrained-str": "a text",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
}


def problems_in_words(error: ValidationError, data: Any, model: type[BaseModel]) -> Iterator[str]:
    """What is wrong with ``data`` as a ``model``, each problem once, with its place as it was written."""
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
    if problem["type"] == "missing":
        return f"is missing{_description(problem['loc'], model)}"
    if problem["type"] == TOLD_BY and isinstance(there, dict) and there:
        return f"has {', '.join(map(str, there))}; {problem['msg']}"
    if last in _SCALARS:
        return f"should be {' or '.join(dict.fromkeys(text for t, text in _SCALARS.items() if t in types))}"
    return problem["msg"].removeprefix("Value error, ")


def _meant(place: tuple[int | str, ...], model: type[BaseModel]) -> str:
    """What an unknown key was meant to be: one of the keys of the model at that place."""
    *before, last = place
    return instead(str(last), _fields(_model_at(before, model)), cutoff=0.75)


def _description(place: tuple[int | str, ...], model: type[BaseModel]) -> str:
    *before, last = place
    field = _fields(_model_at(before, model)).get(str(last))
    return f": {field.description}" if field and field.description else ""


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _model_at(place: Sequence[int | str], model: type[BaseModel]) -> type[BaseModel]:
    """The model of what is written at a place below another; of one of several the place has the model's name."""
    for step in place:
        field = _fields(model).get(str(step))
        if str(step) in _models():
            model = _models()[str(step)]
        elif field is not None:
            within = list(_models_within(field.annotation))
            model = within[0] if len(within) == 1 else model
    return model


def _models_within(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_within(part)


@cache
def _models() -> dict[str, type[BaseModel]]:
    """Every part that a configuration has, by the name of its model."""
    waiting: list[type[BaseModel]] = [Strict]
    found: dict[str, type[BaseModel]] = {}
    while waiting:
        model = waiting.pop()
        waiting.extend(model.__subclasses__())
        found[model.__name__] = model
    return found


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
