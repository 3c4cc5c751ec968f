"""Writes a company: landing files by week and shard, the truth, and what further days bring.

A shard is a function of the company and its number alone and has files of its own. So many shards are made at once, by
Spark where there are several and in this process where there are few; the bytes are the same.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from cdp_spark.errors import UsageError
from cdp_spark.simulate import story
from cdp_spark.simulate.campaigns import CAMPAIGNS
from cdp_spark.simulate.company import Company
from cdp_spark.simulate.shards import Part, StreamCounts, further_days, history, put

FEW_SHARDS = 3  # a session takes longer to start than the second core saves


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


def write_company(company: Company, landing: Path, truth: Path, spark: bool | None = None) -> WrittenCompany:
    """Everything that arrives from the company's first day up to its end, and the truth about it.

    Truth: persons, households, identifiers, records, shown, defects, campaign_members and caused_orders (CSV, a file a shard),
    facts.json. `spark` makes the shards in Spark's workers, which must see the folders; None: where there are more than
    a few. Raises UsageError when the truth would lie in the landing zone.
    """
    _refuse_truth_in_landing(landing, truth)
    make = partial(history, company, landing=landing, truth_folder=truth)
    parts = _made(company, lambda shard: {0: make(shard)}, spark)
    return _written(company, [p[0] for p in parts], landing, truth, "")


def write_days_after(
    company: Company, landing: Path, truth: Path, days: int = 1, days_after: int = 1, spark: bool | None = None
) -> tuple[WrittenCompany, ...]:
    """What arrives on so many days, beginning with the one so many days after the company's last (1: at its `end`).

    Adds for each day one file a stream and shard, and the truth about them under the day's name; touches no other file.
    Raises UsageError for a day that is not after the end.
    """
    _refuse_truth_in_landing(landing, truth)
    if days_after < 1 or days < 1:
        raise UsageError("the day lies within the company's history", fix="choose days_after of 1 or more")
    first = company.days + days_after - 1
    wanted = range(first, first + days)
    make = partial(further_days, company, landing=landing, truth_folder=truth, days=wanted)
    parts = _made(company, make, spark)
    return tuple(
        _written(company, [p[day] for p in parts], landing, truth, f"-{company.date(day):%Y%m%d}") for day in wanted
    )


def write_day_after(company: Company, landing: Path, truth: Path, days_after: int = 1) -> WrittenCompany:
    """What arrives on one day after the company's last; see write_days_after."""
    return write_days_after(company, landing, truth, 1, days_after)[0]


def _made(company: Company, make: Callable[[int], dict[int, Part]], spark: bool | None) -> list[dict[int, Part]]:
    if spark if spark is not None else company.shards > FEW_SHARDS:
        return _made_by_spark(company, make)
    return [make(shard) for shard in range(company.shards)]


def _made_by_spark(company: Company, make: Callable[[int], dict[int, Part]]) -> list[dict[int, Part]]:
    """A task a shard. mapInPandas, since a shard's people are Python objects and its files are written where it is."""
    from cdp_spark.runtime.session import open_session

    def in_worker(frames: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for frame in frames:
            texts = [_as_text(make(int(shard))) for shard in frame["id"]]
            yield pd.DataFrame({"id": frame["id"], "parts": texts})

    session = open_session("cdp:simulate")
    shards = session.range(0, company.shards, 1, company.shards)
    rows = shards.mapInPandas(in_worker, "id BIGINT, parts STRING").collect()
    return [_from_text(row["parts"]) for row in sorted(rows, key=lambda row: row["id"])]


def _as_text(parts: dict[int, Part]) -> str:
    return json.dumps({day: asdict(part) for day, part in parts.items()})


def _from_text(text: str) -> dict[int, Part]:
    return {
        int(day): Part(
            tuple(part["files"]),
            {name: StreamCounts(**counts) for name, counts in part["streams"].items()},
            part["people"],
            part["defects"],
            {name: (orders, cents) for name, (orders, cents) in part["caused"].items()},
        )
        for day, part in json.loads(text).items()
    }


def _written(company: Company, parts: list[Part], landing: Path, truth: Path, label: str) -> WrittenCompany:
    streams: dict[str, StreamCounts] = {}
    for part in parts:
        for name, counts in part.streams.items():
            streams[name] = streams.get(name, StreamCounts()).plus(counts)
    facts = {**_facts(company, parts), "streams": {name: asdict(counts) for name, counts in streams.items()}}
    put(truth / f"facts{label}.json", (json.dumps(facts, indent=2, sort_keys=True) + "\n").encode())
    return WrittenCompany(landing, truth, tuple(Path(file) for part in parts for file in part.files), streams)


def _facts(company: Company, parts: list[Part]) -> dict[str, object]:
    people, defects = Counter[str](), Counter[str]()
    caused: dict[str, tuple[int, int]] = {}
    for part in parts:
        people.update(part.people)
        defects.update(part.defects)
        for name, (orders, cents) in part.caused.items():
            before = caused.get(name, (0, 0))
            caused[name] = (before[0] + orders, before[1] + cents)
    return {
        "company": {
            "people": company.people,
            "days": company.days,
            "seed": company.seed,
            "clean": company.clean,
            "start": company.start.isoformat(),
            "end": company.end.isoformat(),
        },
        "people": dict(people),
        "defects": dict(sorted(defects.items())),
        "campaigns": {
            c.name: {
                "first_day": str(company.date(c.first_day(company))),
                "last_day": str(company.date(c.first_day(company) + c.days - 1)),
                "held_out_share": c.held_out,
                "caused_orders": caused.get(c.name, (0, 0))[0],
                "caused_revenue": caused.get(c.name, (0, 0))[1] / 100,
            }
            for c in CAMPAIGNS
        },
        "story": _story(company),
    }


def _story(company: Company) -> dict[str, str]:
    saturday = story.story_saturday(company)
    return {
        "person": story.PERSON_ID,
        "anonymous_id": story.COOKIE,
        "email": story.EMAIL,
        "loyalty_id": story.LOYALTY_ID,
        "crm_contact_id": story.CONTACT_ID,
        "tuesday": str(company.date(saturday - 4)),
        "thursday": str(company.date(saturday - 2)),
        "saturday": str(company.date(saturday)),
    }


def _refuse_truth_in_landing(landing: Path, truth_folder: Path) -> None:
    if truth_folder.resolve().is_relative_to(landing.resolve()):
        raise UsageError("the truth would lie in the landing zone", fix="choose a truth folder outside of it")
