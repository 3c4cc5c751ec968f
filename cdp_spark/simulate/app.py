"""The app's event stream: the same envelope from phones, sometimes sent long after it happened."""

import random

import numpy as np

from cdp_spark.simulate.catalogue import CATEGORIES, PRODUCTS, Product
from cdp_spark.simulate.company import Company
from cdp_spark.simulate.devices import HOUR_MS, AppInstall
from cdp_spark.simulate.envelope import Json, Visit, start_time
from cdp_spark.simulate.orders import Order, basket, coupon, order_properties, product_properties
from cdp_spark.simulate.people import Person, Population
from cdp_spark.simulate.records import APP, Record
from cdp_spark.simulate.web import LOCALES, consent

VERSION, BUILD = "4.2.1", "421"
OFFLINE, LATEST_HOURS = 0.04, 40


def app_day(company: Company, people: Population, day: int) -> tuple[list[Record], list[Order]]:
    """Every call that starts on a day, and the orders placed in the app."""
    dice = company.dice("app", day)
    counts = company.arrays("app visits", day).poisson(people.app_rate)
    records: list[Record] = []
    orders: list[Order] = []
    for i in np.repeat(np.arange(len(people.persons)), counts):
        person = people.persons[i]
        if person.app is None:
            continue
        visit = _opened_visit(person, person.app, company.day_ms(day), day, dice)
        order_id = f"A{company.date(day):%Y%m%d}-{len(orders) + 1:04d}"
        orders += _shop(visit, person, day, order_id, dice)
        records += visit.records
    return records, orders


def _opened_visit(person: Person, install: AppInstall, midnight: int, day: int, dice: random.Random) -> Visit:
    context = {
        "app": {"name": "Example Shop", "version": VERSION, "build": BUILD},
        "device": _device(install),
        "os": {"name": "iOS", "version": "18.2"} if install.system == "ios" else {"name": "Android", "version": "15"},
        "ip": install.ip,
        "locale": LOCALES[person.country],
        "library": {"name": f"analytics-{install.system}", "version": "4.1.8"},
        "consent": consent(person, day),
    }
    visit = Visit(
        APP, person.person_id, install.anonymous_id, context, start_time(midnight, dice), install.skew_ms, dice
    )
    visit.offline_ms = dice.randrange(HOUR_MS, LATEST_HOURS * HOUR_MS) if dice.random() < OFFLINE else 0
    return visit


def _device(install: AppInstall) -> Json:
    ios = install.system == "ios"
    return {
        "id": install.device_id,
        "advertisingId": install.advertising_id,
        "adTrackingEnabled": install.tracking,
        "manufacturer": "Apple" if ios else "Google",
        "model": "iPhone15,4" if ios else "Pixel 8",
        "type": install.system,
    }


def _shop(visit: Visit, person: Person, day: int, order_id: str, dice: random.Random) -> list[Order]:
    if person.has_account(day - 1):
        visit.user_id = person.user_id
    visit.call("track", {"event": "Application Opened", "properties": {"version": VERSION, "build": BUILD}})
    if visit.user_id and dice.random() < 0.15:
        visit.call("identify", {"traits": {"email": person.email_on(day)}})
    visit.wait(1_000, 20_000)
    visit.call("screen", {"name": "Home", "properties": {}})
    seen = _look_around(visit, dice)
    if not (seen and visit.user_id and dice.random() < 0.12):
        return []
    visit.wait(10_000, 90_000)
    email = person.email_on(day)
    order = Order(order_id, "app", person, day, visit.now, visit.user_id, email, basket(seen, dice), coupon(dice))
    visit.call("track", {"event": "Order Completed", "properties": order_properties(order)})
    return [order]


def _look_around(visit: Visit, dice: random.Random) -> list[Product]:
    category = dice.choice(CATEGORIES)
    offered = [p for p in PRODUCTS if p.category == category]
    seen: list[Product] = []
    for _ in range(dice.choices((0, 1, 2, 3), (25, 35, 25, 15))[0]):
        visit.wait(3_000, 60_000)
        product = dice.choice(offered)
        seen.append(product)
        visit.call("track", {"event": "Product Viewed", "properties": product_properties(product)})
    return seen
