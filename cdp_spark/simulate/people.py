"""The people of one shard, how often they come by which way, and the machines there that are nobody's own."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from cdp_spark.simulate.company import Company, Days, Floats
from cdp_spark.simulate.devices import KIOSKS, Device, bot, kiosk
from cdp_spark.simulate.households import household
from cdp_spark.simulate.layout import layout
from cdp_spark.simulate.person import Person


@dataclass(frozen=True)
class Population:
    """The persons of a shard, how often they come by which way a day, and machines many or nobody use."""

    shard: int
    persons: tuple[Person, ...]
    index: Days
    households: int
    web_rate: Floats
    app_rate: Floats
    store_rate: Floats
    newsletter_day: Days
    unsubscribe_day: Days
    returns_day: Days
    account_day: Days
    withdraw_day: Days
    kiosks: tuple[Device, ...]
    bots: tuple[Device, ...]


def population(company: Company, shard: int = 0) -> Population:
    """The people of a shard; depends on the company's people, seed and first day alone."""
    of = layout(company)
    numbers = of.households(shard)
    persons = tuple(person for number in numbers for person in household(of, number))
    index = np.array([p.index for p in persons], dtype=np.int64)

    def days(name: str) -> Days:
        return np.array([getattr(p, name) for p in persons], dtype=np.int64)

    def rates(topic: str, median: float, spread: float) -> Floats:
        return np.exp(median + spread * ndtri(company.uniforms(topic, index))) if len(index) else np.zeros(0)

    in_europe = np.array([p.country != "US" for p in persons], dtype=bool)
    dice = company.dice("machines", shard)
    suffix = f"-{shard:04d}" if shard else ""
    return Population(
        shard=shard,
        persons=persons,
        index=index,
        households=len(numbers),
        web_rate=rates("web rate", -6.5, 1.3),
        app_rate=np.where([p.app is not None for p in persons], rates("app rate", -3.9, 0.9), 0.0),
        store_rate=np.where(in_europe, rates("store rate", -6.1, 1.0), 0.0),
        newsletter_day=days("newsletter_day"),
        unsubscribe_day=days("unsubscribe_day"),
        returns_day=days("returns_day"),
        account_day=days("account_day"),
        withdraw_day=days("withdraw_day"),
        kiosks=() if company.clean else tuple(kiosk(name + suffix, dice) for name in KIOSKS),
        bots=() if company.clean else tuple(bot(dice) for _ in range(max(3, len(persons) // 1_000))),
    )
