"""Who comes to the web shop on a day, on which device, by which way, and why."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from cdp_spark.simulate.campaigns import caused_visits
from cdp_spark.simulate.catalogue import NO_TOUCH, TOUCHES, Touch
from cdp_spark.simulate.company import DAY_MS, Company
from cdp_spark.simulate.devices import NEVER, Device
from cdp_spark.simulate.envelope import start_time
from cdp_spark.simulate.people import Population
from cdp_spark.simulate.person import Person

BROWSE, SUBSCRIBE, REGISTER, WITHDRAW, CRAWL, TEST = "browse", "subscribe", "register", "withdraw", "crawl", "test"
OFFICE = Device("office-test-browser", "office-test-browser", NEVER, "office", "Mozilla/5.0 (X11; Linux x86_64; rv:146.0) "
                "Gecko/20100101 Firefox/146.0", "192.0.2.10", 0, stays_logged_in=False)  # fmt: skip
EID = "eid"  # the parameter in a mail's links that says whose mail it is
_TOUCHES, _SHARES = zip(*TOUCHES, strict=True)


class Click(NamedTuple):
    """A click in a mail that opens the web shop; the subscriber's id is that of whoever got the mail first."""

    person: Person
    at: int
    campaign: str
    subscriber_id: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody (None: a passer-by or a machine) comes on a device, by a touch, with a purpose.

    `dice` are the visit's own, `tag` tells visits of one person and day apart, `cause` is the campaign without which the
    visit would not be.
    """

    person: Person | None
    device: Device
    start: int
    touch: Touch
    purpose: str
    dice: random.Random
    tag: str
    cause: str = ""
    buys: float | None = None
    subscriber_id: str = ""


def arrivals(company: Company, people: Population, day: int, clicks: list[Click]) -> Iterator[Arrival]:
    """Everybody who comes on a day."""
    yield from _by_themselves(company, people, day)
    yield from _as_planned(company, people, day)
    newsletter = Touch("newsletter", "email", "", "", EID)
    for n, click in enumerate(clicks):
        dice = company.dice("web click", click.person.index, day, n)
        touch = newsletter._replace(campaign=click.campaign)
        yield Arrival(
            click.person,
            _own_device(click.person, dice),
            click.at,
            touch,
            BROWSE,
            dice,
            f"c{n}",
            subscriber_id=click.subscriber_id,
        )
    yield from _caused(company, people, day)
    yield from _at_machines(company, people, day)


def _by_themselves(company: Company, people: Population, day: int) -> Iterator[Arrival]:
    weekend = 1.25 if company.date(day).weekday() >= 5 else 0.95
    midnight = company.day_ms(day)
    for place, times in company.comings("web visits", people.index, people.web_rate * weekend, day):
        person = people.persons[place]
        for n in range(times):
            dice = company.dice("web", person.index, day, n)
            touch = dice.choices(_TOUCHES, _SHARES)[0]
            yield Arrival(person, _own_device(person, dice), start_time(midnight, dice), touch, BROWSE, dice, f"{n}")


def _as_planned(company: Company, people: Population, day: int) -> Iterator[Arrival]:
    midnight = company.day_ms(day)
    for planned, purpose in (
        (people.newsletter_day, SUBSCRIBE),
        (people.account_day, REGISTER),
        (people.withdraw_day, WITHDRAW),
    ):
        for place in np.flatnonzero(planned == day):
            person = people.persons[place]
            dice = company.dice("web", purpose, person.index, day)
            touch = dice.choices(_TOUCHES, _SHARES)[0]
            device = _own_device(person, dice) if purpose == REGISTER else person.devices[0]
            yield Arrival(person, device, start_time(midnight, dice), touch, purpose, dice, purpose[0])


def _caused(company: Company, people: Population, day: int) -> Iterator[Arrival]:
    midnight = company.day_ms(day)
    for n, (campaign, place) in enumerate(caused_visits(company, people, day)):
        person = people.persons[place]
        dice = company.dice("web", campaign.name, person.index, day)
        yield Arrival(
            person,
            person.devices[0],
            start_time(midnight, dice),
            NO_TOUCH,
            BROWSE,
            dice,
            f"x{n}",
            campaign.name,
            campaign.buys,
        )


def _at_machines(company: Company, people: Population, day: int) -> Iterator[Arrival]:
    """Visits at store terminals, half of them by people who log in; by bots; and tests from the office."""
    if company.clean:
        return
    dice = company.dice("machines", people.shard, day)
    midnight, known = company.day_ms(day), np.flatnonzero(people.account_day <= day)
    for terminal in people.kiosks:
        for n in range(max(1, len(people.persons) // 7_000)):
            person = people.persons[dice.choice(known)] if len(known) and dice.random() < 0.5 else None
            yield Arrival(person, terminal, start_time(midnight, dice), NO_TOUCH, BROWSE, dice, f"k{n}")
    for n in range(max(1, len(people.persons) // 8_000)):
        start = midnight + dice.randrange(DAY_MS)
        yield Arrival(None, dice.choice(people.bots), start, NO_TOUCH, CRAWL, dice, f"b{n}")
    if dice.random() < 0.4:
        yield Arrival(None, OFFICE, midnight + dice.randrange(DAY_MS // 2), NO_TOUCH, TEST, dice, "o")


def _own_device(person: Person, dice: random.Random) -> Device:
    """Mostly the own first one; a tablet the household shares, every other time."""
    if person.devices[-1].kind == "tablet" and dice.random() < 0.5:
        return person.devices[-1]
    return person.devices[0] if dice.random() < 0.6 else dice.choice(person.devices)
