"""Campaigns with a known effect: who is addressed, who is held out, and the visits that only the campaign causes.

A treated person's caused visits come on top of the visits they make anyway, from draws of their own. So the truth counts
them one by one: without the campaign they and their orders would not be there, and nothing else would differ.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cdp_spark.simulate.company import Company
from cdp_spark.simulate.people import Population


class Campaign(NamedTuple):
    """A campaign to newsletter readers: when it begins (days before the anchor), lasts, and what it causes."""

    name: str
    begins_before: int
    days: int
    held_out: float
    visits_a_day: float
    buys: float
    mailed: bool

    def first_day(self, company: Company) -> int:
        """The day it begins."""
        return company.anchor_day - self.begins_before

    def runs_on(self, company: Company, day: int) -> bool:
        """Whether it causes visits on a day."""
        return 0 <= day - self.first_day(company) < self.days


CAMPAIGNS = (
    Campaign("spring-reactivation", 13, 10, 0.5, 0.016, 0.5, mailed=True),
    Campaign("birthday-voucher", 12, 11, 0.1, 0.004, 0.4, mailed=False),
    Campaign("glossy-postcard", 11, 10, 0.3, 0.0, 0.0, mailed=False),  # costs money and does nothing
)


def treated(company: Company, people: Population, campaign: Campaign) -> NDArray[np.bool_]:
    """Who is addressed, of the persons of a shard."""
    return eligible(company, people, campaign) & ~_held(company, people, campaign)


def eligible(company: Company, people: Population, campaign: Campaign) -> NDArray[np.bool_]:
    """Who reads the newsletter when the campaign begins."""
    day = campaign.first_day(company)
    return (people.newsletter_day < day) & (day < people.unsubscribe_day)


def caused_visits(company: Company, people: Population, day: int) -> Iterator[tuple[Campaign, int]]:
    """The visits of a day that a campaign causes: the campaign and the person's place in the shard."""
    for campaign in CAMPAIGNS:
        if campaign.visits_a_day and campaign.runs_on(company, day):
            rates = np.where(treated(company, people, campaign), campaign.visits_a_day, 0.0)
            topic = f"caused by {campaign.name}"
            yield from ((campaign, place) for place, _ in company.comings(topic, people.index, rates, day))


def arm_rows(company: Company, people: Population) -> Iterator[tuple[str, str, str]]:
    """Campaign, person and arm (treated, held_out) of everybody who could be addressed."""
    for campaign in CAMPAIGNS:
        held = _held(company, people, campaign)
        for place in np.flatnonzero(eligible(company, people, campaign)):
            yield campaign.name, people.persons[place].person_id, "held_out" if held[place] else "treated"


def _held(company: Company, people: Population, campaign: Campaign) -> NDArray[np.bool_]:
    return company.uniforms(f"held out of {campaign.name}", people.index) < campaign.held_out
