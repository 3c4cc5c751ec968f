"""Audiences and activation: who is addressed, and what destinations hold."""

from collections.abc import Mapping

from cdp_spark.config.audiences import AudienceConfig
from cdp_spark.config.destinations import DestinationConfig
from cdp_spark.reports.charts import BLUE, ORANGE, SKY, VERMILION, stacked_bars
from cdp_spark.reports.contents import Chart, Form, Section, Table, Value
from cdp_spark.reports.figures import Figures


def audiences(figures: Figures, configured: Mapping[str, AudienceConfig]) -> Section:
    """Size of every audience, who entered and who left in this run."""
    members, changes = figures.counts("members", 0), figures.counts("changes", 0, 1)
    names = sorted(configured, key=lambda a: (-members[(a,)], a))
    rows = [
        (a, configured[a].about or None, members[(a,)], changes[(a, "entered")], changes[(a, "exited")]) for a in names
    ]
    entered, exited = sum(r[3] for r in rows), sum(r[4] for r in rows)
    columns = (
        ("audience", Form.TEXT),
        ("who", Form.TEXT),
        ("members", Form.COUNT),
        ("entered", Form.COUNT),
        ("exited", Form.COUNT),
    )
    return Section(
        id="audiences",
        title="Audiences",
        label="Audiences",
        summary=f"{len(rows)} audiences; {entered:,} memberships began and {exited:,} ended in this run."
        if rows
        else "No audience is configured.",
        charts=(_audience_chart(rows),) if rows else (),
        tables=(Table("audiences", "Audiences", columns, tuple(rows)),),
    )


def activation(figures: Figures, destinations: Mapping[str, DestinationConfig]) -> Section:
    """What each sync holds, what this run added and removed, and whom consent withheld."""
    held, sent = figures.counts("held", 0), figures.counts("sent", 0, 1)
    lost = figures.counts("sent", 0, 2)
    details = next((s.details for s in figures.steps if s.step == "activation"), {})
    rows: list[tuple[Value, ...]] = []
    for sync in (f"{d}.{s.audience}" for d, about in sorted(destinations.items()) for s in about.syncs):
        n = [sent[(sync, op)] for op in ("add", "update", "remove")]
        withheld = [details.get(f"{sync}.{kind}") for kind in ("withheld", "suppressed")]
        rows.append((sync.replace(".", " ← ", 1), held[(sync,)], *n, lost[(sync, "no_consent")], *withheld))
    counted = ("held", "added", "updated", "removed", "removed for want of consent", "withheld for want of consent")
    columns = (("destination ← audience", Form.TEXT), *[(c, Form.COUNT) for c in (*counted, "suppressed")])
    return Section(
        id="activation",
        title="Destinations",
        label="Destinations",
        summary=_summary(rows),
        charts=(_activation_chart(rows),) if rows else (),
        tables=(Table("activation", "Destinations after this run", columns, tuple(rows)),),
    )


def _summary(rows: list[tuple[Value, ...]]) -> str:
    if not rows:
        return "No destination is configured."
    added, removed, withheld = (sum(int(r[i] or 0) for r in rows) for i in (2, 4, 6))
    return (
        f"This run added {added:,} and removed {removed:,} entries. "
        f"{withheld:,} members are withheld because consent for the purpose is missing."
    )


def _audience_chart(rows: list[tuple[str, str | None, int, int, int]]) -> Chart:
    title = "Members by audience"
    stayed = [max(members - entered, 0) for _, _, members, entered, _ in rows]
    fresh = [min(members, entered) for _, _, members, entered, _ in rows]
    notes = [f"{m:,}" + (f"  +{i:,}" if i else "") + (f"  \N{MINUS SIGN}{o:,}" if o else "") for _, _, m, i, o in rows]
    said = "; ".join(f"{a}: {m:,} members, {i:,} entered, {o:,} exited" for a, _, m, i, o in rows)
    series = {"members before": stayed, "entered in this run": fresh}
    return Chart(title, stacked_bars(title, said, [r[0] for r in rows], series, notes, colours=(BLUE, SKY)))


def _activation_chart(rows: list[tuple[Value, ...]]) -> Chart:
    title = "Members held, withheld and suppressed by destination"
    labels = [str(r[0]) for r in rows]
    shown = (("held", 1), ("withheld for want of consent", 6), ("suppressed", 7))
    series = {name: [int(r[i] or 0) for r in rows] for name, i in shown}
    said = "; ".join(f"{r[0]}: {r[1] or 0:,} held, {r[6] or 0:,} withheld, {r[7] or 0:,} suppressed" for r in rows)
    return Chart(
        title,
        stacked_bars(
            title, said, labels, series, [f"{r[1] or 0:,} held" for r in rows], colours=(BLUE, VERMILION, ORANGE)
        ),
    )
