"""The e-mail tool's event log: a newsletter to half the subscribers a week, what they did with it, what came back.

The links in a mail carry the subscriber's id, as Mailchimp's do (mc_eid). One mail in 370 that was opened is forwarded, the
median of 400,000 campaigns (Litmus, 2015); half of those who get it click, on a link that carries somebody else's id.
"""

import random
from collections.abc import Iterator
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from cdp_spark.simulate.arrivals import EID, Click
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
FORWARDS, FORWARDED_CLICKS = 1 / 370, 0.5
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
            clicks += _forwarded(log, people, people.persons[place], campaign, day)
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
        self.opened = 0  # when somebody read the mail

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
        shown = (("email", email), ("subscriber_id", subscriber_id(email) if kind == "click" else ""))
        flaws = (BOUNCED_EMAIL,) if kind == "bounce" and more["hard"] else ()
        self.records += landed(EMAIL, event_id, person.person_id, arrival, json_line(event), self.dice, flaws, shown)


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
    log.opened = opened
    if dice.random() >= CLICKS:
        return []
    return [_clicked(log, person, person, campaign, day, opened + dice.randrange(3_000, 3 * MINUTE_MS))]


def _forwarded(log: _Log, people: Population, person: Person, campaign: str, day: int) -> list[Click]:
    """The click of somebody to whom the mail was forwarded; the tool takes it for the subscriber's."""
    dice = log.dice
    if not log.opened or dice.random() >= FORWARDS * FORWARDED_CLICKS:
        return []
    follower, later = dice.choice(people.persons), dice.randrange(HOUR_MS, 6 * HOUR_MS)
    if follower is person:
        return []
    return [_clicked(log, person, follower, campaign, day, log.opened + later)]


def _clicked(log: _Log, subscriber: Person, follower: Person, campaign: str, day: int, at: int) -> Click:
    email = subscriber.form_email_on(day)
    eid = subscriber_id(email)
    url = f"{SITE}/c/jackets?utm_source=newsletter&utm_medium=email&utm_campaign={campaign}&{EID}={eid}"
    log.add("click", subscriber, email, at, campaign, url=url)
    return Click(follower, at + log.dice.randrange(300, 3_000), campaign, eid)


def subscriber_id(email: str) -> str:
    """The id that the tool gives to an address."""
    return blake2b(email.encode(), digest_size=8).hexdigest()
