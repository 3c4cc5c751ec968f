"""Anna's story, in the last full week before the company's anchor, with identifiers a reader can follow.

Tuesday: an advertisement brings a browser with the cookie `story-cookie-anna`. Thursday: the same browser subscribes to
the newsletter with an e-mail address. Saturday: a till scans a loyalty card, which the CRM links to that address.
"""

from cdp_spark.simulate.arrivals import BROWSE, Arrival
from cdp_spark.simulate.catalogue import PRODUCTS, STORES, Touch
from cdp_spark.simulate.company import Company
from cdp_spark.simulate.crm import Contact, contact_rows
from cdp_spark.simulate.devices import HOUR_MS, IPHONE, NEVER, Device
from cdp_spark.simulate.envelope import Visit
from cdp_spark.simulate.orders import product_properties
from cdp_spark.simulate.person import Person
from cdp_spark.simulate.pos import Item, Shown, Till, receipt
from cdp_spark.simulate.records import RECORD, Record
from cdp_spark.simulate.web import opened_visit, page_context, tell_consent

PERSON_ID = "P-STORY"
COOKIE = "story-cookie-anna"
EMAIL = "anna.story@example.com"
LOYALTY_ID = "LOY-STORY-0001"
CONTACT_ID = "C-STORY-0001"
RECEIPT_NUMBER = 9001
SATURDAY, STORY_INDEX = 5, -1
_PRODUCT = PRODUCTS[15]
_ADVERTISEMENT = Touch("facebook", "paid_social", "winter-jackets", "https://l.facebook.com/", "fbclid")
_BROWSER = Device(
    anonymous_id=COOKIE,
    next_anonymous_id=COOKIE,
    cleared_on=NEVER,
    kind="phone",
    user_agent=IPHONE,
    ip="2001:db8:ffff::1",
    skew_ms=0,
    stays_logged_in=False,
)


def story_saturday(company: Company) -> int:
    """The last day before the anchor that is a Saturday."""
    return max(
        day for day in range(company.anchor_day - 7, company.anchor_day) if company.date(day).weekday() == SATURDAY
    )


def story_person(company: Company) -> Person:
    """Anna: no account, no app; newsletter since Thursday, card since Saturday."""
    saturday = story_saturday(company)
    return Person(
        index=STORY_INDEX,
        person_id=PERSON_ID,
        household=STORY_INDEX,
        first="Anna",
        last="Story",
        birthdate="1990-05-17",
        country="AT",
        street="Erzählgasse 1",
        postcode="1070",
        city="Wien",
        email=EMAIL,
        devices=(_BROWSER,),
        newsletter_day=saturday - 2,
        loyalty_id=LOYALTY_ID,
        loyalty_day=saturday,
    )


def story_contact(company: Company) -> Contact:
    """Anna's contact in the CRM, made when she gets her card."""
    return Contact(CONTACT_ID, story_person(company), "Anna", "Story", EMAIL, "", (story_saturday(company),))


def story_day(company: Company, day: int) -> list[Record]:
    """What Anna does on a day, each record once."""
    match day - story_saturday(company):
        case -4:
            records = _tuesday(company, day)
        case -2:
            records = _thursday(company, day)
        case 0:
            records = _saturday(company, day)
        case _:
            records = []
    return [record for record in records if record.kind == RECORD]


def _tuesday(company: Company, day: int) -> list[Record]:
    visit = _visit(company, day, 18, _ADVERTISEMENT)
    landing = page_context("/c/jackets", "Jackets", _ADVERTISEMENT, "fb.story")
    visit.call("page", {"name": "Category", "properties": {"category": "jackets"}}, landing)
    visit.wait(20_000, 40_000)
    place = page_context(f"/p/{_PRODUCT.product_id}", _PRODUCT.name)
    visit.call("track", {"event": "Product Viewed", "properties": product_properties(_PRODUCT)}, place)
    return visit.records


def _thursday(company: Company, day: int) -> list[Record]:
    visit = _visit(company, day, 19, Touch("", "", "", "https://www.google.com/", ""))
    place = page_context("/newsletter", "Newsletter")
    visit.call("page", {"name": "Newsletter", "properties": {}}, place)
    visit.wait(10_000, 20_000)
    visit.call("identify", {"traits": {"email": EMAIL, "firstName": "Anna"}}, place)
    visit.call("track", {"event": "Newsletter Subscribed", "properties": {"list_id": "newsletter"}}, place)
    tell_consent(visit)
    return visit.records


def _visit(company: Company, day: int, hour: int, touch: Touch) -> Visit:
    dice, start = company.dice("story", day), company.day_ms(day) + hour * HOUR_MS
    return opened_visit(company, Arrival(story_person(company), _BROWSER, start, touch, BROWSE, dice, "s"), day)


def _saturday(company: Company, day: int) -> list[Record]:
    till = Till(STORES[0], 1, RECEIPT_NUMBER, company.day_ms(day) + 10 * HOUR_MS)
    items = [Item(_PRODUCT, 1), Item(PRODUCTS[60], 1)]
    arrival = company.day_ms(day) + 21 * HOUR_MS
    bought = receipt(till, items, Shown(loyalty_id=LOYALTY_ID), PERSON_ID, arrival, company.dice("story", day))
    return contact_rows(company, story_contact(company), day) + bought
