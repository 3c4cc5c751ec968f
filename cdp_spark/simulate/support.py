"""The help desk's tickets: an export row whenever a ticket changes."""

from cdp_spark.simulate.company import DAY_MS, Company
from cdp_spark.simulate.devices import HOUR_MS
from cdp_spark.simulate.envelope import Json, instant_text, json_line, start_time
from cdp_spark.simulate.people import Population
from cdp_spark.simulate.person import Person
from cdp_spark.simulate.records import MINUTE_MS, SUPPORT, Record, landed
from cdp_spark.simulate.typos import national_phone

TIMES_AS_OFTEN_AS_VISITS = 0.10
SUBJECTS = ("Where is my parcel?", "Return of an order", "Wrong size", "Invoice", "Newsletter", "Loyalty points")
VIA = ("email", "email", "web", "chat", "phone")


def support_day(company: Company, people: Population, day: int) -> list[Record]:
    """The tickets opened on a day, with every later change of theirs (within six days)."""
    records: list[Record] = []
    rates = people.web_rate * TIMES_AS_OFTEN_AS_VISITS
    for place, _ in company.comings("tickets", people.index, rates, day):
        person = people.persons[place]
        dice = company.dice("ticket", person.index, day)
        opened = start_time(company.day_ms(day), dice)
        ticket = _ticket(person, day, opened, f"T{day + 1_000}{person.index:06d}")
        requester = ticket["requester"]
        shown = (
            ("email", requester["email"]),
            ("phone", requester["phone"]),
            ("user_id", ticket["external_id"] or ""),
        )
        changes = [("open", opened)]
        if dice.random() < 0.9:
            changes.append(("solved", opened + dice.randrange(HOUR_MS, 5 * DAY_MS)))
        via, subject = dice.choice(VIA), dice.choice(SUBJECTS)
        if ticket["requester"]["phone"]:
            ticket["requester"]["phone"] = national_phone(ticket["requester"]["phone"], person.country, dice)
        score = dice.choices((None, "good", "bad"), (70, 22, 8))[0]
        for status, at in changes:
            changed: Json = {
                "status": status,
                "updated_at": instant_text(at)[:19] + "Z",
                "via": via,
                "subject": subject,
            }
            changed["satisfaction"] = score if status == "solved" else None
            key, arrival = f"{ticket['id']}|{changed['updated_at']}", at + dice.randrange(MINUTE_MS, HOUR_MS)
            records += landed(SUPPORT, key, person.person_id, arrival, json_line(ticket | changed), dice, shown=shown)
    return records


def _ticket(person: Person, day: int, opened: int, ticket_id: str) -> Json:
    return {
        "id": ticket_id,
        "created_at": instant_text(opened)[:19] + "Z",
        "requester": {
            "email": person.email_on(day),
            "name": f"{person.first} {person.last}",
            "phone": person.phone_on(day) if day % 3 == 0 else "",
        },
        "external_id": person.user_id if person.has_account(day) else None,
    }
