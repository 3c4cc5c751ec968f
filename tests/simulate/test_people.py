"""The population: valid contact data, and the cases that make identity hard."""

from collections import Counter

import phonenumbers
import pytest

from cdp_spark.simulate.company import Company
from cdp_spark.simulate.people import EMAIL_DOMAINS, Population, population
from cdp_spark.simulate.phones import PhoneBook

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
def test_a_phone_book_gives_no_number_twice_and_only_valid_ones(country: str) -> None:
    book = PhoneBook()
    numbers = [book.fresh(country) for _ in range(8_000)]
    assert len(set(numbers)) == len(numbers)
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(number)) for number in numbers[::37])


def test_addresses_lie_in_reserved_domains_and_are_plain_ascii(people: Population) -> None:
    for p in people.persons:
        for email in (p.email, p.new_email, p.typed_email, p.family_email):
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
