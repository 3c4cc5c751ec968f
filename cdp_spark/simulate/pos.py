"""The tills' export: one row a line item, local time, voids and returns negative, receipts now and then sent twice."""

import random
from collections import Counter
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from cdp_spark.simulate.catalogue import PRODUCTS, STORES, Product, Store
from cdp_spark.simulate.company import Company
from cdp_spark.simulate.csv_lines import csv_line
from cdp_spark.simulate.devices import HOUR_MS
from cdp_spark.simulate.people import Population
from cdp_spark.simulate.person import Person
from cdp_spark.simulate.records import (
    BROKEN,
    DUPLICATE,
    MALFORMED,
    MINUTE_MS,
    POS,
    SENT_AGAIN,
    Identifiers,
    Record,
    broken_line,
    copy_delay,
)
from cdp_spark.simulate.typos import national_phone, spaced_phone

HEADER = (
    "store", "register", "txn_no", "business_date", "time", "line", "sku", "qty", "unit_price", "total", "currency",
    "loyalty_id", "phone", "email",
)  # fmt: skip
SHOWS_CARD, GIVES_PHONE, GIVES_EMAIL = 0.75, 0.08, 0.12
RECEIPTS_A_DAY = 10_000  # of one till and shard, never reached
HOME_COUNTRY = "AT"  # the tills' numbers without calling code are Austrian


class Item(NamedTuple):
    """A line of a receipt; a negative quantity takes something back."""

    product: Product
    quantity: int


class Shown(NamedTuple):
    """What a customer showed or said at the till, the number as it was typed and as it is; '' for nothing."""

    loyalty_id: str = ""
    phone: str = ""
    email: str = ""
    number: str = ""

    @property
    def identifiers(self) -> Identifiers:
        """What identifies the customer."""
        return ("loyalty_id", self.loyalty_id), ("phone", self.number), ("email", self.email)


class Till(NamedTuple):
    """Where and when a receipt was printed."""

    store: Store
    register: int
    number: int
    at: int


def pos_day(company: Company, people: Population, day: int) -> list[Record]:
    """The receipts of a day; they arrive with the store's nightly export."""
    numbers = Counter[tuple[str, int]]()
    records: list[Record] = []
    for place, times in company.comings("store visits", people.index, people.store_rate * _busy(company, day), day):
        person = people.persons[place]
        for n in range(times):
            dice = company.dice("pos", person.index, day, n)
            store = _store_of(person, dice)
            register = dice.randrange(1, 4)
            numbers[store.store, register] += 1
            number = people.shard * RECEIPTS_A_DAY + numbers[store.store, register]
            at = company.day_ms(day) + dice.randrange(9 * HOUR_MS, 18 * HOUR_MS)
            arrival = company.day_ms(day) + 21 * HOUR_MS + dice.randrange(30 * MINUTE_MS)
            till, shown = Till(store, register, number, at), _shown(person, day, dice)
            records += receipt(till, _items(dice), shown, person.person_id, arrival, dice)
    return records


def receipt(
    till: Till, items: list[Item], shown: Shown, person: str, arrival: int, dice: random.Random
) -> list[Record]:
    """The rows of one receipt; all its rows come again when the store sends it twice."""
    local = datetime.fromtimestamp(till.at // 1000, UTC).astimezone(_zone(till.store.zone))
    key = f"{till.store.store}|{till.register}|{till.number}|{local:%Y-%m-%d}"
    head = (till.store.store, till.register, till.number, f"{local:%Y-%m-%d}", f"{local:%H:%M:%S}")
    quote_all = dice.random() < 0.1
    rows: list[Record] = []
    for line, (product, quantity) in enumerate(items, start=1):
        money = (_amount(product.cents), _amount(product.cents * quantity), till.store.currency)
        text = csv_line((*head, line, product.sku, quantity, *money, *shown[:3]), quote_all=quote_all)
        rows.append(Record(POS, key, person, arrival, text, shown=shown.identifiers))
    roll = dice.random()
    if roll < SENT_AGAIN:
        later = arrival + copy_delay(dice)
        return rows + [row._replace(arrival=later, kind=DUPLICATE) for row in rows]
    if roll < SENT_AGAIN + BROKEN * len(rows):
        return [*rows, rows[0]._replace(body=broken_line(rows[0].body, dice), kind=MALFORMED)]
    return rows


def _busy(company: Company, day: int) -> float:
    return (0.9, 0.9, 0.95, 1.0, 1.2, 1.6, 0.3)[company.date(day).weekday()]


def _store_of(person: Person, dice: random.Random) -> Store:
    near = [s for s in STORES if s.country == person.country]
    return near[0] if dice.random() < 0.5 else dice.choice(near)


def _items(dice: random.Random) -> list[Item]:
    """Two or three lines; sometimes one is voided at once, sometimes the receipt is a return."""
    sign = -1 if dice.random() < 0.04 else 1
    items = [
        Item(dice.choice(PRODUCTS), sign * dice.choice((1, 1, 1, 2)))
        for _ in range(dice.choices((1, 2, 3, 4, 5), (30, 28, 20, 14, 8))[0])
    ]
    if sign == 1 and dice.random() < 0.03:
        items.append(Item(items[-1].product, -items[-1].quantity))
    return items


def _shown(person: Person, day: int, dice: random.Random) -> Shown:
    card = person.loyalty_id if day >= person.loyalty_day and dice.random() < SHOWS_CARD else ""
    phone = number = person.phone_on(day) if dice.random() < GIVES_PHONE else ""
    if phone:
        home = person.country == HOME_COUNTRY and dice.random() < 0.5
        phone = national_phone(phone, HOME_COUNTRY, dice) if home else spaced_phone(phone, person.country)
    email = ""
    if dice.random() < GIVES_EMAIL:
        email = person.typed_email or person.family_email or person.email_on(day)
    return Shown(card, phone, email, number)


def _amount(cents: int) -> str:
    return f"{cents / 100:.2f}"


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
