"""Calls in the envelope of Segment and RudderStack, as a browser or an app sends them in one visit."""

import json
import random
from bisect import bisect
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from itertools import accumulate
from math import exp
from typing import Any

from cdp_spark.simulate.company import DAY_MS
from cdp_spark.simulate.devices import HOUR_MS, uuid_text
from cdp_spark.simulate.records import Identifiers, Record, Stream, landed

Json = dict[str, Any]
MEDIAN_LOOK_MS, LOOK_SPREAD, MOST_LOOKED_MS = 150_000, 1.03, 25 * 60_000
_BY_HOUR = tuple(accumulate((2, 1, 1, 1, 1, 2, 4, 6, 7, 8, 8, 8, 9, 8, 7, 7, 8, 9, 10, 11, 10, 8, 5, 3)))
ORDINAL_OF_1970 = date(1970, 1, 1).toordinal()
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


_HOUR_MINUTE = tuple(f"T{n // 60:02d}:{n % 60:02d}:" for n in range(1440))
_SECOND = tuple(f"{n:02d}." for n in range(60))
_MILLI = tuple(f"{n:03d}Z" for n in range(1000))


@lru_cache(maxsize=4096)
def _date_text(days_since_1970: int) -> str:
    return date.fromordinal(ORDINAL_OF_1970 + days_since_1970).isoformat()


def instant_text(ms: int) -> str:
    """An instant such as 2026-02-24T09:30:00.000Z; from prepared parts, since it is written ten million times."""
    day, rest = divmod(ms, DAY_MS)
    minutes, rest = divmod(rest, 60_000)
    second, milli = divmod(rest, 1000)
    return _date_text(day) + _HOUR_MINUTE[minutes] + _SECOND[second] + _MILLI[milli]


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
    flaws: tuple[str, ...] = ()
    records: list[Record] = field(default_factory=list)

    def wait(self, least_ms: int, most_ms: int) -> None:
        """Time goes by."""
        self.now += least_ms + int(self.dice.random() * (most_ms - least_ms))

    def look(self) -> None:
        """Time goes by until the next thing is looked at, so that visits last as long as in the public clickstream.

        Between its events lie 86 s in the median and 321 s at nine in ten; one look here often sends two calls at once.
        """
        self.now += min(MOST_LOOKED_MS, int(MEDIAN_LOOK_MS * exp(LOOK_SPREAD * self.dice.gauss(0.0, 1.0))))

    def call(self, kind: str, body: Json, context: Json | None = None, also: Identifiers = ()) -> None:
        """Send one call; `body` holds event or name, properties or traits; `also` is shown beside what identifies the caller."""
        dice = self.dice
        queued = 20 + int(dice.random() * 2_980) + self.offline_ms
        network = 15 + int(dice.random() * 385)
        clock, arrival = self.now + self.skew, self.now + queued + network
        message_id = uuid_text(dice)
        head = self._head(message_id, kind, body, context)
        head += f',"timestamp":"{instant_text(self.now + network)}","originalTimestamp":"{instant_text(clock)}"'

        def line(later: int) -> str:
            sent, received = instant_text(clock + queued + later), instant_text(arrival + later)
            return f'{head},"sentAt":"{sent}","receivedAt":"{received}"}}'

        first, *again = landed(
            self.stream, message_id, self.person, arrival, line(0), dice, self.flaws, self._shown(body) + also
        )
        self.records.append(first)
        self.records += [r if r.arrival == arrival else r._replace(body=line(r.arrival - arrival)) for r in again]
        self.now += 30 + int(dice.random() * 270)

    def _head(self, message_id: str, kind: str, body: Json, context: Json | None) -> str:
        """All but the times: joined from encoded parts, since encoding the whole takes twice as long."""
        user = f',"userId":"{self.user_id}"' if self.user_id else ""
        more = "," + json_line(context)[1:] if context else "}"
        return (
            f'{{"messageId":"{message_id}","type":"{kind}",{json_line(body)[1:-1]},"anonymousId":"{self.anonymous_id}"'
            f'{user},"context":{self._context_text[:-1]}{more},"integrations":{{}}'
        )

    def _shown(self, body: Json) -> Identifiers:
        traits = body.get("traits", {})
        return (
            ("anonymous_id", self.anonymous_id),
            ("user_id", self.user_id),
            ("device_id", self.context.get("device", {}).get("id", "")),
            ("email", traits.get("email", "").strip().lower()),
            ("phone", traits.get("phone", "")),
        )

    @cached_property
    def _context_text(self) -> str:
        return json_line(self.context)


def start_time(midnight: int, dice: random.Random) -> int:
    """An instant of a day: few at night, most in the evening."""
    return midnight + (bisect(_BY_HOUR, dice.random() * _BY_HOUR[-1])) * HOUR_MS + int(dice.random() * HOUR_MS)
