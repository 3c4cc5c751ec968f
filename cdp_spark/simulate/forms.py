"""Forms filled in on the web: competitions and requests, with the campaign that led there."""

from cdp_spark.simulate.catalogue import CATEGORIES
from cdp_spark.simulate.company import Company
from cdp_spark.simulate.envelope import Json, instant_text, json_line, start_time
from cdp_spark.simulate.people import Population
from cdp_spark.simulate.person import Person
from cdp_spark.simulate.records import FORMS, Record, landed
from cdp_spark.simulate.typos import as_typed_email

TIMES_AS_OFTEN_AS_VISITS = 0.06
TITLES = (("win-a-day-pack", "Win a day pack"), ("size-advice", "Which size?"), ("store-opening", "Store opening"))
HIDDEN: tuple[dict[str, str], ...] = ({"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "brand-search"},
          {"utm_source": "newsletter", "utm_medium": "email", "utm_campaign": "win-a-day-pack"}, {})  # fmt: skip


def forms_day(company: Company, people: Population, day: int) -> list[Record]:
    """The forms filled in on a day."""
    records: list[Record] = []
    rates = people.web_rate * TIMES_AS_OFTEN_AS_VISITS
    for place, _ in company.comings("forms", people.index, rates, day):
        person = people.persons[place]
        dice = company.dice("form", person.index, day)
        at = start_time(company.day_ms(day), dice)
        form, title = dice.choice(TITLES)
        fill: Json = {
            "response_id": f"f{dice.getrandbits(64):016x}",
            "form": {"id": form, "title": title},
            "submitted_at": instant_text(at)[:19] + "Z",
            "hidden": dice.choice(HIDDEN),
            "answers": _answers(person, day) | {"interest": dice.choice(CATEGORIES)},
            "newsletter": person.subscribed_on(day),
        }
        fill["answers"]["email"] = as_typed_email(fill["answers"]["email"], dice)
        arrival = at + dice.randrange(1_000, 60_000)
        shown = (
            ("email", fill["answers"]["email"].strip().lower()),
            ("phone", fill["answers"].get("phone", "")),
        )
        records += landed(FORMS, fill["response_id"], person.person_id, arrival, json_line(fill), dice, shown=shown)
    return records


def _answers(person: Person, day: int) -> Json:
    answers = {"email": person.alias or person.email_on(day), "first_name": person.first, "last_name": person.last}
    return answers | ({"phone": person.phone_on(day)} if person.phone_on(day) and person.index % 4 == 0 else {})
