"""The e-mail tool's event log: a newsletter to half the subscribers a week, what they did with it, what came back."""

import random

import numpy as np

from cdp_spark.simulate.catalogue import SITE
from cdp_spark.simulate.company import Company
from cdp_spark.simulate.devices import HOUR_MS
from cdp_spark.simulate.envelope import Json, json_line
from cdp_spark.simulate.people import Person, Population
from cdp_spark.simulate.records import EMAIL, MINUTE_MS, Record, landed
from cdp_spark.simulate.web import Click

OPENS, CLICKS, BOUNCES, SPAM_REPORTS = 0.28, 0.14, 0.004, 0.0008
TYPED_WRONG_MAILED_DAYS = 15
SEND_WEEKDAY = 1  # Tuesday


def email_day(company: Company, people: Population, day: int) -> tuple[list[Record], list[Click]]:
    """Events of a day's mailing, and the clicks that open the web shop; unsubscribes come on any day."""
    dice = company.dice("email", day)
    log = _Log(dice)
    clicks: list[Click] = []
    campaign = f"newsletter-{company.date(day):%G-w%V}"
    if company.date(day).weekday() == SEND_WEEKDAY:
        sent = company.day_ms(day) + 8 * HOUR_MS
        half = company.date(day).isocalendar().week % 2
        wanted = (people.newsletter_day < day) & (day < people.unsubscribe_day)
        for i in np.flatnonzero(wanted & (np.arange(len(wanted)) % 2 == half)):
            clicks += _mail(log, people.persons[i], sent, campaign, day)
    for i in np.flatnonzero(people.unsubscribe_day == day):
        if people.persons[i].typed_email:
            continue  # no mail ever reached them
        at = company.day_ms(day) + dice.randrange(7, 22) * HOUR_MS + dice.randrange(HOUR_MS)
        log.add("unsubscribe", people.persons[i], people.persons[i].email_on(day), at, campaign)
    return log.records, clicks


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
        self.records += landed(EMAIL, event_id, person.person_id, arrival, json_line(event), self.dice)


def _mail(log: _Log, person: Person, sent: int, campaign: str, day: int) -> list[Click]:
    dice = log.dice
    at = sent + dice.randrange(20 * MINUTE_MS)
    if person.typed_email:
        if day - person.newsletter_day < TYPED_WRONG_MAILED_DAYS:
            log.add("bounce", person, person.typed_email, at, campaign, reason="550 5.1.1 user unknown", hard=True)
        return []
    email = person.email_on(day)
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
