"""The landing files and the truth of one shard: its part of the history, and of what further days bring.

A file's name says whose arrivals it holds: `web-events-20260223-20260301.jsonl.gz` up to and with the last day,
`web-events-20260302.jsonl.gz` one day, `crm-contacts-snapshot-20251201.csv` the state before the first day; a company of
several shards adds `-s0003`. Files appear whole: written under a name with a leading underscore, then renamed.
"""

import csv
import gzip
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from operator import attrgetter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from cdp_spark.simulate import ads, campaigns, crm, pos, story, tampering, truth
from cdp_spark.simulate.company import Company
from cdp_spark.simulate.csv_lines import csv_line
from cdp_spark.simulate.days import LATEST_DAYS, World, day_records, snapshot_records, world
from cdp_spark.simulate.records import ADS, CRM, DUPLICATE, MALFORMED, POS, STREAMS, Record, Stream
from cdp_spark.simulate.shop import SCHEMA

DAYS_PER_FILE = 7
_HEADERS = {CRM: crm.HEADER, POS: pos.HEADER, ADS: ads.HEADER}


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
class Part:
    """What one shard wrote: files in order, counts by `source/stream`, people and defects by kind, caused orders."""

    files: tuple[str, ...]
    streams: dict[str, StreamCounts]
    people: dict[str, int]
    defects: dict[str, int]
    caused: dict[str, tuple[int, int]]


def history(company: Company, shard: int, landing: Path, truth_folder: Path) -> Part:
    """Everything of a shard that arrives from the company's first day up to its end."""
    of = world(company, shard)
    writer = _Writer(company, shard, landing, truth_folder)
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
    _write_people(of, truth_folder, writer.suffix)
    return writer.part("", _people(of))


def further_days(company: Company, shard: int, landing: Path, truth_folder: Path, days: range) -> dict[int, Part]:
    """What of a shard arrives on each of some days after the company's end."""
    of, parts, made = world(company, shard), {}, dict[int, list[Record]]()
    for day in days:
        for d in range(max(0, day - LATEST_DAYS), day + 1):
            if d not in made:
                made[d] = day_records(of, d)
        begin, until, label = company.day_ms(day), company.day_ms(day + 1), f"{company.date(day):%Y%m%d}"
        writer = _Writer(company, shard, landing, truth_folder)
        writer.write((r for records in made.values() for r in records if begin <= r.arrival < until), label)
        parts[day] = writer.part(f"-{label}", {})
        made.pop(day - LATEST_DAYS, None)
    return parts


class _Writer:
    """Writes parts and keeps count."""

    def __init__(self, company: Company, shard: int, landing: Path, truth_folder: Path) -> None:
        self.suffix = f"-s{shard:04d}" if company.shards > 1 else ""
        self._landing, self._truth = landing, truth_folder
        self._files: list[Path] = []
        self._streams = {stream: StreamCounts() for stream in STREAMS}
        self._record_truth = truth.RecordTruth()
        if shard == 0 and not company.clean:
            self._record_truth.defects.update(tampering.period_rows(company))
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
                name = f"{stream.source}-{stream.name}-{label}{self.suffix}.{stream.suffix}"
                path = self._landing / stream.source / stream.name / name
                _write_file(stream, part, path)
                self._files.append(path)
                self._streams[stream] = self._streams[stream].plus(_counts(part, path))
                self._record_truth.add(part)

    def part(self, label: str, people: dict[str, int]) -> Part:
        """Write the truth about what has been written, and tell what that was."""
        known, suffix = self._record_truth, f"{label}{self.suffix}"
        write_truth(self._truth, f"records{suffix}.csv.gz", truth.RECORDS_HEADER, known.record_rows())
        write_truth(self._truth, f"shown{suffix}.csv.gz", truth.SHOWN_HEADER, known.shown_rows())
        write_truth(self._truth, f"defects{suffix}.csv.gz", truth.DEFECTS_HEADER, sorted(known.defects))
        write_truth(self._truth, f"caused_orders{suffix}.csv", truth.CAUSED_HEADER, known.caused_rows())
        caused: dict[str, tuple[int, int]] = {}
        for (campaign, _), (orders, cents) in known.caused.items():
            before = caused.get(campaign, (0, 0))
            caused[campaign] = (before[0] + orders, before[1] + cents)
        return Part(
            tuple(str(path) for path in self._files),
            {f"{stream.source}/{stream.name}": counts for stream, counts in self._streams.items()},
            people,
            dict(sorted(Counter(row[0] for row in known.defects).items())),
            caused,
        )


def write_truth(folder: Path, name: str, header: tuple[str, ...], rows: Iterable[Iterable[object]]) -> None:
    """A CSV of the truth; gzip where its name says so."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows((header, *rows))
    content = buffer.getvalue().encode()
    put(folder / name, _gzipped(content) if name.endswith(".gz") else content)


def put(path: Path, content: bytes) -> None:
    """A file that appears whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"_{path.name}.tmp")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def _counts(part: list[Record], path: Path) -> StreamCounts:
    kinds = Counter(record.kind for record in part)
    whole = len(part) - kinds[DUPLICATE] - kinds[MALFORMED]
    return StreamCounts(len(part), whole, kinds[DUPLICATE], kinds[MALFORMED], 1, path.stat().st_size)


def _write_file(stream: Stream, part: list[Record], path: Path) -> None:
    if stream.suffix == "parquet":
        sink = pa.BufferOutputStream()
        pq.write_table(pa.Table.from_pylist([record.body for record in part], schema=SCHEMA), sink)
        put(path, sink.getvalue().to_pybytes())
        return
    lines = [record.body for record in part]
    if stream in _HEADERS:
        lines.insert(0, csv_line(_HEADERS[stream]))
    content = ("\n".join(lines) + "\n").encode()
    put(path, _gzipped(content) if stream.suffix.endswith(".gz") else content)


def _write_people(of: World, folder: Path, suffix: str) -> None:
    first = of.people.shard == 0
    persons = (*of.people.persons, *([story.story_person(of.company)] if first else []))
    contacts = (*of.contacts, *([story.story_contact(of.company)] if first else []))
    write_truth(folder, f"persons{suffix}.csv", truth.PERSONS_HEADER, truth.person_rows(persons))
    households = sorted((truth.household_id(p), p.person_id) for p in persons)
    write_truth(folder, f"households{suffix}.csv", truth.HOUSEHOLDS_HEADER, households)
    rows = truth.identifier_rows(of.people, persons, contacts)
    write_truth(folder, f"identifiers{suffix}.csv", truth.IDENTIFIERS_HEADER, rows)
    members = campaigns.arm_rows(of.company, of.people)
    write_truth(folder, f"campaign_members{suffix}.csv", truth.MEMBERS_HEADER, members)


def _people(of: World) -> dict[str, int]:
    persons, story_too = of.people.persons, int(of.people.shard == 0)
    return {
        "persons": len(persons) + story_too,
        "households": of.people.households + story_too,
        "accounts": sum(bool(p.user_id) for p in persons),
        "loyalty_cards": sum(bool(p.loyalty_id) for p in persons) + story_too,
        "apps": sum(p.app is not None for p in persons),
        "changed_emails": sum(bool(p.new_email) for p in persons),
        "crm_contacts": len(of.contacts) + story_too,
        "kiosks": len(of.people.kiosks),
        "bots": len(of.people.bots),
    }


def _gzipped(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=4, mtime=0)
