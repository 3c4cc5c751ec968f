"""The web shop's event stream: visits by people, at shared machines, and by bots."""

import random
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from cdp_spark.simulate.catalogue import CATEGORIES, NO_TOUCH, PRODUCTS, SITE, TOUCHES, Product, Touch, euros
from cdp_spark.simulate.company import DAY_MS, Company
from cdp_spark.simulate.devices import Device
from cdp_spark.simulate.envelope import Json, Visit, start_time
from cdp_spark.simulate.orders import Order, basket, coupon, order_properties, product_properties
from cdp_spark.simulate.people import Person, Population
from cdp_spark.simulate.records import WEB, Record
from cdp_spark.simulate.typos import as_typed_email

LOCALES = {"AT": "de-AT", "DE": "de-DE", "GB": "en-GB", "US": "en-US"}
BROWSE, SUBSCRIBE, REGISTER, WITHDRAW = "browse", "subscribe", "register", "withdraw"
LOGS_IN, LOGS_IN_ON_TABLET = 0.35, 0.75
BUYS_KNOWN, BUYS_UNKNOWN, UNTRACKED_ORDER = 0.16, 0.07, 0.04


class Click(NamedTuple):
    """A click in a newsletter that opens the web shop."""

    person: Person
    at: int
    campaign: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody (None: a passer-by or a bot) comes to the shop on a device, by a touch, with a purpose."""

    person: Person | None
    device: Device
    start: int
    touch: Touch
    purpose: str


def web_day(company: Company, people: Population, day: int, clicks: list[Click]) -> tuple[list[Record], list[Order]]:
    """Every call that starts on a day, and the orders placed in it (a few of which no call tells of)."""
    dice = company.dice("web", day)
    records: list[Record] = []
    orders: list[Order] = []
    for arrival in _arrivals(company, people, day, clicks, dice):
        visit = opened_visit(arrival, day, dice)
        if arrival.device.kind == "bot":
            _crawl(visit, arrival, dice)
        elif arrival.person is None:
            _look_around(visit, arrival, dice)
        else:
            order_id = f"W{company.date(day):%Y%m%d}-{len(orders) + 1:04d}"
            orders += _shop(visit, arrival, arrival.person, day, order_id, dice)
        records += visit.records
    return records, orders


def opened_visit(arrival: Arrival, day: int, dice: random.Random) -> Visit:
    """A visit that has not sent anything yet; the user id is there when the browser stayed logged in."""
    device, person = arrival.device, arrival.person
    visit = Visit(
        WEB,
        person.person_id if person else "",
        device.cookie(day),
        _context(arrival, day),
        arrival.start,
        device.skew_ms,
        dice,
    )
    if person and device.stays_logged_in and person.has_account(day - 1):
        visit.user_id = person.user_id
    return visit


def _context(arrival: Arrival, day: int) -> Json:
    person = arrival.person
    context: Json = {
        "userAgent": arrival.device.user_agent,
        "ip": arrival.device.ip,
        "locale": LOCALES[person.country] if person else "en-GB",
        "library": {"name": "analytics.js", "version": "2.11.1"},
    }
    if person:
        context["consent"] = consent(person, day)
    return context


def consent(person: Person, day: int) -> Json:
    """What the person allows on a day, as the consent banner stores it."""
    return {
        "categoryPreferences": {
            "advertising": person.advertising_on(day),
            "analytics": person.analytics,
            "marketing_email": person.subscribed_on(day),
        }
    }


def page_context(path: str, title: str, touch: Touch = NO_TOUCH, click_value: str = "", referrer: str = "") -> Json:
    """The page a call is sent from; on the page somebody lands on, the campaign too."""
    search = ""
    if touch.source:
        search = f"?utm_source={touch.source}&utm_medium={touch.medium}&utm_campaign={touch.campaign}"
        search += f"&{touch.click_id}={click_value}" if touch.click_id else ""
    page = {"url": SITE + path + search, "path": path, "title": title, "referrer": touch.referrer or referrer}
    context: Json = {"page": page | {"search": search} if search else page}
    if touch.source:
        context["campaign"] = {"source": touch.source, "medium": touch.medium, "name": touch.campaign}
    return context


def _arrivals(
    company: Company, people: Population, day: int, clicks: list[Click], dice: random.Random
) -> list[Arrival]:
    draws = company.arrays("web visits", day)
    weekend = 1.25 if company.date(day).weekday() >= 5 else 0.95
    midnight, persons = company.day_ms(day), people.persons
    touches, shares = zip(*TOUCHES, strict=True)
    found = [
        Arrival(persons[i], _own_device(persons[i], dice), start_time(midnight, dice), touch, BROWSE)
        for i in np.repeat(np.arange(len(persons)), draws.poisson(people.web_rate * weekend))
        for touch in dice.choices(touches, shares)
    ]
    for planned, purpose in (
        (people.newsletter_day, SUBSCRIBE),
        (people.account_day, REGISTER),
        (people.withdraw_day, WITHDRAW),
    ):
        for i in np.flatnonzero(planned == day):
            touch = dice.choices(touches, shares)[0]
            found.append(Arrival(persons[i], persons[i].devices[0], start_time(midnight, dice), touch, purpose))
    newsletter = Touch("newsletter", "email", "", "", "")
    found += [
        Arrival(c.person, _own_device(c.person, dice), c.at, newsletter._replace(campaign=c.campaign), BROWSE)
        for c in clicks
    ]
    return found + _machine_arrivals(people, day, midnight, dice)


def _own_device(person: Person, dice: random.Random) -> Device:
    """Mostly the own first one; a tablet the household shares, two times in five."""
    if person.devices[-1].kind == "tablet" and dice.random() < 0.4:
        return person.devices[-1]
    return person.devices[0] if dice.random() < 0.6 else dice.choice(person.devices)


def _machine_arrivals(people: Population, day: int, midnight: int, dice: random.Random) -> list[Arrival]:
    """Visits at store terminals, half of them by people who log in, and visits by bots."""
    count = max(1, len(people.persons) // 4_000)
    known = np.flatnonzero(people.account_day <= day)
    found: list[Arrival] = []
    for terminal in people.kiosks:
        for _ in range(count):
            person = people.persons[dice.choice(known)] if len(known) and dice.random() < 0.5 else None
            found.append(Arrival(person, terminal, start_time(midnight, dice), NO_TOUCH, BROWSE))
    for _ in range(max(1, len(people.persons) // 8_000)):
        found.append(Arrival(None, dice.choice(people.bots), midnight + dice.randrange(DAY_MS), NO_TOUCH, BROWSE))
    return found


def _crawl(visit: Visit, arrival: Arrival, dice: random.Random) -> None:
    for product in dice.sample(PRODUCTS, dice.randrange(12, 30)):
        visit.call(
            "page", {"name": "Product", "properties": {}}, page_context(f"/p/{product.product_id}", product.name)
        )
        visit.wait(100, 900)


def _look_around(visit: Visit, arrival: Arrival, dice: random.Random) -> list[Product]:
    """Land somewhere, look at a category and at products; returns the products looked at."""
    click_value = f"{arrival.touch.click_id[:2]}.{dice.getrandbits(60):x}" if arrival.touch.click_id else ""
    category = dice.choice(CATEGORIES)
    path = f"/c/{category}"
    landing = page_context(path, category.title(), arrival.touch, click_value)
    visit.call("page", {"name": "Category", "properties": {"category": category}}, landing)
    seen: list[Product] = []
    offered = [p for p in PRODUCTS if p.category == category]
    for _ in range(dice.choices((0, 1, 2, 3, 4), (20, 30, 25, 15, 10))[0]):
        visit.wait(4_000, 90_000)
        product = dice.choice(offered)
        seen.append(product)
        place = page_context(f"/p/{product.product_id}", product.name, referrer=SITE + path)
        if dice.random() < 0.6:
            visit.call("page", {"name": "Product", "properties": {"category": category}}, place)
        visit.call("track", {"event": "Product Viewed", "properties": product_properties(product)}, place)
    return seen


def _shop(visit: Visit, arrival: Arrival, person: Person, day: int, order_id: str, dice: random.Random) -> list[Order]:
    seen = _look_around(visit, arrival, dice)
    if arrival.purpose == SUBSCRIBE:
        _subscribe(visit, person, day, dice)
    elif arrival.purpose == REGISTER or _wants_to_log_in(visit, arrival, person, day, dice):
        _log_in(visit, person, day, dice)
    if arrival.purpose == WITHDRAW or dice.random() < 0.06:
        tell_consent(visit)
    buys = dice.random() < (BUYS_KNOWN if visit.user_id else BUYS_UNKNOWN)
    if not seen or arrival.device.kind == "kiosk":
        return []
    if buys or dice.random() < 0.15:
        _fill_cart(visit, seen, dice)
    return [_buy(visit, person, seen, day, order_id, dice)] if buys else []


def _wants_to_log_in(visit: Visit, arrival: Arrival, person: Person, day: int, dice: random.Random) -> bool:
    chance = {"kiosk": 1.0, "tablet": LOGS_IN_ON_TABLET}.get(arrival.device.kind, LOGS_IN)
    return not visit.user_id and person.has_account(day - 1) and dice.random() < chance


def tell_consent(visit: Visit) -> None:
    """The banner's call after somebody has chosen; the choice itself is in the context."""
    visit.wait(1_000, 20_000)
    visit.call("track", {"event": "Segment Consent Preference Updated", "properties": {}}, page_context("/", "Home"))


def _subscribe(visit: Visit, person: Person, day: int, dice: random.Random) -> None:
    visit.wait(5_000, 60_000)
    traits = {"email": as_typed_email(person.typed_email or person.email_on(day), dice), "firstName": person.first}
    place = page_context("/newsletter", "Newsletter")
    visit.call("identify", {"traits": traits}, place)
    visit.call("track", {"event": "Newsletter Subscribed", "properties": {"list_id": "newsletter"}}, place)
    tell_consent(visit)


def _log_in(visit: Visit, person: Person, day: int, dice: random.Random) -> None:
    visit.wait(5_000, 60_000)
    visit.user_id = person.user_id
    traits = {"email": person.email_on(day), "firstName": person.first, "lastName": person.last}
    if person.phone_on(day) and dice.random() < 0.4:
        traits["phone"] = person.phone_on(day)
    place = page_context("/account", "Account")
    visit.call("identify", {"traits": traits}, place)
    event = "Signed Up" if person.account_day == day else "Signed In"
    visit.call("track", {"event": event, "properties": {}}, place)


def _fill_cart(visit: Visit, seen: list[Product], dice: random.Random) -> None:
    for product in dict.fromkeys(seen[:2]):
        visit.wait(2_000, 30_000)
        properties = product_properties(product) | {"quantity": 1, "cart_id": f"c{dice.getrandbits(40):x}"}
        visit.call("track", {"event": "Product Added", "properties": properties}, page_context("/cart", "Cart"))
    if dice.random() < 0.5:
        value = euros(sum(product.cents for product in seen[:2]))
        checkout = {"event": "Checkout Started", "properties": {"value": value, "currency": "EUR"}}
        visit.call("track", checkout, page_context("/checkout", "Checkout"))


def _buy(visit: Visit, person: Person, seen: list[Product], day: int, order_id: str, dice: random.Random) -> Order:
    email = as_typed_email(person.email_on(day), dice)
    visit.wait(20_000, 200_000)
    if not visit.user_id:
        traits = {"email": email, "firstName": person.first, "lastName": person.last}
        visit.call("identify", {"traits": traits}, page_context("/checkout", "Checkout"))
    order = Order(order_id, "web", person, day, visit.now, visit.user_id, email, basket(seen, dice), coupon(dice))
    if dice.random() >= UNTRACKED_ORDER:
        done = {"event": "Order Completed", "properties": order_properties(order)}
        visit.call("track", done, page_context("/checkout/thanks", "Thank you"))
    return order
