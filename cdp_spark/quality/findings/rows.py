"""Findings about rows: how many have a defect, of how many, whose."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from cdp_spark.config.quality import EventNames
from cdp_spark.contracts.findings import KINDS
from cdp_spark.quality.findings.finding import Finding, a_finding
from cdp_spark.quality.findings.measured import Measured, summed
from cdp_spark.quality.marks import CONTACTS, CUSTOMERS, LANDED, LATE, ORDERS, QUARANTINED, VALUES, VOLUME
from cdp_spark.quality.measurements import Measurement, persons

_LATE_FROM, _REPEATED_FROM = 0.05, 0.02
_EXAMPLES = 3


def row_findings(measured: Measured, names: EventNames) -> Iterator[Finding]:
    """One finding a kind, source, stream and subject. Of several tables that show it the one that shows most counts."""
    recent = measured.recent
    wholes = _Wholes(recent, names)
    by_table: dict[tuple[str, str, str, str], dict[str, list[Measurement]]] = defaultdict(lambda: defaultdict(list))
    for m in recent:
        if m.measure in KINDS and m.n:
            by_table[m.measure, m.source, m.stream, m.subject][m.part].append(m)
    for (kind, source, stream, subject), tables in sorted(by_table.items()):
        part, rows = max(tables.items(), key=lambda t: (sum(m.n for m in t[1]), t[0]))
        affected = sum(m.n for m in rows)
        yield a_finding(
            kind, source, stream, subject=subject,
            affected=affected,
            of=wholes.of(kind, source, stream, subject, part),
            persons=persons([m.people for m in rows]),
            examples=_examples(rows),
            lost=wholes.share_of_source(source, affected) if kind == "refused_record" else 0.0,
        )  # fmt: skip


def rate_findings(measured: Measured, events_only: Sequence[tuple[str, str]]) -> Iterator[Finding]:
    """Late events, and records that came before; ``events_only`` are the streams whose records are one event each."""
    recent = measured.recent
    counted = summed(recent, lambda m: (m.measure, m.source, m.stream))
    for source, stream in sorted({(m.source, m.stream) for m in recent}):
        landed, events, late, held = (counted[x, source, stream] for x in (LANDED, VOLUME, LATE, QUARANTINED))
        if events and late / events >= _LATE_FROM:
            yield a_finding("late_events", source, stream, affected=late, of=events)
        repeated = landed - events - held
        if (source, stream) in events_only and landed and repeated / landed >= _REPEATED_FROM:
            yield a_finding("repeated_records", source, stream, affected=repeated, of=landed)


class _Wholes:
    """Of how many rows a finding speaks."""

    def __init__(self, recent: Sequence[Measurement], names: EventNames) -> None:
        self._by_subject = summed(recent, lambda m: (m.measure, m.source, m.stream, m.subject))
        self._total = summed(recent, lambda m: (m.measure, m.source, m.stream))
        self._landed = summed([m for m in recent if m.measure == LANDED], lambda m: m.source)
        self._named = {
            "purchase_without_currency": names.purchase,
            "refund_without_order": names.refund,
            "bounced_email": (),
            "user_id_on_anonymous_pages": ("page", "screen"),
        }

    def of(self, kind: str, source: str, stream: str, subject: str, part: str) -> int | None:
        """The whole; None where it is not known."""
        if kind == "user_id_never_identified":
            return self._by_subject[VALUES, source, stream, "user_id"] or None
        if part == "events" and self._named.get(kind):
            wanted = {n.lower() for n in self._named[kind]}
            return self._volume(source, stream, wanted) or None
        if kind == "refund_without_order" and part == "orders":
            return None  # how many orders are refunds is not counted
        if kind == "double_firing":
            return self._by_subject[VOLUME, source, stream, subject] or None
        measure = {
            "events": VOLUME, "customers": CUSTOMERS, "orders": ORDERS, "waiting": LANDED,
            "identifiers": VALUES, "contact_points": CONTACTS,
        }.get(part)  # fmt: skip
        if measure in (VALUES, CONTACTS):
            return self._by_subject[measure, source, stream, subject] or None
        return self._total[measure, source, stream] or None if measure else None

    def share_of_source(self, source: str, records: int) -> float:
        """The share of all records that the source landed."""
        return records / self._landed[source] if self._landed[source] else 0.0

    def _volume(self, source: str, stream: str, names: set[str]) -> int:
        return sum(
            n for key, n in self._by_subject.items() if key[:3] == (VOLUME, source, stream) and key[3].lower() in names
        )


def _examples(rows: Sequence[Measurement]) -> list[str]:
    newest = sorted(rows, key=lambda m: -m.landing_id)
    return list(dict.fromkeys(e for m in newest for e in m.examples))[:_EXAMPLES]
