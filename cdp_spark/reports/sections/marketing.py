"""Marketing: visits over time, and which channels get credit for the orders."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from cdp_spark.reports.charts import HALF, grouped_bars, lines
from cdp_spark.reports.contents import Chart, Form, Section, Table, Tile, Value
from cdp_spark.reports.figures import Figures

_LINES = 6


def attribution(figures: Figures, models: Sequence[str], currency: str) -> Section:
    """Credited conversions and revenue by channel and model, and whether the models agree on the totals."""
    conversions: Counter[tuple[str, str]] = Counter()
    revenue: dict[tuple[str, str, str], float] = {}
    for e in figures.of("credit"):
        model, channel, money_of = e.key[:3]
        conversions[(model, channel)] += float(e.weight)  # type: ignore[assignment]  # a Counter adds any number
        revenue[(model, channel, money_of)] = float(e.amount)
    models = [m for m in models if any(k[0] == m for k in conversions)]
    currencies = sorted({c for *_, c in revenue}, key=lambda c: (c != currency, c))
    channels = sorted({c for _, c in conversions}, key=lambda c: (-conversions[(models[0], c)], c)) if models else []
    rows: list[tuple[Value, ...]] = [
        (
            channel,
            model,
            conversions.get((model, channel), 0.0),
            *[revenue.get((model, channel, c), 0.0) for c in currencies],
        )
        for channel in channels
        for model in models
    ]
    money = [(f"revenue in {c or 'unknown currency'}", Form.AMOUNT) for c in currencies]
    totals = model_totals(figures)
    return Section(
        id="attribution",
        title="What brought the orders",
        label="Attribution",
        summary=_summary(totals, currency),
        tiles=_tiles(totals, currency),
        charts=_credit_charts(channels, models, conversions, revenue, currencies),
        tables=(
            Table(
                "attribution",
                "Credit by channel and model",
                (("channel", Form.TEXT), ("model", Form.TEXT), ("conversions", Form.COUNT), *money),
                tuple(rows),
            ),
            Table(
                "attribution-totals",
                "Totals by model; they must be equal, and equal to the orders",
                (("model", Form.TEXT), ("conversions", Form.COUNT), *money),
                tuple(_total_row(m, n, value, currencies) for m, (n, value) in totals.items()),
            ),
        ),
    )


def _total_row(model: str, n: float, value: Mapping[str, float], currencies: Sequence[str]) -> tuple[Value, ...]:
    return (model, n, *[value.get(c, 0.0) for c in currencies])


def model_totals(figures: Figures) -> dict[str, tuple[float, dict[str, float]]]:
    """Model → conversions, and revenue by currency."""
    totals: dict[str, tuple[Decimal, dict[str, Decimal]]] = {}
    for e in figures.of("credit"):
        n, value = totals.get(e.key[0], (Decimal(0), {}))
        totals[e.key[0]] = (n + e.weight, value | {e.key[2]: value.get(e.key[2], Decimal(0)) + e.amount})
    return {m: (float(n), {c: float(v) for c, v in sorted(value.items())}) for m, (n, value) in totals.items()}


def models_tie(figures: Figures) -> bool:
    """Whether every model gives away the same conversions and revenue."""
    totals = list(model_totals(figures).values())
    return all(t == totals[0] for t in totals)


def visits(figures: Figures) -> Section:
    """Sessions a day by source, and by channel."""
    by_day, by_channel = figures.counts("sessions", 0, 1), figures.counts("sessions", 2)
    per_source: Counter[str] = Counter()
    for (_, source), n in by_day.items():
        per_source[source] += n
    sources = [s for s, _ in sorted(per_source.items(), key=lambda x: (-x[1], x[0]))]
    days = _every_day(sorted({d for d, _ in by_day}))
    total = sum(per_source.values())
    rows: list[tuple[Value, ...]] = [(day, *[by_day[(day, s)] for s in sources]) for day in days]
    channel_rows = tuple((c[0], n) for c, n in sorted(by_channel.items(), key=lambda x: (-x[1], x[0])))
    return Section(
        id="visits",
        title="Visits",
        label="Visits",
        summary=f"{total:,} sessions on {len(days):,} days, from {days[0]} to {days[-1]}."
        if days
        else "No sessions yet.",
        charts=(_visits_chart(days, sources, by_day),) if days else (),
        tables=(
            Table(
                "sessions",
                "Sessions a day by source",
                (("day", Form.TEXT), *[(s, Form.COUNT) for s in sources]),
                tuple(rows),
            ),
            Table("channels", "Sessions by channel", (("channel", Form.TEXT), ("sessions", Form.COUNT)), channel_rows),
        ),
    )


def _every_day(days: list[str]) -> list[str]:
    if not days:
        return []
    first, last = date.fromisoformat(days[0]), date.fromisoformat(days[-1])
    return [(first + timedelta(days=i)).isoformat() for i in range((last - first).days + 1)]


def _visits_chart(days: list[str], sources: list[str], by_day: Counter[tuple[str, ...]]) -> Chart:
    title = "Sessions a day by source"
    shown = sources[:_LINES]
    series = {s: [float(by_day[(d, s)]) for d in days] for s in shown}
    said = "; ".join(f"{s}: {sum(v):,.0f} in all, at most {max(v):,.0f} a day" for s, v in series.items())
    return Chart(title, lines(title, said, days, series))


def _summary(totals: dict[str, tuple[float, dict[str, float]]], currency: str) -> str:
    if not totals:
        return "No orders to credit yet."
    values = list(totals.values())
    n, value = values[0]
    said = f"{n:,.0f} orders with {value.get(currency, 0):,.2f} {currency} of revenue."
    if any(v != values[0] for v in values):
        return f"{said} The models do not give away the same totals: do not use these figures."
    return f"{said} Every model gives away exactly these totals; orders without a touch in the window stand at (none)."


def _tiles(totals: dict[str, tuple[float, dict[str, float]]], currency: str) -> tuple[Tile, ...]:
    if not totals:
        return ()
    n, value = next(iter(totals.values()))
    tiles = [Tile("orders credited", n)]
    tiles += [Tile(f"revenue, {c or 'unknown currency'}", v, Form.AMOUNT) for c, v in value.items() if v]
    same = all(v == (n, value) for v in totals.values())
    return (*tiles, Tile("models tie", "yes" if same else "NO", Form.TEXT, note=f"{len(totals)} models, same totals"))


def _credit_charts(
    channels: list[str],
    models: list[str],
    conversions: Mapping[tuple[str, str], float],
    revenue: Mapping[tuple[str, str, str], float],
    currencies: list[str],
) -> tuple[Chart, ...]:
    if not channels:
        return ()
    names = {m: m.replace("_", " ") for m in models}
    orders = {names[m]: [conversions.get((m, c), 0.0) for c in channels] for m in models}
    charts = [_credit_chart("Orders credited by channel and model", channels, orders)]
    if currencies:
        money = {names[m]: [revenue.get((m, c, currencies[0]), 0.0) for c in channels] for m in models}
        charts.append(
            _credit_chart(
                f"Revenue credited by channel and model, {currencies[0] or 'unknown currency'}", channels, money
            )
        )
    return tuple(charts)


def _credit_chart(title: str, channels: list[str], series: dict[str, list[float]]) -> Chart:
    said = "; ".join(
        f"{c}: " + ", ".join(f"{v[i]:,.0f} by {m}" for m, v in series.items()) for i, c in enumerate(channels)
    )
    return Chart(title, grouped_bars(title, said, channels, series, width=HALF))
