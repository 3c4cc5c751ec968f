"""Everything that happens on one day, in all channels, to the people of one shard."""

from dataclasses import dataclass

from cdp_spark.simulate.ads import ads_day
from cdp_spark.simulate.app import app_day
from cdp_spark.simulate.company import Company
from cdp_spark.simulate.crm import SNAPSHOT_DAY, Contact, contacts, crm_days
from cdp_spark.simulate.email import email_day
from cdp_spark.simulate.forms import forms_day
from cdp_spark.simulate.people import Population, population
from cdp_spark.simulate.pos import pos_day
from cdp_spark.simulate.preferences import preferences_day
from cdp_spark.simulate.records import MALFORMED, Record
from cdp_spark.simulate.shop import order_rows
from cdp_spark.simulate.social import social_day
from cdp_spark.simulate.story import story_day
from cdp_spark.simulate.support import support_day
from cdp_spark.simulate.tampering import tampered
from cdp_spark.simulate.web import web_day

LATEST_DAYS = 16  # a refund lands up to 14 days after the purchase, and may be sent again


@dataclass(frozen=True)
class World:
    """The people of a shard and the rows the CRM will export of them, by day."""

    company: Company
    people: Population
    contacts: tuple[Contact, ...]
    crm: dict[int, list[Record]]


def world(company: Company, shard: int) -> World:
    """The world of a shard."""
    people = population(company, shard)
    people_contacts = contacts(company, people)
    return World(company, people, people_contacts, crm_days(company, people_contacts))


def snapshot_records(of: World) -> list[Record]:
    """The CRM's first full export, from before the first day."""
    return _as_landed(of.company, of.crm.get(SNAPSHOT_DAY, []), SNAPSHOT_DAY)


def day_records(of: World, day: int) -> list[Record]:
    """Every record that has its cause on a day, landing on that day or up to LATEST_DAYS later."""
    company, people = of.company, of.people
    mails, clicks = email_day(company, people, day)
    web, web_orders = web_day(company, people, day, clicks)
    app, app_orders = app_day(company, people, day)
    records = [
        *web,
        *app,
        *mails,
        *pos_day(company, people, day),
        *of.crm.get(day, []),
        *social_day(company, people, day),
        *order_rows(company, web_orders + app_orders),
        *support_day(company, people, day),
        *forms_day(company, people, day),
        *preferences_day(company, people, day),
    ]
    if people.shard == 0:  # what is the company's own, or one person's beside the others
        records += [*ads_day(company, day), *story_day(company, day)]
    return _as_landed(company, records, day)


def _as_landed(company: Company, records: list[Record], day: int) -> list[Record]:
    if company.clean:
        return [record for record in records if record.kind != MALFORMED]
    return list(tampered(company, records, day))
