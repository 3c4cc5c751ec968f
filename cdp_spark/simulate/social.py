"""Social networks: lead forms, comments and messages by people known there by a handle."""

import random

import numpy as np

from cdp_spark.simulate.company import Company
from cdp_spark.simulate.envelope import Json, instant_text, json_line, start_time
from cdp_spark.simulate.people import Population
from cdp_spark.simulate.person import Person
from cdp_spark.simulate.records import MINUTE_MS, SOCIAL, Identifiers, Record, landed
from cdp_spark.simulate.typos import as_typed_email

RATE = 0.012
CAMPAIGNS = ("winter-jackets", "spring-preview", "win-a-day-pack")
TEXTS = ("Do you ship to Graz?", "Love the new colours", "My parcel is late", "When is it back in stock?", "Danke!")


def social_day(company: Company, people: Population, day: int) -> list[Record]:
    """Leads and interactions of a day."""
    rates = np.where([bool(p.handle) for p in people.persons], RATE, 0.0)
    records: list[Record] = []
    for place, _ in company.comings("social", people.index, rates, day):
        person = people.persons[place]
        dice = company.dice("social", person.index, day)
        at = start_time(company.day_ms(day), dice)
        entry = _entry(person, day, at, dice)
        arrival = at + dice.randrange(5_000, 30 * MINUTE_MS)
        records += landed(SOCIAL, entry["id"], person.person_id, arrival, json_line(entry), dice, shown=_shown(entry))
    return records


def _shown(entry: Json) -> Identifiers:
    email = entry.get("email", "").strip().lower()
    return (("social_handle", entry["handle"]), ("email", email), ("phone", entry.get("phone", "")))


def _entry(person: Person, day: int, at: int, dice: random.Random) -> Json:
    kind = dice.choices(("lead", "comment", "message"), (40, 45, 15))[0]
    entry: Json = {
        "id": f"{kind[0]}_{dice.getrandbits(64):020d}",
        "type": kind,
        "platform": dice.choice(("facebook", "instagram")),
        "handle": person.handle,
        "campaign": dice.choice(CAMPAIGNS) if kind == "lead" else None,
        "created_time": instant_text(at)[:19] + "+0000",
    }
    if kind != "lead":
        return entry | {"text": dice.choice(TEXTS)}
    entry |= {"email": as_typed_email(person.email_on(day), dice), "name": f"{person.first} {person.last}"}
    if person.phone_on(day) and dice.random() < 0.3:
        entry["phone"] = person.phone_on(day)
    return entry | {"marketing_consent": person.subscribed_on(day)}
