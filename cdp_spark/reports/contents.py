"""What a report is made of, before it is drawn: sections of charts and tables whose cells are plain values."""

from dataclasses import dataclass
from enum import StrEnum

Value = str | int | float | None
_SMALL, _LARGE = 0.001, 0.1


class Form(StrEnum):
    """How a column's values are written for people."""

    TEXT = "text"
    COUNT = "count"
    SHARE = "share"
    AMOUNT = "amount"
    SECONDS = "seconds"


@dataclass(frozen=True)
class Table:
    """Figures with a caption; ``columns`` are label and form. An open table is shown without a click."""

    id: str
    caption: str
    columns: tuple[tuple[str, Form], ...]
    rows: tuple[tuple[Value, ...], ...]
    is_open: bool = False


@dataclass(frozen=True)
class Chart:
    """An SVG element that says the same as the table beside it."""

    title: str
    svg: str


@dataclass(frozen=True)
class Tile:
    """One number that stands for itself."""

    label: str
    value: Value
    form: Form = Form.COUNT
    note: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the report, ``label`` in its contents: what it says in a sentence, numbers, charts, tables."""

    id: str
    label: str
    title: str
    summary: str
    tiles: tuple[Tile, ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()


def written(value: Value, form: Form) -> str:
    """A value as people read it; a dash where there is none."""
    if value is None:
        return "\N{EN DASH}"
    if isinstance(value, str):
        return value
    if form is Form.SHARE:
        return _percent(value)
    if form is Form.AMOUNT:
        return f"{value:,.2f}"
    if form is Form.SECONDS:
        return f"{value:,.1f} s"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"


def _percent(share: float) -> str:
    if 0 < share < _SMALL:
        return "< 0.1 %"
    return f"{100 * share:.0f} %" if share >= _LARGE or share == 0 else f"{100 * share:.1f} %"


def share(part: float, whole: float) -> float | None:
    """The part of the whole, None where there is no whole."""
    return round(part / whole, 6) if whole else None
