"""The preference centre: who unsubscribes there, who comes back, who withdraws what."""

import numpy as np

from cdp_spark.simulate.company import Company, Days
from cdp_spark.simulate.envelope import Json, instant_text, json_line, start_time
from cdp_spark.simulate.people import Population
from cdp_spark.simulate.records import CONSENT, Record, landed


def preferences_day(company: Company, people: Population, day: int) -> list[Record]:
    """The changes of a day."""
    records: list[Record] = []
    changes: tuple[tuple[str, Days, str, str], ...] = (
        ("returns", people.returns_day, "marketing_email", "granted"),
        ("unsubscribes", people.unsubscribe_day, "marketing_email", "withdrawn"),
        ("withdraws", people.withdraw_day, "advertising", "withdrawn"),
    )
    for topic, planned, purpose, status in changes:
        for place in np.flatnonzero(planned == day):
            person = people.persons[place]
            dice = company.dice("preferences", topic, person.index, day)
            at = start_time(company.day_ms(day), dice)
            change: Json = {
                "id": f"pc_{dice.getrandbits(64):016x}",
                "email": person.form_email_on(day),
                "user_id": person.user_id if person.has_account(day) else None,
                "purpose": purpose,
                "status": status,
                "captured_at": instant_text(at),
                "method": "preference_center",
            }
            arrival = at + dice.randrange(1_000, 60_000)
            shown = (("email", change["email"]), ("user_id", change["user_id"] or ""))
            records += landed(CONSENT, change["id"], person.person_id, arrival, json_line(change), dice, shown=shown)
    return records
