"""Calls in the envelope of Segment and RudderStack, as a browser or an app sends them in one visit."""

import json
import random
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from cdp_spark.simulate.company import DAY_MS
from cdp_spark.simulate.devices import HOUR_MS, uuid_text
from cdp_spark.simulate.records import Record, Stream, landed

Json = dict[str, Any]
ORDINAL_OF_1970 = date(1970, 1, 1).toordinal()
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=4096)
def _date_text(days_since_1970: int) -> str:
    return date.fromordinal(ORDINAL_OF_1970 + days_since_1970).isoformat()


def instant_text(ms: int) -> str:
    """An instant such as 2026-02-24T09:30:00.000Z; several times faster than datetime, and called a million times."""
    day, rest = divmod(ms, DAY_MS)
    seconds, milli = divmod(rest, 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{_date_text(day)}T{hour:02d}:{minute:02d}:{second:02d}.{milli:03d}Z"


def json_line(value: Json) -> str:
    """One line of JSON, no spaces, letters as they are."""
    return _ENCODER.encode(value)


@dataclass
class Visit:
    """Somebody on one device: calls follow each other in time and carry the user id once it is known.

    `person` is the id of who it is in truth, '' for nobody. `now` is true time. The device's clock is off by `skew`, so
    that `timestamp` = receivedAt - (sentAt - originalTimestamp), the repair the vendor makes, holds for every call.
    """

    stream: Stream
    person: str
    anonymous_id: str
    context: Json
    now: int
    skew: int
    dice: random.Random
    user_id: str = ""
    offline_ms: int = 0
    records: list[Record] = field(default_factory=list)

    def wait(self, least_ms: int, most_ms: int) -> None:
        """Time goes by."""
        self.now += self.dice.randrange(least_ms, most_ms)

    def call(self, kind: str, body: Json, context: Json | None = None) -> None:
        """Send one call; `body` holds event or name, properties or traits."""
        dice, full_context = self.dice, self.context if context is None else {**self.context, **context}
        queued = dice.randrange(20, 3_000) + self.offline_ms
        network = dice.randrange(15, 400)
        clock = self.now + self.skew
        message: Json = {"messageId": uuid_text(dice), "type": kind, **body, "anonymousId": self.anonymous_id}
        if self.user_id:
            message["userId"] = self.user_id
        message["context"] = full_context
        message["integrations"] = {}
        message["timestamp"] = instant_text(self.now + network)
        message["originalTimestamp"] = instant_text(clock)
        arrival = self.now + queued + network

        def line(later: int) -> str:
            message["sentAt"] = instant_text(clock + queued + later)
            message["receivedAt"] = instant_text(arrival + later)
            return json_line(message)

        first, *again = landed(self.stream, message["messageId"], self.person, arrival, line(0), dice)
        self.records.append(first)
        self.records += [r if r.arrival == arrival else r._replace(body=line(r.arrival - arrival)) for r in again]
        self.now += dice.randrange(30, 300)


def start_time(midnight: int, dice: random.Random) -> int:
    """An instant of a day: few at night, most in the evening."""
    hour = dice.choices(range(24), (2, 1, 1, 1, 1, 2, 4, 6, 7, 8, 8, 8, 9, 8, 7, 7, 8, 9, 10, 11, 10, 8, 5, 3))[0]
    return midnight + hour * HOUR_MS + dice.randrange(HOUR_MS)
