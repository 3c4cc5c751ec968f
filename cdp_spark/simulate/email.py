"""The e-mail tool's event log: a newsletter to half the subscribers a week, what they did with it, what came back."""

import random
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from cdp_spark.simulate.arrivals import Click
from cdp_spark.simulate.campaigns import CAMPAIGNS, treated
from cdp_spark.simulate.catalogue import SITE
from cdp_spark.simulate.company import Company
from cdp_spark.simulate.devices import HOUR_MS
from cdp_spark.simulate.envelope import Json, json_line
from cdp_spark.simulate.flaws import BOUNCED_EMAIL
from cdp_spark.simulate.people import Population
from cdp_spark.simulate.person import Person
from cdp_spark.simulate.records import EMAIL, MINUTE_MS, Record, landed

OPENS, CLICKS, BOUNCES, SPAM_REPORTS = 0.28, 0.14, 0.004, 0.0008
TYPED_WRONG_MAILED_DAYS = 15
SEND_WEEKDAY = 1  # Tuesday


def email_day(company: Company, people: Population, day: int) -> tuple[list[Record], list[Click]]:
    """Events of a day's mailings, and the clicks that open the web shop; unsubscribes come on any day."""
    records: list[Record] = []
    clicks: list[Click] = []
    for campaign, places in _mailings(company, people, day):
        sent = company.day_ms(day) + 8 * HOUR_MS
        for place in places:
            log = _Log(company.dice("email", campaign, people.index[place], day))
            clicks += _mail(log, people.persons[place], sent, campaign, day)
            records += log.records
    for place in np.flatnonzero(people.unsubscribe_day == day):
        person = people.persons[place]
        if person.typed_email:
            continue  # no mail ever reached them
        log = _Log(company.dice("email", "unsubscribe", person.index, day))
        at = company.day_ms(day) + log.dice.randrange(7, 22) * HOUR_MS + log.dice.randrange(HOUR_MS)
        log.add("unsubscribe", person, person.form_email_on(day), at, _newsletter(company, day))
        records += log.records
    return records, clicks


def _mailings(company: Company, people: Population, day: int) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """What is mailed on a day, and the places of those it goes to."""
    if company.date(day).weekday() == SEND_WEEKDAY:
        half = company.date(day).isocalendar().week % 2
        reads = (people.newsletter_day < day) & ((day < people.unsubscribe_day) | (people.returns_day < day))
        yield _newsletter(company, day), np.flatnonzero(reads & (people.index % 2 == half))
    for campaign in CAMPAIGNS:
        if campaign.mailed and campaign.first_day(company) == day:
            yield campaign.name, np.flatnonzero(treated(company, people, campaign))


def _newsletter(company: Company, day: int) -> str:
    return f"newsletter-{company.date(day):%G-w%V}"


class _Log:
    """Collects events; numbers come from the dice, so an id is never used twice."""

    def __init__(self, dice: random.Random) -> None:
        self.records: list[Record] = []
        self.dice = dice

    def add(self, kind: str, person: Person, email: str, at: int, campaign: str, **more: object) -> None:
        event_id = f"em_{self.dice.getrandbits(80):020x}"
        event: Json = {
            "id": event_id,
            "type": kind,
            "email": email,
            "campaign_id": f"cmp-{campaign[-8:]}",
            "campaign_name": campaign,
            "timestamp": at // 1000,
            **more,
        }
        arrival = at + self.dice.randrange(500, 20_000)
        flaws = (BOUNCED_EMAIL,) if kind == "bounce" and more["hard"] else ()
        self.records += landed(
            EMAIL, event_id, person.person_id, arrival, json_line(event), self.dice, flaws, (("email", email),)
        )


def _mail(log: _Log, person: Person, sent: int, campaign: str, day: int) -> list[Click]:
    dice = log.dice
    at = sent + dice.randrange(20 * MINUTE_MS)
    if person.typed_email:
        if day - person.newsletter_day < TYPED_WRONG_MAILED_DAYS:
            log.add("bounce", person, person.typed_email, at, campaign, reason="550 5.1.1 user unknown", hard=True)
        return []
    email = person.form_email_on(day)
    if dice.random() < BOUNCES:
        log.add("bounce", person, email, at, campaign, reason="452 4.2.2 mailbox full", hard=False)
        return []
    log.add("delivered", person, email, at, campaign)
    if person.opens_by_proxy:
        log.add("open", person, email, at + dice.randrange(2_000, 40_000), campaign, machine_open=True)
    if dice.random() >= OPENS:
        return []
    opened = at + int(dice.expovariate(1 / (3 * HOUR_MS))) % (14 * HOUR_MS)
    log.add("open", person, email, opened, campaign, machine_open=False)
    if dice.random() < SPAM_REPORTS:
        log.add("spamreport", person, email, opened + MINUTE_MS, campaign)
        return []
    if dice.random() >= CLICKS:
        return []
    clicked = opened + dice.randrange(3_000, 3 * MINUTE_MS)
    url = f"{SITE}/c/jackets?utm_source=newsletter&utm_medium=email&utm_campaign={campaign}"
    log.add("click", person, email, clicked, campaign, url=url)
    return [Click(person, clicked + dice.randrange(300, 3_000), campaign)]
