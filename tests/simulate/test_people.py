"""The population: valid contact data, and the cases that make identity hard."""

from collections import Counter

import numpy as np
import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdp_spark.simulate.company import Company
from cdp_spark.simulate.households import EMAIL_DOMAINS
from cdp_spark.simulate.layout import layout
from cdp_spark.simulate.people import Population, population
from cdp_spark.simulate.phones import landline, later_number, own_number

COMPANY = Company(people=3_000, days=90, seed=7)


@pytest.fixture(scope="module")
def people() -> Population:
    return population(COMPANY)


def test_every_phone_is_valid_in_its_persons_country(people: Population) -> None:
    phones = [(phone, p.country) for p in people.persons for phone in (p.phone, p.new_phone) if phone]
    assert len(phones) > 2_000
    for phone, country in phones:
        number = phonenumbers.parse(phone)
        assert phonenumbers.is_valid_number(number), phone
        assert phonenumbers.is_valid_number_for_region(number, country), phone


@pytest.mark.parametrize("country", ["AT", "DE", "GB", "US"])
def test_numbers_are_given_out_once_and_are_valid(country: str) -> None:
    ranks = [*range(6_000), *range(700_000, 700_500)]
    numbers = [number(country, rank) for number in (own_number, later_number, landline) for rank in ranks]
    assert len(set(numbers)) == len(numbers)
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(number)) for number in numbers[::37])


@given(people=st.integers(1, 5_000), seed=st.integers(0, 50), shard_people=st.integers(1, 900))
@settings(max_examples=25, deadline=None)
def test_every_person_lives_in_one_household_of_one_shard(people: int, seed: int, shard_people: int) -> None:
    of = layout(Company(people=people, seed=seed, shard_people=shard_people))
    households = [number for shard in range(of.company.shards) for number in of.households(shard)]
    assert households == list(range(len(of.first) - 1))
    assert of.first[0] == 0
    assert of.first[-1] == people
    assert set(np.diff(of.first)) <= {1, 2, 3, 4, 5}
    assert sum(len(persons) for persons in of.by_rank) == people


def test_a_draw_depends_on_its_own_number_alone() -> None:
    company, numbers = Company(), np.arange(2_000, dtype=np.int64)
    draws = company.uniforms("topic", numbers, 3)
    assert (company.uniforms("topic", numbers[5:9], 3) == draws[5:9]).all()
    assert (company.uniforms("topic", numbers, 4) != draws).all()
    assert (company.uniforms("other", numbers, 3) != draws).all()
    assert abs(draws.mean() - 0.5) < 0.02
    assert draws.min() >= 0
    assert draws.max() < 1


def test_comings_follow_their_rate() -> None:
    company, numbers = Company(), np.arange(50_000, dtype=np.int64)
    times = Counter(times for _, times in company.comings("test", numbers, np.full(50_000, 0.3), 1))
    assert abs(sum(n * k for n, k in times.items()) / 50_000 - 0.3) < 0.01
    assert abs(times[2] / 50_000 - 0.3**2 / 2 * np.exp(-0.3)) < 0.003


def test_addresses_lie_in_reserved_domains_and_are_plain_ascii(people: Population) -> None:
    for p in people.persons:
        for email in (p.email, p.new_email, p.alias, p.typed_email, p.family_email):
            assert email.isascii()
            assert not email or email.split("@")[1] in EMAIL_DOMAINS


def test_nobody_else_has_ones_own_address(people: Population) -> None:
    owners = Counter(email for p in people.persons for email in {p.email, p.new_email} if email)
    assert max(owners.values()) == 1


def test_some_numbers_are_recycled_between_strangers(people: Population) -> None:
    first = {p.phone: p for p in people.persons}
    handed = [(first[p.new_phone], p) for p in people.persons if p.new_phone and p.new_phone in first]
    assert handed
    for giver, taker in handed:
        assert giver.household != taker.household
        assert giver.phone_change_day + 30 == taker.phone_change_day
        assert giver.phone_on(taker.phone_change_day) != taker.phone_on(taker.phone_change_day)


def test_households_share_tablets_phones_and_addresses(people: Population) -> None:
    cookies = Counter(d.anonymous_id for p in people.persons for d in p.devices)
    phones = Counter(p.phone for p in people.persons if p.phone)
    families = Counter(p.family_email for p in people.persons if p.family_email)
    assert min(sum(n > 1 for n in shared.values()) for shared in (cookies, phones, families)) >= 10


def test_a_person_is_the_same_in_a_longer_history(people: Population) -> None:
    again = population(Company(people=3_000, days=120, seed=7, end=COMPANY.end.replace(day=31)))
    assert again.persons == people.persons
