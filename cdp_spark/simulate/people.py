"""The people of the demo company: households, names, addresses, e-mails, phones, devices and what they will do when.

Everything about a person is drawn once, with the day it happens on where it happens later (day 0 is the company's
first). So a day can be made without the days before it.
"""

import random
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cdp_spark.simulate.company import Company
from cdp_spark.simulate.devices import (
    KIOSKS,
    NEVER,
    AppInstall,
    Device,
    app_install,
    bot,
    browser,
    household_ip,
    kiosk,
)
from cdp_spark.simulate.names import COUNTRY_SHARE, FIRST, LAST, STREETS, TOWNS, town, words
from cdp_spark.simulate.phones import PhoneBook
from cdp_spark.simulate.typos import misspelt_email

EMAIL_DOMAINS = ("example.com", "example.net", "example.org", "mail.example", "post.example", "inbox.example")
PLAIN_LETTERS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "é": "e", "ë": "e", "á": "a", "í": "i", "ó": "o", "ć": "c"}
    | {"ş": "s", "'": "", " ": ""}
)
Floats = NDArray[np.float64]
Days = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, with every identifier they have and the days on which things change."""

    person_id: str
    household: int
    first: str
    last: str
    birthdate: str
    country: str
    street: str
    postcode: str
    city: str
    email: str
    new_email: str
    email_change_day: int
    typed_email: str
    family_email: str
    phone: str
    new_phone: str
    phone_change_day: int
    user_id: str
    account_day: int
    newsletter_day: int
    unsubscribe_day: int
    advertising: bool
    analytics: bool
    withdraw_day: int
    loyalty_id: str
    loyalty_day: int
    handle: str
    opens_by_proxy: bool
    devices: tuple[Device, ...]
    app: AppInstall | None

    def email_on(self, day: int) -> str:
        """The address used on a day."""
        return self.new_email if day >= self.email_change_day else self.email

    def phone_on(self, day: int) -> str:
        """The number used on a day, E.164; '' for somebody without one."""
        return self.new_phone if day >= self.phone_change_day else self.phone

    def has_account(self, day: int) -> bool:
        """Whether the person can log in on a day."""
        return day >= self.account_day

    def advertising_on(self, day: int) -> bool:
        """Whether advertising is allowed on a day."""
        return self.advertising and day < self.withdraw_day

    def subscribed_on(self, day: int) -> bool:
        """Whether the newsletter is wanted on a day."""
        return self.newsletter_day <= day < self.unsubscribe_day


@dataclass(frozen=True)
class Population:
    """Everybody, how often they come by which way a day, and the machines that are nobody's own."""

    persons: tuple[Person, ...]
    web_rate: Floats
    app_rate: Floats
    store_rate: Floats
    newsletter_day: Days
    unsubscribe_day: Days
    account_day: Days
    withdraw_day: Days
    kiosks: tuple[Device, ...]
    bots: tuple[Device, ...]


def population(company: Company) -> Population:
    """The people of a company; depends on its people, seed and first day alone."""
    dice = company.dice("people")
    phones, locals_taken = PhoneBook(), Counter[str]()
    persons: list[Person] = []
    household = 0
    while len(persons) < company.people:
        household += 1
        size = dice.choices((1, 2, 3, 4, 5), (40, 30, 12, 13, 5))[0]
        persons += _household(household, len(persons), size, phones, locals_taken, dice)
    persons = _with_recycled_phones(persons[: company.people], phones, dice)
    return _population(tuple(persons), dice)


def _population(persons: tuple[Person, ...], dice: random.Random) -> Population:
    def days(name: str) -> Days:
        return np.array([getattr(p, name) for p in persons], dtype=np.int64)

    return Population(
        persons=persons,
        web_rate=np.array([dice.lognormvariate(-5.5, 1.3) for _ in persons]),
        app_rate=np.array([dice.lognormvariate(-3.9, 0.9) if p.app else 0.0 for p in persons]),
        store_rate=np.array([dice.lognormvariate(-6.1, 1.0) if p.country != "US" else 0.0 for p in persons]),
        newsletter_day=days("newsletter_day"),
        unsubscribe_day=days("unsubscribe_day"),
        account_day=days("account_day"),
        withdraw_day=days("withdraw_day"),
        kiosks=tuple(kiosk(name, dice) for name in KIOSKS),
        bots=tuple(bot(dice) for _ in range(max(3, len(persons) // 1_000))),
    )


def _household(
    household: int, first_index: int, size: int, phones: PhoneBook, taken: Counter[str], dice: random.Random
) -> list[Person]:
    country = dice.choices(tuple(COUNTRY_SHARE), tuple(COUNTRY_SHARE.values()))[0]
    postcode, city = town(dice.choice(words(TOWNS[country])), country)
    street = f"{dice.choice(words(STREETS[country]))} {dice.randrange(1, 140)}"
    last = _common(words(LAST[country]), dice)
    tablet = browser("tablet", household_ip(household, 15), dice) if size > 1 and dice.random() < 0.25 else None
    family_email = f"family.{household}@{dice.choice(EMAIL_DOMAINS)}" if size > 2 and dice.random() < 0.10 else ""
    landline = phones.fresh(country) if size > 1 and dice.random() < 0.10 else ""
    members: list[Person] = []
    for n in range(size):
        surname = last if n == 0 or dice.random() < 0.8 else _common(words(LAST[country]), dice)
        first = _common(words(FIRST[country]), dice)
        year = dice.randrange(1945, 2006)
        email = _email(first, surname, year, taken, dice)
        changes = dice.random() < 0.05
        account_day = dice.randrange(-300, 140) if dice.random() < 0.45 else NEVER
        newsletter_day = dice.randrange(-300, 140) if dice.random() < 0.38 else NEVER
        loyalty_day = dice.randrange(-400, 140) if country != "US" and dice.random() < 0.4 else NEVER
        index = first_index + n
        members.append(
            Person(
                person_id=f"P{index:06d}",
                household=household,
                first=first,
                last=surname,
                birthdate=f"{year}-{dice.randrange(1, 13):02d}-{dice.randrange(1, 29):02d}",
                country=country,
                street=street,
                postcode=postcode,
                city=city,
                email=email,
                new_email=_email(first, surname, year, taken, dice) if changes else "",
                email_change_day=dice.randrange(-60, 120) if changes else NEVER,
                typed_email=misspelt_email(email, dice) if dice.random() < 0.03 else "",
                family_email=family_email if dice.random() < 0.8 else "",
                phone=_phone(landline, country, phones, dice),
                new_phone="",
                phone_change_day=NEVER,
                user_id=f"U{100_000 + index}" if account_day < NEVER else "",
                account_day=account_day,
                newsletter_day=newsletter_day,
                unsubscribe_day=newsletter_day + dice.randrange(14, 300) if dice.random() < 0.25 else NEVER,
                advertising=dice.random() < 0.62,
                analytics=dice.random() < 0.85,
                withdraw_day=dice.randrange(0, 140) if dice.random() < 0.05 else NEVER,
                loyalty_id=f"LOY-{1_000_000 + index}" if loyalty_day < NEVER else "",
                loyalty_day=loyalty_day,
                handle=f"@{email.split('@')[0].replace('.', '_')}" if dice.random() < 0.07 else "",
                opens_by_proxy=dice.random() < 0.3,
                devices=_devices(household, n, tablet, dice),
                app=app_install(household_ip(household, n), dice) if dice.random() < 0.12 else None,
            )
        )
    return members


def _devices(household: int, n: int, tablet: Device | None, dice: random.Random) -> tuple[Device, ...]:
    ip = household_ip(household, n)
    own = [browser(dice.choice(("desktop", "phone")), ip, dice)]
    while len(own) < 3 and dice.random() < 0.35:
        own.append(browser(dice.choice(("desktop", "phone")), ip, dice))
    return (*own, tablet) if tablet else tuple(own)


def _phone(landline: str, country: str, phones: PhoneBook, dice: random.Random) -> str:
    roll = dice.random()
    if landline and roll < 0.6:
        return landline
    return phones.fresh(country) if roll < 0.85 else ""


def _email(first: str, last: str, year: int, taken: Counter[str], dice: random.Random) -> str:
    given, family = (part.lower().translate(PLAIN_LETTERS) for part in (first, last))
    local = dice.choice(
        (f"{given}.{family}", f"{given[0]}.{family}", f"{given}{family}{year % 100:02d}", f"{given}.{family}")
    )
    domain = dice.choice(EMAIL_DOMAINS)
    taken[local] += 1
    number = "" if taken[local] == 1 else f".{taken[local]}"
    return f"{local}{number}@{domain}"


def _common(names: tuple[str, ...], dice: random.Random) -> str:
    """Names early in the list are the frequent ones."""
    return names[int(len(names) * dice.random() ** 1.6)]


def _with_recycled_phones(persons: list[Person], phones: PhoneBook, dice: random.Random) -> list[Person]:
    """Some numbers are given up and handed to a stranger a month later."""
    held = Counter(p.phone for p in persons)
    own = [i for i, p in enumerate(persons) if p.phone and held[p.phone] == 1]
    dice.shuffle(own)
    count = max(1, len(persons) // 500)
    takers = own[count:]
    for giver in own[:count]:
        country, number, household = persons[giver].country, persons[giver].phone, persons[giver].household
        taker = next((i for i in takers if persons[i].country == country and persons[i].household != household), None)
        if taker is None:
            continue  # nobody else in that country: only in the smallest companies
        takers.remove(taker)
        day = dice.randrange(30, 80)
        persons[giver] = replace(persons[giver], new_phone=phones.fresh(country), phone_change_day=day - 30)
        persons[taker] = replace(persons[taker], new_phone=number, phone_change_day=day)
    return persons
