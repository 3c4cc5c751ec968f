"""Writes a company: landing files by week, the truth, and what a further day brings.

A file's name says whose arrivals it holds: `web-events-20260223-20260301.jsonl.gz` up to and with the last day,
`web-events-20260302.jsonl.gz` one day, `crm-contacts-snapshot-20251201.csv` the state before the first day.
Files appear whole: written under a name with a leading underscore, then renamed.
"""

import gzip
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from operator import attrgetter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from cdp_spark.errors import UsageError
from cdp_spark.simulate import crm, pos, story, truth
from cdp_spark.simulate.company import Company
from cdp_spark.simulate.csv_lines import csv_line
from cdp_spark.simulate.days import LATEST_DAYS, World, day_records, snapshot_records, world
from cdp_spark.simulate.records import CRM, DUPLICATE, MALFORMED, POS, STREAMS, Record, Stream
from cdp_spark.simulate.shop import SCHEMA

DAYS_PER_FILE = 7
_HEADERS = {CRM: crm.HEADER, POS: pos.HEADER}


@dataclass(frozen=True)
class StreamCounts:
    """What was written of one stream: rows = records + duplicates + malformed."""

    rows: int = 0
    records: int = 0
    duplicates: int = 0
    malformed: int = 0
    files: int = 0
    bytes: int = 0

    def plus(self, other: "StreamCounts") -> "StreamCounts":
        """The sum of both."""
        mine, theirs = asdict(self), asdict(other)
        return StreamCounts(**{name: mine[name] + theirs[name] for name in mine})


@dataclass(frozen=True)
class WrittenCompany:
    """The files written, in order, and the counts of each stream, named `source/stream`."""

    landing: Path
    truth: Path
    files: tuple[Path, ...]
    streams: dict[str, StreamCounts]

    @property
    def rows(self) -> int:
        """All rows of all streams."""
        return sum(counts.rows for counts in self.streams.values())


def write_company(company: Company, landing: Path, truth: Path) -> WrittenCompany:
    """Everything that arrives from the company's first day up to its end, and the truth about it.

    Truth: persons.csv, identifiers.csv, records.csv.gz, facts.json. Raises UsageError when the truth would lie in the
    landing zone.
    """
    _refuse_truth_in_landing(landing, truth)
    of = world(company)
    writer = _Writer(landing, truth)
    writer.write(snapshot_records(of), f"snapshot-{company.date(0):%Y%m%d}")
    waiting: list[Record] = []
    for first in range(0, company.days, DAYS_PER_FILE):
        last = min(first + DAYS_PER_FILE, company.days) - 1
        for day in range(first, last + 1):
            waiting += day_records(of, day)
        until = company.day_ms(last + 1)
        writer.write(
            (r for r in waiting if r.arrival < until), f"{company.date(first):%Y%m%d}-{company.date(last):%Y%m%d}"
        )
        waiting = [r for r in waiting if r.arrival >= until]
    _write_people(of, truth)
    return writer.written("", _facts(of))


def write_day_after(company: Company, landing: Path, truth: Path, days_after: int = 1) -> WrittenCompany:
    """What arrives on the day so many days after the company's last one (1: the day that begins at its `end`).

    Adds one file a stream, records-YYYYMMDD.csv.gz and facts-YYYYMMDD.json; touches no other file. Raises UsageError
    for a day that is not after the end.
    """
    _refuse_truth_in_landing(landing, truth)
    if days_after < 1:
        raise UsageError("the day lies within the company's history", fix="choose days_after of 1 or more")
    of, day = world(company), company.days + days_after - 1
    begin, until = company.day_ms(day), company.day_ms(day + 1)
    writer = _Writer(landing, truth)
    recent = (record for d in range(max(0, day - LATEST_DAYS), day + 1) for record in day_records(of, d))
    label = f"{company.date(day):%Y%m%d}"
    writer.write((r for r in recent if begin <= r.arrival < until), label)
    return writer.written(f"-{label}", _facts(of))


class _Writer:
    """Writes parts and keeps count."""

    def __init__(self, landing: Path, truth_folder: Path) -> None:
        self._landing, self._truth = landing, truth_folder
        self._files: list[Path] = []
        self._streams = {stream: StreamCounts() for stream in STREAMS}
        self._record_truth = truth.RecordTruth()
        for stream in STREAMS:  # also where nothing arrives: a run takes a missing folder for a mistake
            (landing / stream.source / stream.name).mkdir(parents=True, exist_ok=True)

    def write(self, records: Iterable[Record], label: str) -> None:
        """One file for each stream that has records, in order of arrival."""
        by_stream: dict[Stream, list[Record]] = {stream: [] for stream in STREAMS}
        for record in records:
            by_stream[record.stream].append(record)
        for stream, part in by_stream.items():
            if part:
                part.sort(key=attrgetter("arrival"))
                path = (
                    self._landing
                    / stream.source
                    / stream.name
                    / f"{stream.source}-{stream.name}-{label}.{stream.suffix}"
                )
                _write_file(stream, part, path)
                self._files.append(path)
                self._streams[stream] = self._streams[stream].plus(_counts(part, path))
                self._record_truth.add(part)

    def written(self, suffix: str, facts: dict[str, object]) -> WrittenCompany:
        """Write the records' truth and the facts, and tell what was written."""
        streams = {f"{stream.source}/{stream.name}": counts for stream, counts in self._streams.items()}
        rows = self._record_truth.sorted_rows()
        _put(self._truth / f"records{suffix}.csv.gz", _gzipped(_csv_bytes(truth.RECORDS_HEADER, rows)))
        facts |= {"streams": {name: asdict(counts) for name, counts in streams.items()}}
        _put(self._truth / f"facts{suffix}.json", (json.dumps(facts, indent=2, sort_keys=True) + "\n").encode())
        return WrittenCompany(self._landing, self._truth, tuple(self._files), streams)


def _counts(part: list[Record], path: Path) -> StreamCounts:
    kinds = Counter(record.kind for record in part)
    whole = len(part) - kinds[DUPLICATE] - kinds[MALFORMED]
    return StreamCounts(len(part), whole, kinds[DUPLICATE], kinds[MALFORMED], 1, path.stat().st_size)


def _write_file(stream: Stream, part: list[Record], path: Path) -> None:
    if stream.suffix == "parquet":
        sink = pa.BufferOutputStream()
        pq.write_table(pa.Table.from_pylist([record.body for record in part], schema=SCHEMA), sink)
        _put(path, sink.getvalue().to_pybytes())
        return
    lines = [record.body for record in part]
    if stream in _HEADERS:
        lines.insert(0, csv_line(_HEADERS[stream]))
    content = ("\n".join(lines) + "\n").encode()
    _put(path, _gzipped(content) if stream.suffix.endswith(".gz") else content)


def _write_people(of: World, truth_folder: Path) -> None:
    persons = (*of.people.persons, story.story_person(of.company))
    contacts = (*of.contacts, story.story_contact(of.company))
    _put(truth_folder / "persons.csv", _csv_bytes(truth.PERSONS_HEADER, truth.person_rows(persons)))
    rows = truth.identifier_rows(of.people, persons, contacts)
    _put(truth_folder / "identifiers.csv", _csv_bytes(truth.IDENTIFIERS_HEADER, rows))


def _facts(of: World) -> dict[str, object]:
    company, persons = of.company, of.people.persons
    saturday = story.story_saturday(company)
    return {
        "company": {
            "people": company.people,
            "days": company.days,
            "seed": company.seed,
            "start": company.start.isoformat(),
            "end": company.end.isoformat(),
        },
        "people": {
            "persons": len(persons) + 1,
            "households": len({p.household for p in persons}) + 1,
            "accounts": sum(bool(p.user_id) for p in persons),
            "loyalty_cards": sum(bool(p.loyalty_id) for p in persons) + 1,
            "apps": sum(p.app is not None for p in persons),
            "changed_emails": sum(bool(p.new_email) for p in persons),
            "crm_contacts": len(of.contacts) + 1,
            "kiosks": len(of.people.kiosks),
            "bots": len(of.people.bots),
        },
        "story": {
            "person": story.PERSON_ID,
            "anonymous_id": story.COOKIE,
            "email": story.EMAIL,
            "loyalty_id": story.LOYALTY_ID,
            "crm_contact_id": story.CONTACT_ID,
            "tuesday": str(company.date(saturday - 4)),
            "thursday": str(company.date(saturday - 2)),
            "saturday": str(company.date(saturday)),
        },
    }


def _refuse_truth_in_landing(landing: Path, truth_folder: Path) -> None:
    if truth_folder.resolve().is_relative_to(landing.resolve()):
        raise UsageError("the truth would lie in the landing zone", fix="choose a truth folder outside of it")


def _csv_bytes(header: tuple[str, ...], rows: Iterable[Iterable[object]]) -> bytes:
    return "".join(csv_line(row) + "\n" for row in (header, *rows)).encode()


def _gzipped(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=4, mtime=0)


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"_{path.name}.tmp")
    unfinished.write_bytes(content)
    unfinished.replace(path)
