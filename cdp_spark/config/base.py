"""What every configuration model shares."""

import hashlib
import inspect
import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field

_DURATION = re.compile(r"\A(\d+)(m|h|d|w)\Z")
TOLD_BY = "told_by"
"""The type of the problem that ``told_by`` finds."""
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Strict(BaseModel):
    """A model that refuses unknown keys and never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def told_by(*models: type[Strict], text: str | None = None) -> Discriminator:
    """Which of several models an object is, by the first field that each declares itself: so one mistake is one problem, not
    one for every model that it is not.

    Tags are the models' names; ``text`` is the tag of what is a plain text.
    """
    named = {model.__name__: model for model in models}
    firsts = {name: next(iter(inspect.get_annotations(model))) for name, model in named.items()}
    words = {named[name].model_fields[first].alias or first: name for name, first in firsts.items()}

    def tag(value: object) -> str | None:
        if isinstance(value, dict):
            return next((name for word, name in words.items() if word in value), None)
        return text if isinstance(value, str) else type(value).__name__ if isinstance(value, models) else None

    a_text = f"a {text.lower()} or " if text else ""
    return Discriminator(
        tag, custom_error_type=TOLD_BY, custom_error_message=f"needs {a_text}one of {', '.join(words)}"
    )


def duration(text: object) -> timedelta:
    """``90d``, ``12h``, ``30m`` or ``2w`` as a timedelta. Raises ValueError on anything else."""
    if isinstance(text, timedelta):
        return text
    match = _DURATION.match(text) if isinstance(text, str) else None
    if not match:
        raise ValueError("a duration is a whole number with m, h, d or w, like 90d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _plain_name(name: str) -> str:
    if not re.search(r"\A[a-z][a-z0-9_]{0,62}\Z", name):
        raise ValueError("a name has lower-case letters, digits and _, begins with a letter and is at most 63 long")
    return name


Duration = Annotated[timedelta, BeforeValidator(duration, json_schema_input_type=str)]
Name = Annotated[str, AfterValidator(_plain_name), Field(json_schema_extra={"pattern": "^[a-z][a-z0-9_]{0,62}$"})]


def version_of(model: BaseModel) -> str:
    """Hash of a model's canonical form: the same choices give the same version, whatever their layout."""
    return hashlib.sha256(model.model_dump_json().encode()).hexdigest()[:16]
