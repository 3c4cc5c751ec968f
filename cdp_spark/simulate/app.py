"""The app's event stream: the same envelope from phones, sometimes sent long after it happened."""

import random

from cdp_spark.simulate.catalogue import CATEGORIES, Product, offered
from cdp_spark.simulate.company import Company
from cdp_spark.simulate.devices import HOUR_MS, AppInstall
from cdp_spark.simulate.envelope import Json, Visit, start_time
from cdp_spark.simulate.flaws import CLOCK_SKEW
from cdp_spark.simulate.orders import Order, basket, coupon, order_properties, product_properties
from cdp_spark.simulate.people import Population
from cdp_spark.simulate.person import Person
from cdp_spark.simulate.records import APP, Record
from cdp_spark.simulate.web import LOCALES, consent

VERSION, BUILD = "4.2.1", "421"
OFFLINE, LATEST_HOURS, BUYS = 0.04, 40, 0.12


def app_day(company: Company, people: Population, day: int) -> tuple[list[Record], list[Order]]:
    """Every call that starts on a day, and the orders placed in the app."""
    records: list[Record] = []
    orders: list[Order] = []
    for place, times in company.comings("app visits", people.index, people.app_rate, day):
        person = people.persons[place]
        for n in range(times if person.app else 0):
            dice = company.dice("app", person.index, day, n)
            visit = _opened_visit(company, person, day, dice)
            orders += _shop(visit, person, day, f"A{company.date(day):%Y%m%d}-{person.index:06d}-{n}")
            records += visit.records
    return records, orders


def _opened_visit(company: Company, person: Person, day: int, dice: random.Random) -> Visit:
    install = person.app
    assert install is not None  # whoever comes to the app has it
    context = {
        "app": {"name": "Example Shop", "version": VERSION, "build": BUILD},
        "device": _device(install),
        "os": {"name": "iOS", "version": "18.2"} if install.system == "ios" else {"name": "Android", "version": "15"},
        "ip": install.ip,
        "locale": LOCALES[person.country],
        "library": {"name": f"analytics-{install.system}", "version": "4.1.8"},
        "consent": consent(person, day),
    }
    wrong_clock = install.clock_is_wrong and not company.clean
    skew = 0 if install.clock_is_wrong and company.clean else install.skew_ms
    visit = Visit(
        APP, person.person_id, install.anonymous_id, context, start_time(company.day_ms(day), dice), skew, dice
    )
    visit.flaws = (CLOCK_SKEW,) if wrong_clock else ()
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


def _shop(visit: Visit, person: Person, day: int, order_id: str) -> list[Order]:
    dice = visit.dice
    if person.has_account(day - 1):
        visit.user_id = person.user_id
    visit.call("track", {"event": "Application Opened", "properties": {"version": VERSION, "build": BUILD}})
    if visit.user_id and dice.random() < 0.15:
        visit.call("identify", {"traits": {"email": person.email_on(day)}})
    visit.wait(1_000, 20_000)
    visit.call("screen", {"name": "Home", "properties": {}})
    seen = _look_around(visit)
    if not (seen and visit.user_id and dice.random() < person.buys(BUYS, day)):
        return []
    visit.wait(10_000, 90_000)
    email = person.email_on(day)
    order = Order(order_id, "app", person, day, visit.now, visit.user_id, email, basket(seen, dice), coupon(dice))
    visit.call("track", {"event": "Order Completed", "properties": order_properties(order)})
    return [order]


def _look_around(visit: Visit) -> list[Product]:
    dice = visit.dice
    products = offered(dice.choice(CATEGORIES))
    seen: list[Product] = []
    for _ in range(dice.choices((0, 1, 2, 3), (25, 35, 25, 15))[0]):
        visit.look()
        product = dice.choice(products)
        seen.append(product)
        visit.call("track", {"event": "Product Viewed", "properties": product_properties(product)})
    return seen
