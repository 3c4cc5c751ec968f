"""Slips and spellings."""

import random

import phonenumbers
import pytest

from cdp_spark.simulate.records import broken_line
from cdp_spark.simulate.typos import as_typed_email, misspelt, misspelt_email, national_phone, spaced_phone

PHONES = [("+436641234567", "AT"), ("+4915112345678", "DE"), ("+442079460123", "GB"), ("+12125550123", "US")]


def test_a_slip_changes_at_most_two_letters_of_a_word() -> None:
    dice = random.Random(5)
    for _ in range(200):
        wrong = misspelt("schneider", dice)
        assert abs(len(wrong) - 9) <= 1
        assert wrong[0] == "s"


def test_a_misspelt_address_keeps_its_domain() -> None:
    dice = random.Random(5)
    wrong = [misspelt_email("anna.gruber@example.com", dice) for _ in range(200)]
    assert {email.split("@")[1] for email in wrong} == {"example.com"}
    assert sum(email != "anna.gruber@example.com" for email in wrong) > 150
    assert all(email.isascii() and ".." not in email for email in wrong)


def test_what_people_type_is_the_same_address() -> None:
    dice = random.Random(5)
    typed = {as_typed_email("a.b@example.com", dice) for _ in range(200)}
    assert len(typed) == 4
    assert {email.strip().lower() for email in typed} == {"a.b@example.com"}


@pytest.mark.parametrize(("phone", "country"), PHONES)
def test_every_way_to_write_a_number_is_that_number_in_its_country(phone: str, country: str) -> None:
    dice = random.Random(5)
    ways = {national_phone(phone, country, dice) for _ in range(100)} | {spaced_phone(phone, country)}
    assert len(ways) >= 4
    for way in ways:
        number = phonenumbers.parse(way, country)
        assert phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == phone


@pytest.mark.parametrize(
    "line", ['{"id":"a1","type":"open","email":"a@example.com"}', "C-000001,a@example.com,+43,Anna"]
)
def test_a_broken_line_is_never_the_line(line: str) -> None:
    dice = random.Random(5)
    assert all(broken_line(line, dice) not in (line, "") for _ in range(200))
