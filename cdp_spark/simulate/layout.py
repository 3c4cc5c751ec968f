"""Who lives with whom and in which country, for the whole company at once: what a shard must know about the others."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from cdp_spark.simulate.company import Company, Days
from cdp_spark.simulate.names import COUNTRY_SHARE

SIZES = (0.40, 0.30, 0.12, 0.13, 0.05)  # of one, two, … persons
COUNTRIES = tuple(COUNTRY_SHARE)
_BLOCK, _GIVERS, _TAKERS_FROM = 500, 200, 250
_WAITS_DAYS = 30


class Handover(NamedTuple):
    """A telephone number that goes from one person to a stranger: both by rank, and the day the taker gets it."""

    giver: int
    taker: int
    day: int

    @property
    def given_up(self) -> int:
        """The day on which the giver has another number."""
        return self.day - _WAITS_DAYS


@dataclass(frozen=True)
class Layout:
    """Households by their first person, and each person's rank in the own country; persons are numbered from 0."""

    company: Company
    first: Days  # first person of each household, and behind the last one the number of people
    country: Days  # of each household, as a place in COUNTRIES
    rank: Days  # of each person
    by_rank: tuple[Days, ...]  # persons of each country in order

    def households(self, shard: int) -> range:
        """The households whose first person lies in a shard."""
        size = self.company.shard_people
        begin, end = np.searchsorted(self.first[:-1], (shard * size, (shard + 1) * size))
        return range(int(begin), int(end))

    def handover(self, country: str, rank: int) -> Handover | None:
        """What becomes of the number of the person of that rank, or comes to them; one pair in 500 persons."""
        place, block = COUNTRIES.index(country), rank // _BLOCK
        if place >= len(self.by_rank):
            return None
        found = _handover(self.company, place, block)
        if found.taker >= len(self.by_rank[place]) or rank not in (found.giver, found.taker):
            return None
        return found


@lru_cache(maxsize=4)
def layout(company: Company) -> Layout:
    """The households of a company; depends on its people, seed and first day alone."""
    numbers = np.arange(company.people, dtype=np.int64)
    sizes = 1 + np.searchsorted(np.cumsum(SIZES)[:-1], company.uniforms("household size", numbers), side="right")
    ends = np.cumsum(sizes)
    count = int(np.searchsorted(ends, company.people)) + 1
    first = np.minimum(np.concatenate(([0], ends[:count])), company.people).astype(np.int64)
    shares = np.cumsum(tuple(COUNTRY_SHARE.values()))[:-1]
    country = np.searchsorted(shares, company.uniforms("country", numbers[:count]), side="right").astype(np.int64)
    of_person = np.repeat(country, np.diff(first))
    by_rank = tuple(np.flatnonzero(of_person == place) for place in range(len(COUNTRIES)))
    rank = np.empty(company.people, dtype=np.int64)
    for persons in by_rank:
        rank[persons] = np.arange(len(persons))
    return Layout(company, first, country, rank, by_rank)


def _handover(company: Company, country: int, block: int) -> Handover:
    dice = company.dice("recycled phone", country, block)
    giver = block * _BLOCK + dice.randrange(_GIVERS)
    taker = block * _BLOCK + _TAKERS_FROM + dice.randrange(_GIVERS)
    return Handover(giver, taker, dice.randrange(_WAITS_DAYS, _WAITS_DAYS + 50))
