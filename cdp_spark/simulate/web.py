"""The web shop's event stream: visits by people, at shared machines, and by bots.

Calibrated on public sets. Three visits in ten are short as in Snowplow's web sample (median 2.5 events); the others have
as many events as in the e-commerce clickstream (median 8, quartiles 5 and 12), as far apart (`Visit.look`), and put
something into the cart as often (one in three).
"""

import random

from cdp_spark.simulate.arrivals import BROWSE, CRAWL, REGISTER, SUBSCRIBE, TEST, WITHDRAW, Arrival, Click, arrivals
from cdp_spark.simulate.catalogue import CATEGORIES, NO_TOUCH, PRODUCTS, SITE, TEST_SITE, Product, Touch, euros, offered
from cdp_spark.simulate.company import Company
from cdp_spark.simulate.envelope import Json, Visit
from cdp_spark.simulate.flaws import BOT_TRAFFIC, CLOCK_SKEW, INTERNAL_TRAFFIC, SHARED_ANONYMOUS_ID
from cdp_spark.simulate.orders import Order, basket, coupon, order_properties, product_properties
from cdp_spark.simulate.people import Population
from cdp_spark.simulate.person import Person
from cdp_spark.simulate.records import WEB, Record
from cdp_spark.simulate.typos import as_typed_email

LOCALES = {"AT": "de-AT", "DE": "de-DE", "GB": "en-GB", "US": "en-US"}
LOGS_IN, LOGS_IN_ON_TABLET = 0.35, 0.75
SHORT, EVENTS_SHAPE, EVENTS_SCALE = 0.30, 2.5, 3.2
FILLS_CART, BUYS_KNOWN, BUYS_UNKNOWN, UNTRACKED_ORDER = 0.24, 0.26, 0.10, 0.04


def web_day(company: Company, people: Population, day: int, clicks: list[Click]) -> tuple[list[Record], list[Order]]:
    """Every call that starts on a day, and the orders placed in it (a few of which no call tells of)."""
    records: list[Record] = []
    orders: list[Order] = []
    for arrival in arrivals(company, people, day, clicks):
        visit = opened_visit(company, arrival, day)
        if arrival.purpose == CRAWL:
            _crawl(visit)
        elif arrival.person is None:
            _look_around(visit, arrival)
        else:
            orders += _shop(visit, arrival, arrival.person, day, f"W{company.date(day):%Y%m%d}")
        records += visit.records
    return records, orders


def opened_visit(company: Company, arrival: Arrival, day: int) -> Visit:
    """A visit that has not sent anything yet; the user id is there when the browser stayed logged in."""
    device, person = arrival.device, arrival.person
    wrong_clock = device.clock_is_wrong and not company.clean
    visit = Visit(
        WEB,
        person.person_id if person else "",
        device.cookie(day),
        _context(arrival, day),
        arrival.start,
        0 if device.clock_is_wrong and company.clean else device.skew_ms,
        arrival.dice,
        flaws=_flaws(arrival, wrong_clock),
    )
    if person and device.stays_logged_in and person.has_account(day - 1):
        visit.user_id = person.user_id
    return visit


def _flaws(arrival: Arrival, wrong_clock: bool) -> tuple[str, ...]:
    by_machine = {"kiosk": (SHARED_ANONYMOUS_ID,), "bot": (BOT_TRAFFIC,), "office": (INTERNAL_TRAFFIC,)}
    return by_machine.get(arrival.device.kind, ()) + ((CLOCK_SKEW,) if wrong_clock else ())


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


def page_context(  # what a page is made of
    path: str, title: str, touch: Touch = NO_TOUCH, click_value: str = "", referrer: str = "", site: str = SITE
) -> Json:
    """The page a call is sent from; on the page somebody lands on, the campaign too."""
    search = ""
    if touch.source:
        search = f"?utm_source={touch.source}&utm_medium={touch.medium}&utm_campaign={touch.campaign}"
        search += f"&{touch.click_id}={click_value}" if touch.click_id else ""
    page = {"url": site + path + search, "path": path, "title": title, "referrer": touch.referrer or referrer}
    context: Json = {"page": page | {"search": search} if search else page}
    if touch.source:
        context["campaign"] = {"source": touch.source, "medium": touch.medium, "name": touch.campaign}
    return context


def _crawl(visit: Visit) -> None:
    for product in visit.dice.sample(PRODUCTS, visit.dice.randrange(12, 30)):
        visit.call(
            "page", {"name": "Product", "properties": {}}, page_context(f"/p/{product.product_id}", product.name)
        )
        visit.wait(100, 900)


def _look_around(visit: Visit, arrival: Arrival) -> list[Product]:
    """Land somewhere, look at a category, at products, search; returns the products looked at."""
    dice, site = visit.dice, TEST_SITE if arrival.purpose == TEST else SITE
    category = dice.choice(CATEGORIES)
    path = f"/c/{category}"
    click_value = arrival.subscriber_id
    if arrival.touch.click_id and not click_value:
        click_value = f"{arrival.touch.click_id[:2]}.{dice.getrandbits(60):x}"
    landing = page_context(path, category.title(), arrival.touch, click_value, site=site)
    visit.call(
        "page",
        {"name": "Category", "properties": {"category": category}},
        landing,
        also=(("subscriber_id", arrival.subscriber_id),),
    )
    wanted = _events_wanted(arrival, dice)
    seen: list[Product] = []
    while len(visit.records) < wanted:
        visit.look()
        roll = dice.random()
        if roll < 0.20:
            place = page_context("/search", "Search", referrer=site + path, site=site)
            visit.call("track", {"event": "Products Searched", "properties": {"query": category}}, place)
        elif roll < 0.32:
            place = page_context("/", "Home", referrer=site + path, site=site)
            visit.call("page", {"name": "Home", "properties": {}}, place)
        else:
            seen.append(_viewed(visit, category, site))
    return seen


def _events_wanted(arrival: Arrival, dice: random.Random) -> int:
    if arrival.purpose == BROWSE and dice.random() < SHORT:
        return 1 if dice.random() < 0.6 else 2
    return max(2, round(dice.gammavariate(EVENTS_SHAPE, EVENTS_SCALE)))


def _viewed(visit: Visit, category: str, site: str) -> Product:
    product = visit.dice.choice(offered(category))
    place = page_context(f"/p/{product.product_id}", product.name, referrer=f"{site}/c/{category}", site=site)
    if visit.dice.random() < 0.6:
        visit.call("page", {"name": "Product", "properties": {"category": category}}, place)
    visit.call("track", {"event": "Product Viewed", "properties": product_properties(product)}, place)
    return product


def _shop(visit: Visit, arrival: Arrival, person: Person, day: int, order_date: str) -> list[Order]:
    seen, dice = _look_around(visit, arrival), visit.dice
    if arrival.purpose == SUBSCRIBE:
        _subscribe(visit, person, day)
    elif arrival.purpose == REGISTER or _wants_to_log_in(visit, arrival, person, day):
        _log_in(visit, person, day)
    if arrival.purpose == WITHDRAW or dice.random() < 0.06:
        tell_consent(visit)
    chance = person.buys(BUYS_KNOWN if visit.user_id else BUYS_UNKNOWN, day) if arrival.buys is None else arrival.buys
    buys = dice.random() < chance
    if arrival.device.kind == "kiosk" or not (seen or arrival.cause):
        return []
    if buys or dice.random() < FILLS_CART:
        _fill_cart(visit, seen)
    if not buys:
        return []
    order_id = f"{order_date}-{person.index:06d}-{arrival.tag}"
    return [_buy(visit, person, seen, day, order_id, arrival.cause)]


def _wants_to_log_in(visit: Visit, arrival: Arrival, person: Person, day: int) -> bool:
    chance = {"kiosk": 1.0, "tablet": LOGS_IN_ON_TABLET}.get(arrival.device.kind, LOGS_IN)
    return not visit.user_id and person.has_account(day - 1) and visit.dice.random() < chance


def tell_consent(visit: Visit) -> None:
    """The banner's call after somebody has chosen; the choice itself is in the context."""
    visit.wait(1_000, 20_000)
    visit.call("track", {"event": "Segment Consent Preference Updated", "properties": {}}, page_context("/", "Home"))


def _subscribe(visit: Visit, person: Person, day: int) -> None:
    visit.wait(5_000, 60_000)
    traits = {"email": as_typed_email(person.form_email_on(day), visit.dice), "firstName": person.first}
    place = page_context("/newsletter", "Newsletter")
    visit.call("identify", {"traits": traits}, place)
    visit.call("track", {"event": "Newsletter Subscribed", "properties": {"list_id": "newsletter"}}, place)
    tell_consent(visit)


def _log_in(visit: Visit, person: Person, day: int) -> None:
    visit.wait(5_000, 60_000)
    visit.user_id = person.user_id
    traits = {"email": person.email_on(day), "firstName": person.first, "lastName": person.last}
    if person.phone_on(day) and visit.dice.random() < 0.4:
        traits["phone"] = person.phone_on(day)
    place = page_context("/account", "Account")
    visit.call("identify", {"traits": traits}, place)
    event = "Signed Up" if person.account_day == day else "Signed In"
    visit.call("track", {"event": event, "properties": {}}, place)


def _fill_cart(visit: Visit, seen: list[Product]) -> None:
    for product in dict.fromkeys(seen[:2]):
        visit.wait(2_000, 30_000)
        properties = product_properties(product) | {"quantity": 1, "cart_id": f"c{visit.dice.getrandbits(40):x}"}
        visit.call("track", {"event": "Product Added", "properties": properties}, page_context("/cart", "Cart"))
    if visit.dice.random() < 0.5:
        value = euros(sum(product.cents for product in seen[:2]))
        checkout = {"event": "Checkout Started", "properties": {"value": value, "currency": "EUR"}}
        visit.call("track", checkout, page_context("/checkout", "Checkout"))


def _buy(  # what an order is made of
    visit: Visit, person: Person, seen: list[Product], day: int, order_id: str, cause: str
) -> Order:
    dice = visit.dice
    email = as_typed_email(person.email_on(day), dice)
    visit.wait(20_000, 200_000)
    if not visit.user_id:
        traits = {"email": email, "firstName": person.first, "lastName": person.last}
        visit.call("identify", {"traits": traits}, page_context("/checkout", "Checkout"))
    lines = basket(seen, dice)
    order = Order(order_id, "web", person, day, visit.now, visit.user_id, email, lines, coupon(dice), cause)
    if dice.random() >= UNTRACKED_ORDER:
        done = {"event": "Order Completed", "properties": order_properties(order)}
        visit.call("track", done, page_context("/checkout/thanks", "Thank you"))
    return order
