"""The CRM's export: every contact at first, later the changed ones; with doubles, slips and placeholders."""

import random
from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

from cdp_spark.simulate.company import DAY_MS, Company
from cdp_spark.simulate.csv_lines import csv_line
from cdp_spark.simulate.devices import NEVER
from cdp_spark.simulate.envelope import instant_text
from cdp_spark.simulate.flaws import (
    DISPOSABLE_EMAIL,
    DUPLICATE_CRM_RECORD,
    EMAIL_WITH_MANY_NAMES,
    IMPOSSIBLE_PHONE,
    MALFORMED_EMAIL,
    NEVER_VERIFIED_EMAIL,
    PLACEHOLDER_ID,
    ROLE_EMAIL,
)
from cdp_spark.simulate.people import Population
from cdp_spark.simulate.person import Person
from cdp_spark.simulate.records import BORN_AND_LIVING, CRM, Record, landed
from cdp_spark.simulate.typos import (
    PLACEHOLDER_EMAILS,
    PLACEHOLDER_NAMES,
    PLACEHOLDER_PHONES,
    as_typed_email,
    misspelt,
    misspelt_email,
    national_phone,
)

HEADER = (
    "contact_id", "email", "phone", "first_name", "last_name", "birthdate", "street", "city", "postcode", "country",
    "loyalty_id", "marketing_opt_in", "email_verified", "created_at", "updated_at",
)  # fmt: skip
KNOWN, TWICE = 0.5, 0.06
STAFF_UP_TO, STAFF_EVERY = 1_600, 40  # contacts that the staff entered with the till's address
YES, NO = ("true", "yes", "1", "Y"), ("false", "no", "0", "N")
SNAPSHOT_DAY = -1


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact of a person: what the CRM has wrong about them, and the days (in order) on which it changes."""

    contact_id: str
    person: Person
    first: str
    last: str
    email: str  # '' for the person's own address of the day
    phone: str  # '' for the person's own number of the day
    days: tuple[int, ...]
    flaws: tuple[str, ...] = ()


class Entered(NamedTuple):
    """What the CRM holds of a person ('' for the person's own), and what is wrong with it."""

    first: str
    last: str
    email: str
    phone: str
    flaws: tuple[str, ...] = ()


def contacts(company: Company, people: Population) -> tuple[Contact, ...]:
    """Every contact there will ever be; everybody with a loyalty card has one, some people have two."""
    known = company.uniforms("known to the CRM", people.index)
    twice = company.uniforms("twice in the CRM", people.index)
    found: list[Contact] = []
    for place, person in enumerate(people.persons):
        if not person.loyalty_id and known[place] >= KNOWN:
            continue
        found.append(_contact(company, f"C-{person.index:06d}", person, double=False))
        if twice[place] < TWICE and not company.clean:
            found.append(_contact(company, f"D-{person.index:06d}", person, double=True))
    return tuple(found)


def crm_days(company: Company, people_contacts: tuple[Contact, ...]) -> dict[int, list[Record]]:
    """Rows by the day they change on; the state before the first day is the snapshot, day -1."""
    days: dict[int, list[Record]] = defaultdict(list)
    for contact in people_contacts:
        before = [day for day in contact.days if day < 0]
        for day in before[-1:] + [day for day in contact.days if day >= 0]:
            days[max(day, SNAPSHOT_DAY)] += contact_rows(company, contact, day)
    return dict(days)


def contact_rows(company: Company, contact: Contact, day: int) -> list[Record]:
    """The row the CRM exports after a change on a day; a snapshot's row arrives just before the first day."""
    dice = company.dice(contact.contact_id, day)
    person = contact.person
    created, updated = _office_hours(company, contact, contact.days[0]), _office_hours(company, contact, day)
    phone = contact.phone or person.phone_on(day)
    year, month, born = person.birthdate.split("-")
    values = (
        contact.contact_id,
        contact.email or as_typed_email(person.email_on(day), dice),
        national_phone(phone, person.country, dice) if phone.startswith("+") else phone,
        contact.first,
        contact.last,
        f"{born}.{month}.{year}" if dice.random() < 0.1 else person.birthdate,
        person.street,
        person.city,
        person.postcode,
        person.country,
        person.loyalty_id if day >= person.loyalty_day else "",
        _opt_in(person, day, dice.choice((0, 0, 0, 1, 2, 3))),
        "false" if NEVER_VERIFIED_EMAIL in contact.flaws else "true",
        instant_text(created)[:19] + "Z",
        instant_text(updated)[:19] + "Z",
    )
    key = f"{contact.contact_id}|{values[-1]}"
    arrival = updated if day >= 0 else company.day_ms(0) - DAY_MS // 2
    shown = (
        ("crm_contact_id", contact.contact_id),
        ("email", values[1].strip().lower()),
        ("phone", phone),
        ("loyalty_id", values[10]),
        (BORN_AND_LIVING, f"{person.birthdate} {person.postcode} {person.street}"),
    )
    rows = landed(CRM, key, person.person_id, arrival, csv_line(values), dice, contact.flaws, shown)
    return rows if day >= 0 else [row._replace(arrival=min(row.arrival, company.day_ms(0) - 1)) for row in rows]


def _office_hours(company: Company, contact: Contact, day: int) -> int:
    """The instant of a day at which a contact is worked on."""
    second = 7 * 3600 + int(company.uniform(contact.contact_id, day, "worked on") * 15 * 3600)
    return company.day_ms(day) + second * 1000


def _opt_in(person: Person, day: int, spelling: int) -> str:
    """Unknown as '' for people who were never asked."""
    if day < person.newsletter_day:
        return ""
    return (YES if person.subscribed_on(day) else NO)[spelling]


def _contact(company: Company, contact_id: str, person: Person, *, double: bool) -> Contact:
    dice = company.dice(contact_id)
    entered = _entered(person, dice, slip=0.6 if double else 0.03)
    if company.clean:
        entered = Entered(person.first, person.last, person.family_email, "")
    else:
        entered = _worse(entered, person, place=person.index % company.shard_people, dice=dice)
    created = min(person.loyalty_day, person.account_day)
    created = dice.randrange(-400, 140) if double or created == NEVER else created
    changes = {person.email_change_day, person.phone_change_day, person.loyalty_day, person.newsletter_day}
    changes |= {person.unsubscribe_day, person.returns_day, person.withdraw_day} | {created + dice.randrange(1, 500)}
    later = sorted(day for day in changes if created < day < NEVER)
    flaws = entered.flaws + ((DUPLICATE_CRM_RECORD,) if double else ())
    names = (entered.first, entered.last, entered.email, entered.phone)
    return Contact(contact_id, person, *names, (created, *later), flaws)


def _entered(person: Person, dice: random.Random, slip: float) -> "Entered":
    """The names, the address and the number as somebody entered them."""
    first = misspelt(person.first, dice) if dice.random() < slip / 2 else person.first
    last = misspelt(person.last, dice) if dice.random() < slip else person.last
    email, phone, placeholder = person.family_email, "", False
    roll = dice.random()
    if roll < 0.02:
        email, placeholder = dice.choice(PLACEHOLDER_EMAILS), True
    elif roll < 0.03:
        first, placeholder = dice.choice(PLACEHOLDER_NAMES), True
    elif roll < 0.03 + slip / 3:
        email = person.typed_email or misspelt_email(person.email, dice)
    if dice.random() < 0.03:
        phone, placeholder = dice.choice(PLACEHOLDER_PHONES), True
    return Entered(first, last, email, phone, (PLACEHOLDER_ID,) if placeholder else ())


def _worse(entered: "Entered", person: Person, place: int, dice: random.Random) -> "Entered":
    """The same, in some contacts with an address or number of a kind that a firm should know of."""
    if place < STAFF_UP_TO and place % STAFF_EVERY == 3:
        email = f"till.{person.index - place}@example.com"
        return entered._replace(email=email, flaws=(*entered.flaws, EMAIL_WITH_MANY_NAMES))
    local, roll = person.email.split("@")[0], dice.random()
    bad = {
        0: (f"{local}(at)example.com", MALFORMED_EMAIL),
        1: (f"{local}@@example.com", MALFORMED_EMAIL),
        2: (f"{local}@mailinator.com", DISPOSABLE_EMAIL),
        3: (f"{local}@guerrillamail.com", DISPOSABLE_EMAIL),
        4: (f"office@company-{person.index}.example", ROLE_EMAIL),
        5: (f"info@company-{person.index}.example", ROLE_EMAIL),
    }.get(int(roll / 0.003))
    if bad:
        return entered._replace(email=bad[0], flaws=(*entered.flaws, bad[1]))
    if roll > 0.99:
        return entered._replace(flaws=(*entered.flaws, NEVER_VERIFIED_EMAIL))
    if roll > 0.98:
        return entered._replace(
            phone=dice.choice(("+43 1", "+49 999", "0664")), flaws=(*entered.flaws, IMPOSSIBLE_PHONE)
        )
    return entered
