"""The truth beside the landing zone: who is who, whose is which identifier, and who is behind each landed record."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from cdp_spark.simulate.crm import Contact
from cdp_spark.simulate.devices import NEVER, NO_ADVERTISING_ID
from cdp_spark.simulate.people import Person, Population
from cdp_spark.simulate.records import MALFORMED, Record
from cdp_spark.simulate.typos import PLACEHOLDER_EMAILS

PERSONS_HEADER = (
    "person", "household", "first_name", "last_name", "birthdate", "country", "account_day", "newsletter_day",
    "unsubscribe_day", "advertising", "analytics", "withdraw_day", "email_change_day", "phone_change_day",
    "loyalty_day", "has_app",
)  # fmt: skip
IDENTIFIERS_HEADER = ("namespace", "value", "persons", "kind")
RECORDS_HEADER = ("source", "stream", "record_key", "person", "rows")

PERSONAL, HOUSEHOLD, RECYCLED, KIOSK, BOT, PLACEHOLDER = (
    "personal", "household", "recycled", "kiosk", "bot", "placeholder",
)  # fmt: skip


def person_rows(persons: Iterable[Person]) -> Iterable[tuple[object, ...]]:
    """One row a person; days count from the company's first day (0), empty when it never happens."""
    for p in persons:
        yield (
            p.person_id,
            f"H{p.household:06d}",
            p.first,
            p.last,
            p.birthdate,
            p.country,
            _day(p.account_day),
            _day(p.newsletter_day),
            _day(p.unsubscribe_day),
            p.advertising,
            p.analytics,
            _day(p.withdraw_day),
            _day(p.email_change_day),
            _day(p.phone_change_day),
            _day(p.loyalty_day),
            p.app is not None,
        )


def identifier_rows(
    people: Population, persons: tuple[Person, ...], contacts: tuple[Contact, ...]
) -> list[tuple[str, str, str, str]]:
    """Namespace, normalised value, its persons joined by ';', kind: every identifier anybody ever has.

    `recycled` numbers name their holders in the order they had them; `placeholder`, `kiosk` and `bot` values nobody.
    """
    book = _owners(persons, contacts)
    households = {p.person_id: p.household for p in persons}
    rows = [(*key, ";".join(owners), _kind(owners, households)) for key, owners in book.items()]
    rows += [("anonymous_id", device.anonymous_id, "", KIOSK) for device in people.kiosks]
    rows += [("anonymous_id", device.anonymous_id, "", BOT) for device in people.bots]
    rows += [("email", email, "", PLACEHOLDER) for email in PLACEHOLDER_EMAILS if "@" in email]
    rows.append(("advertising_id", NO_ADVERTISING_ID, "", PLACEHOLDER))
    return sorted(rows)


def _owners(persons: tuple[Person, ...], contacts: tuple[Contact, ...]) -> dict[tuple[str, str], list[str]]:
    """Persons by namespace and value; everybody's first number comes first, so a recycled one names its giver first."""
    claims = [("phone", p.phone, p) for p in persons]
    claims += [(namespace, value, p) for p in persons for namespace, value in _identifiers(p)]
    for contact in contacts:
        claims.append(("crm_contact_id", contact.contact_id, contact.person))
        if "@" in contact.email and contact.email not in PLACEHOLDER_EMAILS:
            claims.append(("email", contact.email, contact.person))
    book: dict[tuple[str, str], list[str]] = defaultdict(list)
    for namespace, value, person in claims:
        if value and person.person_id not in book[namespace, value]:
            book[namespace, value].append(person.person_id)
    return {key: owners for key, owners in book.items() if owners}


def _identifiers(p: Person) -> Iterable[tuple[str, str]]:
    yield from (("email", email) for email in (p.email, p.new_email, p.typed_email, p.family_email))
    yield from (("phone", p.new_phone), ("user_id", p.user_id), ("loyalty_id", p.loyalty_id))
    yield ("social_handle", p.handle)
    for device in p.devices:
        yield ("anonymous_id", device.anonymous_id)
        yield ("anonymous_id", device.next_anonymous_id if device.cleared_on < NEVER else "")
    if p.app:
        yield ("anonymous_id", p.app.anonymous_id)
        yield ("device_id", p.app.device_id)
        yield ("advertising_id", "" if p.app.advertising_id == NO_ADVERTISING_ID else p.app.advertising_id)


def _kind(owners: list[str], households: dict[str, int]) -> str:
    if len(owners) == 1:
        return PERSONAL
    return HOUSEHOLD if len({households[owner] for owner in owners}) == 1 else RECYCLED


@dataclass
class RecordTruth:
    """Who is behind each record key of what has been written, and how many rows of it landed whole."""

    rows: dict[tuple[str, str, str, str], int] = field(default_factory=dict)

    def add(self, records: Iterable[Record]) -> None:
        """Count whole rows; a broken copy has no key of its own."""
        for record in records:
            if record.kind != MALFORMED:
                key = (record.stream.source, record.stream.name, record.key, record.person)
                self.rows[key] = self.rows.get(key, 0) + 1

    def sorted_rows(self) -> Iterable[tuple[object, ...]]:
        """Source, stream, key, person, rows; in order."""
        for key in sorted(self.rows):
            yield (*key, self.rows[key])


def _day(day: int) -> int | str:
    return day if day < NEVER else ""
