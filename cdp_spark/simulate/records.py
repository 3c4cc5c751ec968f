"""One landed record, and the two things that happen to records on their way: sent again, and broken."""

import random
from typing import Any, NamedTuple

HOUR_MS = 3_600_000
MINUTE_MS = 60_000
SENT_AGAIN = 0.02
BROKEN = 0.0004
LATEST_COPY_MS = 36 * HOUR_MS

RECORD, DUPLICATE, MALFORMED = "record", "duplicate", "malformed"


class Stream(NamedTuple):
    """A folder of the landing zone."""

    source: str
    name: str
    suffix: str


WEB = Stream("web", "events", "jsonl.gz")
APP = Stream("app", "events", "jsonl.gz")
EMAIL = Stream("email", "events", "jsonl.gz")
POS = Stream("pos", "receipts", "csv")
CRM = Stream("crm", "contacts", "csv")
SOCIAL = Stream("social", "leads", "jsonl")
SHOP = Stream("shop", "orders", "parquet")
REFUNDS = Stream("shop", "refunds", "jsonl")
SUPPORT = Stream("support", "tickets", "jsonl")
FORMS = Stream("forms", "submissions", "jsonl")
CONSENT = Stream("consent", "preferences", "jsonl")
ADS = Stream("ads", "spend", "csv")
STREAMS = (WEB, APP, EMAIL, POS, CRM, SOCIAL, SHOP, REFUNDS, SUPPORT, FORMS, CONSENT, ADS)


BORN_AND_LIVING = "birth date and address"  # no identifier, but by it two contacts of one person can be known

Identifiers = tuple[tuple[str, str], ...]
"""Namespace and normalised value of identifiers on a record; '' where a record could hold one and does not."""


class Record(NamedTuple):
    """A row as it lands: its key, the person behind it ('' for none), when it arrives (ms), its line or row.

    `flaws` names what is wrong with it; `cause` the campaign without which it would not be; `shown` the identifiers on it.
    """

    stream: Stream
    key: str
    person: str
    arrival: int
    body: Any
    kind: str = RECORD
    flaws: tuple[str, ...] = ()
    cause: str = ""
    shown: Identifiers = ()


def landed(  # noqa: PLR0913  # one parameter a field
    stream: Stream,
    key: str,
    person: str,
    arrival: int,
    body: str,
    dice: random.Random,
    flaws: tuple[str, ...] = (),
    shown: Identifiers = (),
) -> list[Record]:
    """A line as it lands: once, or again within 36 hours, or a second time as a broken copy."""
    whole = Record(stream, key, person, arrival, body, flaws=flaws, shown=shown)
    roll = dice.random()
    if roll < SENT_AGAIN:
        return [whole, whole._replace(arrival=arrival + copy_delay(dice), kind=DUPLICATE)]
    if roll < SENT_AGAIN + BROKEN:
        return [whole, whole._replace(body=broken_line(body, dice), kind=MALFORMED)]
    return [whole]


def copy_delay(dice: random.Random) -> int:
    """How much later the same record is sent again: mostly minutes, at most 36 hours."""
    longest = LATEST_COPY_MS if dice.random() < 0.3 else 20 * MINUTE_MS
    return dice.randrange(1_000, longest)


def broken_line(line: str, dice: random.Random) -> str:
    """The line cut short, or with its first separator gone."""
    cut = line[: dice.randrange(10, max(11, len(line) // 3))]
    if line.startswith("{") and dice.random() < 0.5:
        return line.replace(":", " ", 1)
    return cut.rstrip("\\").rstrip('"') if line.startswith("{") else cut.split(",")[0].replace('"', "")
