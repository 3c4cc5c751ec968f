"""The configuration that ``cdp init`` writes: small, commented, and it runs on the example files beside it."""

import re
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from cdp_spark.config.base import Name
from cdp_spark.errors import UsageError

# The examples tell of the week before this day.
_WRITTEN_ON = date(2026, 2, 8)


def write_starting_configuration(folder: Path, name: str, today: date) -> list[Path]:
    """Writes conf/ and data/landing/ below ``folder``, with examples of the week before ``today``; returns the files.

    Raises UsageError when there is a conf/cdp.yml already, or the name cannot be used.
    """
    try:
        TypeAdapter(Name).validate_python(name)
    except ValidationError as e:
        raise UsageError(f"{name!r} cannot be a name", fix="use lower-case letters, digits and _") from e
    if (folder / "conf" / "cdp.yml").exists():
        raise UsageError(f"there is a configuration in {folder / 'conf'} already", fix="choose another folder")
    written = list(_copied(files("cdp_spark") / "presets" / "starting", folder))
    main = folder / "conf" / "cdp.yml"
    main.write_text(main.read_text(encoding="utf-8").replace("name: my_company", f"name: {name}"), encoding="utf-8")
    for example in (path for path in written if path.is_relative_to(folder / "data")):
        example.write_text(_told_on(today, example.read_text(encoding="utf-8")), encoding="utf-8")
    return written


def _told_on(today: date, text: str) -> str:
    later = today - _WRITTEN_ON
    return re.sub(r"\d{4}-\d\d-\d\d(?=T)", lambda day: str(date.fromisoformat(day[0]) + later), text)


def _copied(origin: Traversable, target: Path) -> list[Path]:
    if not origin.is_dir():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(origin.read_bytes())
        return [target]
    return [path for entry in origin.iterdir() for path in _copied(entry, target / entry.name)]
