"""Charts as inline SVG: bars and lines in colours that colour-blind people tell apart, with title and description."""

import io
import re
from collections.abc import Mapping, Sequence
from datetime import date
from html import escape
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

# Okabe and Ito's palette, dark enough on white.
BLUE, ORANGE, GREEN, VERMILION, SKY, PURPLE, GREY = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#AA4499", "#B8BEC6"
)  # fmt: skip
SERIES = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION, GREY)
_INK, _SOFT, _LINE = "#1f2933", "#5f6b7a", "#d9dee5"
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none", "text.parse_math": False, "font.family": "DejaVu Sans", "font.size": 10, "text.color": _INK,
    "axes.edgecolor": _LINE, "axes.labelcolor": _SOFT, "xtick.color": _SOFT, "ytick.color": _INK,
}  # fmt: skip
WIDE, HALF = 8.6, 4.7
_ROW, _FRAME = 0.34, 0.75
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_PLATE: dict[str, Any] = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}

Series = Mapping[str, Sequence[float]]


def stacked_bars(  # noqa: PLR0913  # one argument a part of the drawing
    title: str,
    description: str,
    labels: Sequence[str],
    series: Series,
    notes: Sequence[str] = (),
    *,
    colours: Sequence[str] = SERIES,
    width: float = WIDE,
) -> str:
    """Horizontal bars, one a label from the top down, each the sum of its series; ``notes`` stand at their ends."""
    with mpl.rc_context(_STYLE | {"svg.hashsalt": title}):
        figure, axes = _figure(width, _FRAME + _ROW * len(labels) + (0.3 if len(series) > 1 else 0))
        left = [0.0] * len(labels)
        for (name, values), colour in zip(series.items(), colours, strict=False):
            axes.barh(range(len(labels)), values, left=left, color=colour, label=name, height=0.66)
            left = [a + b for a, b in zip(left, values, strict=True)]
        _with_bar_labels(axes, width, labels, left, notes)
        if len(series) > 1:
            _with_legend(axes, len(series))
        return _svg(figure, title, description)


def grouped_bars(title: str, description: str, labels: Sequence[str], series: Series, width: float = WIDE) -> str:
    """Horizontal bars in groups: one group a label, one bar a series, with its value at its end."""
    with mpl.rc_context(_STYLE | {"svg.hashsalt": title}):
        figure, axes = _figure(width, _FRAME + 0.3 + _ROW * 1.45 * len(labels))
        height = 0.74 / max(len(series), 1)
        most = max((v for values in series.values() for v in values), default=0)
        for i, (name, values) in enumerate(series.items()):
            middle = [y + (i - (len(series) - 1) / 2) * height for y in range(len(labels))]
            axes.barh(middle, values, height=height * 0.92, color=SERIES[i], label=name)
            for y, v in zip(middle, values, strict=True):
                axes.text(v + most * 0.01, y, _short(v), va="center", fontsize=8.5, color=_SOFT)
        _with_bar_labels(axes, width, labels, [most] * len(labels), ())
        _with_legend(axes, len(series))
        return _svg(figure, title, description)


def columns(title: str, description: str, labels: Sequence[str], series: Series, axis: str, width: float = WIDE) -> str:
    """Upright bars, stacked by series; ``axis`` says what the labels count."""
    with mpl.rc_context(_STYLE | {"svg.hashsalt": title}):
        figure, axes = _figure(width, 2.9)
        bottom = [0.0] * len(labels)
        for (name, values), colour in zip(series.items(), SERIES, strict=False):
            axes.bar(range(len(labels)), values, bottom=bottom, color=colour, label=name, width=0.72)
            bottom = [a + b for a, b in zip(bottom, values, strict=True)]
        for x, total in enumerate(bottom):
            axes.text(x, total, _short(total), ha="center", va="bottom", fontsize=9, color=_SOFT)
        axes.set_xticks(range(len(labels)), labels)
        axes.set_xlabel(axis, fontsize=9)
        axes.set_ylim(0, 1.12 * max(bottom, default=1) or 1)
        _with_upright_axes(axes)
        _with_legend(axes, len(series))
        return _svg(figure, title, description)


def lines(title: str, description: str, days: Sequence[str], series: Series) -> str:
    """A line a series over days (ISO dates, without gaps), named at its right end."""
    with mpl.rc_context(_STYLE | {"svg.hashsalt": title}):
        figure, axes = _figure(WIDE, 3.0)
        for (name, values), colour in zip(series.items(), SERIES, strict=False):
            axes.plot(range(len(days)), values, color=colour, linewidth=1.9, label=name, solid_capstyle="round")
            if len(days) == 1:
                axes.plot([0], values, "o", color=colour)
        shown = range(0, len(days), max(1, len(days) // 8))
        axes.set_xticks(list(shown), [f"{date.fromisoformat(days[i]):%-d %b}" for i in shown], fontsize=9)
        axes.set_ylim(bottom=0)
        axes.margins(x=0.01)
        _with_upright_axes(axes)
        _with_legend(axes, len(series))
        return _svg(figure, title, description)


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasSVG(figure)
    axes = figure.add_subplot()
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0, pad=5)
    return figure, axes


def _with_bar_labels(
    axes: Axes, width: float, labels: Sequence[str], ends: Sequence[float], notes: Sequence[str]
) -> None:
    most = max(ends, default=0) or 1
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.45, -0.55)
    longest = max((len(n) for n in notes), default=5)
    # Room for the longest note, by the share of the width that its letters take.
    room = 0.085 * longest / width
    axes.set_xlim(0, most * 1.04 / max(1 - room, 0.4))
    for y, (end, note) in enumerate(zip(ends, notes, strict=False)):
        axes.text(end + most * 0.012, y, note, va="center", fontsize=9, color=_SOFT, bbox=_PLATE)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: _short(v)))
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.grid(axis="x", color=_LINE, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines["bottom"].set_visible(False)


def _with_upright_axes(axes: Axes) -> None:
    axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: _short(v)))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.tick_params(axis="y", colors=_SOFT)
    axes.grid(axis="y", color=_LINE, linewidth=0.7)
    axes.set_axisbelow(True)


def _with_legend(axes: Axes, entries: int) -> None:
    axes.legend(
        loc="lower left", bbox_to_anchor=(0, 1.0), ncols=min(entries, 6), frameon=False, fontsize=9,
        handlelength=1.1, handleheight=0.9, borderaxespad=0.2, columnspacing=1.4,
    )  # fmt: skip


def _short(value: float) -> str:
    for size, unit in ((1e9, "bn"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            scaled = value / (1e3 if unit == "k" else size)
            return f"{scaled:,.1f}".removesuffix(".0") + f" {unit}"
    return f"{value:,.0f}" if abs(value) >= 100 or float(value).is_integer() else f"{value:,.1f}"


def _svg(figure: Figure, title: str, description: str) -> str:
    """The figure as an element that stands in a page: no addresses, ids of its own, words for who cannot see it."""
    out = io.StringIO()
    figure.savefig(
        out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None}, transparent=True
    )
    name = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    body = out.getvalue().split("<svg", 1)[1].split(">", 1)
    box = re.search(r'viewBox="([^"]+)"', body[0])
    inner = body[1].rsplit("</svg>", 1)[0]
    inner = re.sub(r"<metadata>.*?</metadata>\s*", "", inner, flags=re.DOTALL).replace("xlink:href", "href")
    inner = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", inner)
    inner = inner.replace("'DejaVu Sans', sans-serif", _FONT).replace("'DejaVu Sans'", _FONT)
    return (
        f'<svg class="chart" role="img" aria-labelledby="{name}-title {name}-desc" viewBox="{box[1] if box else ""}">'
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-desc">{escape(description)}</desc>{inner}</svg>'
    )
