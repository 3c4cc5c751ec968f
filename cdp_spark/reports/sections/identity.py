"""Identity and profiles: how records became persons, and what is known of them."""

from collections import Counter
from collections.abc import Sequence

from cdp_spark.reports.charts import BLUE, GREEN, GREY, HALF, ORANGE, VERMILION, columns, stacked_bars
from cdp_spark.reports.contents import Chart, Form, Section, Table, Tile, Value, share
from cdp_spark.reports.figures import FIELDS, WHOLE, Figures

_BUCKETS = ((1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 9), (10, 19), (20, None))
_LARGEST = 10
_KINDS = ("known", "anonymous")
_STATUSES = ("active", "shared", "generic", "blocked", "erased")


def identity(figures: Figures) -> Section:
    """Records, identifiers, persons; merges; identifiers held back; the largest persons by count alone."""
    sizes = {(int(e.key[0] or 0), e.key[1]): e.n for e in figures.of("persons")}
    persons, known = sum(sizes.values()), sum(n for (_, kind), n in sizes.items() if kind == "known")
    identifiers = figures.total("nodes")
    sightings = int(sum(e.amount for e in figures.of("nodes")))
    buckets = [(_bucket_name(*b), _in_bucket(sizes, b, "known"), _in_bucket(sizes, b, "anonymous")) for b in _BUCKETS]
    log = figures.counts("identity_log", 0, 1)
    moved = sum(n for (_, in_run), n in log.items() if in_run == "true")
    devices = {kind: sum(e.n for e in figures.of("devices") if e.key[1] == kind) for kind in _KINDS}
    return Section(
        id="identity",
        title="Who is who",
        label="Identity",
        summary=_summary(persons, known, identifiers, log[("merged", "true")]),
        tiles=(
            Tile("sightings of identifiers", sightings, note="on all records"),
            Tile("identifiers", identifiers, note="distinct values"),
            Tile("persons", persons, note="active"),
            Tile("known by name or login", known, note=f"and {persons - known:,} anonymous"),
            Tile(
                "devices with a known owner",
                share(devices["known"], sum(devices.values())),
                Form.SHARE,
                "anonymous to known",
            ),
            Tile("ids that ended or began by a split", share(moved, persons), Form.SHARE, "of persons, in this run"),
        ),
        charts=(_sizes_chart(buckets), _identifiers_chart(figures)) if persons and identifiers else (),
        tables=(
            Table(
                "person-sizes",
                "Identifiers per person",
                (("identifiers", Form.TEXT), ("known persons", Form.COUNT), ("anonymous persons", Form.COUNT)),
                tuple(buckets),
            ),
            _identifiers_table(figures),
            _devices_table(figures),
            _held_table(figures),
            Table(
                "changes-of-persons",
                "What happened to persons",
                (("operation", Form.TEXT), ("in this run", Form.COUNT), ("in all runs", Form.COUNT)),
                tuple((o, log[(o, "true")], log[(o, "true")] + log[(o, "false")]) for o in sorted({k[0] for k in log})),
            ),
            Table(
                "largest-persons",
                f"The {_LARGEST} largest persons, by number of identifiers",
                (("identifiers", Form.COUNT), ("persons of that size", Form.COUNT)),
                tuple(_largest(sizes)),
            ),
        ),
    )


def profiles(figures: Figures) -> Section:
    """How complete profiles are, how many sources know a person, and who agreed to what."""
    people = {kind: figures.total("profiles", WHOLE, kind) for kind in _KINDS}
    by_field = figures.counts("profiles", 0, 1)
    fields: list[tuple[Value, ...]] = []
    for field in FIELDS:
        n = [by_field[(field, kind)] for kind in _KINDS]
        fields.append(
            (field.replace("_", " "), n[0], share(n[0], people["known"]), n[1], share(n[1], people["anonymous"]))
        )
    sources = Counter(
        {(key[2], key[1]): n for key, n in figures.counts("profiles", 0, 1, 2).items() if key[0] == WHOLE}
    )
    several = sum(n for (known_by, _), n in sources.items() if int(known_by or 0) > 1)
    everybody = sum(people.values())
    consent = _consent_rows(figures, everybody)
    charts = [_completeness_chart(fields)] if people["known"] else []
    if consent:
        charts.append(_consent_chart(consent))
    return Section(
        id="profiles",
        title="What is known of them",
        label="Profiles",
        summary=f"{everybody:,} profiles. {several:,} persons are known from more than one source.",
        charts=tuple(charts),
        tables=(
            Table(
                "fields",
                "Filled fields",
                (
                    ("field", Form.TEXT),
                    ("known persons", Form.COUNT),
                    ("share of known", Form.SHARE),
                    ("anonymous persons", Form.COUNT),
                    ("share of anonymous", Form.SHARE),
                ),
                tuple(fields),
            ),
            Table(
                "consent",
                "Consent by purpose: persons with a contact point of that status",
                (
                    ("purpose", Form.TEXT),
                    ("granted", Form.COUNT),
                    ("denied or withdrawn", Form.COUNT),
                    ("other", Form.COUNT),
                    ("granted, of all persons", Form.SHARE),
                ),
                tuple(consent),
            ),
            Table(
                "sources-per-person",
                "Sources that know a person",
                (("sources", Form.TEXT), ("known persons", Form.COUNT), ("anonymous persons", Form.COUNT)),
                tuple(
                    (n, sources[(n, "known")], sources[(n, "anonymous")])
                    for n in sorted({k[0] for k in sources}, key=lambda n: int(n or 0))
                ),
            ),
        ),
    )


def _summary(persons: int, known: int, identifiers: int, merged: int) -> str:
    if not persons:
        return "No persons yet."
    merges = f" Merged into another person in this run: {merged:,}." if merged else ""
    known_by = f"{known:,} of them known by a strong identifier"
    return f"{identifiers:,} identifiers lead to {persons:,} persons, {known_by}.{merges}"


def _bucket_name(low: int, high: int | None) -> str:
    return str(low) if low == high else f"{low}+" if high is None else f"{low}\N{EN DASH}{high}"


def _in_bucket(sizes: dict[tuple[int, str], int], bucket: tuple[int, int | None], kind: str) -> int:
    low, high = bucket
    return sum(n for (size, k), n in sizes.items() if k == kind and low <= size and (high is None or size <= high))


def _largest(sizes: dict[tuple[int, str], int]) -> list[tuple[Value, ...]]:
    by_size: dict[int, int] = {}
    for (size, _), n in sizes.items():
        by_size[size] = by_size.get(size, 0) + n
    rows: list[tuple[Value, ...]] = []
    left = _LARGEST
    for size in sorted(by_size, reverse=True):
        if left <= 0:
            break
        rows.append((size, by_size[size]))
        left -= by_size[size]
    return rows


def _identifiers_table(figures: Figures) -> Table:
    counted = figures.counts("nodes", 0, 1)
    spaces = sorted({space for space, _ in counted}, key=lambda s: (-counted[(s, "active")], s))
    return Table(
        "identifiers",
        "Identifiers by kind and status; only active ones link persons",
        (("kind", Form.TEXT), *[(s, Form.COUNT) for s in _STATUSES]),
        tuple((space, *[counted[(space, s)] for s in _STATUSES]) for space in spaces),
    )


def _identifiers_chart(figures: Figures) -> Chart:
    table, title = _identifiers_table(figures), "Identifiers by kind and status"
    rows = table.rows[:10]
    held = ("shared", "generic", "blocked")
    series = {s: [float(r[i + 1] or 0) for r in rows] for i, s in enumerate(_STATUSES) if s in ("active", *held)}
    notes = [f"{r[1]:,}" + (f", {n:,} held back" if (n := sum(int(v or 0) for v in r[2:5])) else "") for r in rows]
    said = "; ".join(f"{r[0]}: {note}" for r, note in zip(rows, notes, strict=True))
    labels = [str(r[0]) for r in rows]
    return Chart(
        title, stacked_bars(title, said, labels, series, notes, colours=(BLUE, VERMILION, ORANGE, GREY), width=HALF)
    )


def _devices_table(figures: Figures) -> Table:
    counted = figures.counts("devices", 0, 1)
    rows = [(s, counted[(s, "known")], counted[(s, "anonymous")]) for s in sorted({space for space, _ in counted})]
    return Table(
        "devices",
        "Devices and browsers by whose they are; the share of known ones is the anonymous-to-known rate",
        (("kind", Form.TEXT), *[(f"of {k} persons", Form.COUNT) for k in _KINDS], ("share known", Form.SHARE)),
        tuple((space, known, anonymous, share(known, known + anonymous)) for space, known, anonymous in rows),
    )


def _held_table(figures: Figures) -> Table:
    reasons = figures.counts("held_links", 0)
    return Table(
        "held-links",
        "Links that were refused",
        (("reason", Form.TEXT), ("links", Form.COUNT)),
        tuple((r[0], n) for r, n in sorted(reasons.items(), key=lambda x: (-x[1], x[0]))),
    )


def _consent_rows(figures: Figures, persons: int) -> list[tuple[Value, ...]]:
    counted = figures.counts("consent", 0, 1)
    rows: list[tuple[Value, ...]] = []
    for purpose in sorted({p for p, _ in counted}):
        granted = counted[(purpose, "granted")]
        refused = counted[(purpose, "denied")] + counted[(purpose, "withdrawn")]
        other = sum(n for (p, _), n in counted.items() if p == purpose) - granted - refused
        rows.append((purpose, granted, refused, other, share(granted, persons)))
    return rows


def _sizes_chart(buckets: Sequence[tuple[str, int, int]]) -> Chart:
    title = "Identifiers per person"
    said = "; ".join(f"{b}: {k:,} known, {a:,} anonymous" for b, k, a in buckets)
    series = {"known": [k for _, k, _ in buckets], "anonymous": [a for _, _, a in buckets]}
    return Chart(title, columns(title, said, [b for b, *_ in buckets], series, "identifiers of one person", width=HALF))


def _completeness_chart(fields: Sequence[tuple[Value, ...]]) -> Chart:
    title = "Filled fields of known persons, in percent"
    percents = [100 * float(f[2] or 0) for f in fields]
    labels = [str(f[0]) for f in fields]
    said = "; ".join(f"{name} {p:.0f} %" for name, p in zip(labels, percents, strict=True))
    series = {"filled": percents, "empty": [100 - p for p in percents]}
    return Chart(
        title,
        stacked_bars(
            title, said, labels, series, [f"{p:.0f} %" for p in percents], colours=(BLUE, "#e6eaef"), width=HALF
        ),
    )


def _consent_chart(rows: Sequence[tuple[Value, ...]]) -> Chart:
    title = "Persons by consent and purpose"
    series = {
        name: [float(r[i] or 0) for r in rows] for i, name in ((1, "granted"), (2, "denied or withdrawn"), (3, "other"))
    }
    said = "; ".join(f"{r[0]}: {r[1]:,} granted, {r[2]:,} denied or withdrawn, {r[3]:,} other" for r in rows)
    labels = [str(r[0]).replace("_", " ") for r in rows]
    return Chart(
        title,
        stacked_bars(
            title,
            said,
            labels,
            series,
            [f"{r[1]:,} granted" for r in rows],
            colours=(GREEN, VERMILION, GREY),
            width=HALF,
        ),
    )
