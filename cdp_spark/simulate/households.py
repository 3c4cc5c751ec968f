"""The members of a household: names, addresses, numbers, devices, and what they will do when.

Everything about a person is drawn once, from the household's own dice. So a day can be made without the days before it,
and a household without the others.
"""

import random
from functools import lru_cache
from typing import NamedTuple

from cdp_spark.simulate import phones
from cdp_spark.simulate.devices import NEVER, Device, app_install, browser, household_ip
from cdp_spark.simulate.layout import COUNTRIES, Layout
from cdp_spark.simulate.names import FIRST, LAST, STREETS, TOWNS, town, words
from cdp_spark.simulate.person import Person
from cdp_spark.simulate.typos import misspelt_email

EMAIL_DOMAINS = ("example.com", "example.net", "example.org", "mail.example", "post.example", "inbox.example")
PLAIN_LETTERS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "é": "e", "ë": "e", "á": "a", "í": "i", "ó": "o", "ć": "c"}
    | {"ş": "s", "'": "", " ": ""}
)
LATEST_FIRST = 140  # the last day on which somebody opens an account, subscribes or takes a card


class Home(NamedTuple):
    """What the members share."""

    number: int
    country: str
    street: str
    postcode: str
    city: str
    last: str
    tablet: Device | None
    family_email: str
    landline: str


class Numbers(NamedTuple):
    """First number, later number, the day it changes, who else has had one of them."""

    first: str
    later: str = ""
    day: int = NEVER
    partner: str = ""
    gives: bool = False


def household(of: Layout, number: int) -> list[Person]:
    """The members of the household of that number."""
    dice = of.company.dice("household", number)
    begin, end = int(of.first[number]), int(of.first[number + 1])
    home = _home(of, number, end - begin, dice)
    return [_member(of, home, index, index - begin, dice) for index in range(begin, end)]


def person_id(index: int) -> str:
    """The name of a person in the truth."""
    return f"P{index:06d}"


def _home(of: Layout, number: int, size: int, dice: random.Random) -> Home:
    country = COUNTRIES[int(of.country[number])]
    postcode, city = town(dice.choice(_listed("towns", country)), country)
    rank = int(of.rank[of.first[number]])
    return Home(
        number=number,
        country=country,
        street=f"{dice.choice(_listed('streets', country))} {dice.randrange(1, 140)}",
        postcode=postcode,
        city=city,
        last=_common(_listed("last", country), dice),
        tablet=browser("tablet", household_ip(number, 15), dice) if size > 1 and dice.random() < 0.25 else None,
        family_email=f"family.{number}@{dice.choice(EMAIL_DOMAINS)}" if size > 2 and dice.random() < 0.10 else "",
        landline=phones.landline(country, rank) if size > 1 and dice.random() < 0.10 else "",
    )


def _member(of: Layout, home: Home, index: int, place: int, dice: random.Random) -> Person:
    country, clean = home.country, of.company.clean
    last = home.last if place == 0 or dice.random() < 0.8 else _common(_listed("last", country), dice)
    first = _common(_listed("first", country), dice)
    year = dice.randrange(1945, 2006)
    email = _email(first, last, year, f"{index}", dice)
    changes = dice.random() < 0.05
    account_day = dice.randrange(-300, LATEST_FIRST) if dice.random() < 0.45 else NEVER
    newsletter_day = dice.randrange(-300, LATEST_FIRST) if dice.random() < 0.38 else NEVER
    unsubscribe_day = newsletter_day + dice.randrange(14, 300) if dice.random() < 0.25 else NEVER
    loyalty_day = dice.randrange(-400, LATEST_FIRST) if country != "US" and dice.random() < 0.4 else NEVER
    numbers = _numbers(of, home, index, dice)
    typed_email = misspelt_email(email, dice) if dice.random() < 0.03 else ""
    return Person(
        index=index,
        person_id=person_id(index),
        household=home.number,
        first=first,
        last=last,
        birthdate=f"{year}-{dice.randrange(1, 13):02d}-{dice.randrange(1, 29):02d}",
        country=country,
        street=home.street,
        postcode=home.postcode,
        city=home.city,
        email=email,
        new_email=_email(first, last, year, f"{index}n", dice) if changes else "",
        email_change_day=dice.randrange(-60, 120) if changes else NEVER,
        typed_email="" if clean else typed_email,
        family_email=home.family_email if dice.random() < 0.8 else "",
        phone=numbers.first,
        new_phone=numbers.later,
        phone_change_day=numbers.day,
        partner_in_phone=numbers.partner,
        gives_phone=numbers.gives,
        user_id=f"U{100_000 + index}" if account_day < NEVER else "",
        account_day=account_day,
        newsletter_day=newsletter_day,
        unsubscribe_day=unsubscribe_day,
        advertising=dice.random() < 0.62,
        analytics=dice.random() < 0.85,
        withdraw_day=dice.randrange(0, LATEST_FIRST) if dice.random() < 0.05 else NEVER,
        loyalty_id=f"LOY-{1_000_000 + index}" if loyalty_day < NEVER else "",
        loyalty_day=loyalty_day,
        handle=f"@{email.split('@')[0].replace('.', '_')}" if dice.random() < 0.07 else "",
        opens_by_proxy=dice.random() < 0.3,
        devices=_devices(home, place, dice),
        app=app_install(household_ip(home.number, place), dice) if dice.random() < 0.12 else None,
        alias=email.replace("@", "+shop@") if dice.random() < 0.03 else "",
        returns_day=unsubscribe_day + dice.randrange(5, 60)
        if unsubscribe_day < NEVER and dice.random() < 0.15
        else NEVER,
        taste=dice.gammavariate(0.9, 1 / 0.9),
        lost_day=dice.randrange(0, 400) if dice.random() < 0.3 else NEVER,
    )


def _devices(home: Home, place: int, dice: random.Random) -> tuple[Device, ...]:
    ip = household_ip(home.number, place)
    own = [browser(dice.choice(("desktop", "phone")), ip, dice)]
    while len(own) < 3 and dice.random() < 0.35:
        own.append(browser(dice.choice(("desktop", "phone")), ip, dice))
    return (*own, home.tablet) if home.tablet else tuple(own)


def _numbers(of: Layout, home: Home, index: int, dice: random.Random) -> Numbers:
    """Most have a number of their own, some the household's; one in 250 gives one up or gets a stranger's."""
    rank, roll = int(of.rank[index]), dice.random()
    own = phones.own_number(home.country, rank) if roll < 0.85 else ""
    usual = home.landline if home.landline and roll < 0.6 else own
    handed = of.handover(home.country, rank)
    if handed is None:
        return Numbers(usual)
    persons = of.by_rank[COUNTRIES.index(home.country)]
    if rank == handed.giver:
        later = phones.later_number(home.country, rank)
        taker = person_id(int(persons[handed.taker]))
        return Numbers(phones.own_number(home.country, rank), later, handed.given_up, taker, gives=True)
    giver = person_id(int(persons[handed.giver]))
    return Numbers(usual, phones.own_number(home.country, handed.giver), handed.day, giver)


def _email(first: str, last: str, year: int, number: str, dice: random.Random) -> str:
    given, family = (part.lower().translate(PLAIN_LETTERS) for part in (first, last))
    local = dice.choice(
        (f"{given}.{family}", f"{given[0]}.{family}", f"{given}{family}{year % 100:02d}", f"{given}.{family}")
    )
    return f"{local}.{number}@{dice.choice(EMAIL_DOMAINS)}"


def _common(names: tuple[str, ...], dice: random.Random) -> str:
    """Names early in the list are the frequent ones."""
    return names[int(len(names) * dice.random() ** 1.6)]


@lru_cache(maxsize=16)
def _listed(what: str, country: str) -> tuple[str, ...]:
    lists = {"first": FIRST, "last": LAST, "streets": STREETS, "towns": TOWNS}
    return words(lists[what][country])
