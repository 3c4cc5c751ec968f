"""Everything that happens on one day, in all channels."""

from dataclasses import dataclass

from cdp_spark.simulate.app import app_day
from cdp_spark.simulate.company import Company
from cdp_spark.simulate.crm import SNAPSHOT_DAY, Contact, contacts, crm_days
from cdp_spark.simulate.email import email_day
from cdp_spark.simulate.people import Population, population
from cdp_spark.simulate.pos import pos_day
from cdp_spark.simulate.records import Record
from cdp_spark.simulate.shop import order_rows
from cdp_spark.simulate.social import social_day
from cdp_spark.simulate.story import story_day
from cdp_spark.simulate.web import web_day

LATEST_DAYS = 16  # a refund lands up to 14 days after the purchase, and may be sent again


@dataclass(frozen=True)
class World:
    """A company with its people and the rows its CRM will export, by day."""

    company: Company
    people: Population
    contacts: tuple[Contact, ...]
    crm: dict[int, list[Record]]


def world(company: Company) -> World:
    """The world of a company."""
    people = population(company)
    people_contacts = contacts(company, people)
    return World(company, people, people_contacts, crm_days(company, people_contacts))


def snapshot_records(of: World) -> list[Record]:
    """The CRM's first full export, from before the first day."""
    return of.crm.get(SNAPSHOT_DAY, [])


def day_records(of: World, day: int) -> list[Record]:
    """Every record that has its cause on a day, landing on that day or up to LATEST_DAYS later."""
    company, people = of.company, of.people
    mails, clicks = email_day(company, people, day)
    web, web_orders = web_day(company, people, day, clicks)
    app, app_orders = app_day(company, people, day)
    return [
        *web,
        *app,
        *mails,
        *pos_day(company, people, day),
        *of.crm.get(day, []),
        *social_day(company, people, day),
        *order_rows(company, web_orders + app_orders),
        *story_day(company, day),
    ]
