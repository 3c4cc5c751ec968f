"""The truth beside the landing zone: who is who, whose is which identifier, and who is behind each landed record."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from cdp_spark.simulate.crm import Contact
from cdp_spark.simulate.devices import NEVER, NO_ADVERTISING_ID
from cdp_spark.simulate.email import subscriber_id
from cdp_spark.simulate.flaws import EMAIL_WITH_MANY_NAMES, MALFORMED_EMAIL
from cdp_spark.simulate.people import Population
from cdp_spark.simulate.person import Person
from cdp_spark.simulate.records import MALFORMED, RECORD, Identifiers, Record
from cdp_spark.simulate.typos import PLACEHOLDER_EMAILS

PERSONS_HEADER = (
    "person", "household", "first_name", "last_name", "birthdate", "country", "account_day", "newsletter_day",
    "unsubscribe_day", "advertising", "analytics", "withdraw_day", "email_change_day", "phone_change_day",
    "loyalty_day", "has_app",
)  # fmt: skip
IDENTIFIERS_HEADER = ("namespace", "value", "persons", "kind")
SHOWN_HEADER = ("person", "identifiers")
RECORDS_HEADER = ("source", "stream", "record_key", "person", "rows")
HOUSEHOLDS_HEADER = ("household", "person")
DEFECTS_HEADER = ("kind", "source", "stream", "record_key", "first_day", "last_day")
MEMBERS_HEADER = ("campaign", "person", "arm")
CAUSED_HEADER = ("campaign", "person", "orders", "revenue")

SUBSCRIBER = "subscriber_id"
PERSONAL, HOUSEHOLD, RECYCLED, KIOSK, BOT, PLACEHOLDER, CARRIED = (
    "personal", "household", "recycled", "kiosk", "bot", "placeholder", "carried",
)  # fmt: skip


def person_rows(persons: Iterable[Person]) -> Iterable[tuple[object, ...]]:
    """One row a person; days count from the company's first day (0), empty when it never happens."""
    for p in persons:
        yield (
            p.person_id,
            household_id(p),
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


def household_id(person: Person) -> str:
    """The name of a household in the truth."""
    return f"H{person.household:06d}" if person.household >= 0 else "H-STORY"


def identifier_rows(
    people: Population, persons: tuple[Person, ...], contacts: tuple[Contact, ...]
) -> list[tuple[str, str, str, str]]:
    """Namespace, normalised value, its persons joined by ';', kind: every identifier anybody ever has.

    `carried` ids travel in the links of mails. `recycled` numbers name their holders in the order they had them;
    `placeholder`, `kiosk` and `bot` values nobody.
    """
    households = {p.person_id: p.household for p in persons}
    rows = [
        (*key, ";".join(owners), CARRIED if key[0] == SUBSCRIBER else _kind(owners, households))
        for key, owners in _owners(persons, contacts).items()
        if owners[0] in households  # a handed-on number is told where its giver is
    ]
    shared = {c.email for c in contacts if EMAIL_WITH_MANY_NAMES in c.flaws}
    rows += [("email", email, "", PLACEHOLDER) for email in shared]
    rows += [("anonymous_id", device.anonymous_id, "", KIOSK) for device in people.kiosks]
    rows += [("anonymous_id", device.anonymous_id, "", BOT) for device in people.bots]
    rows += [("email", email, "", PLACEHOLDER) for email in PLACEHOLDER_EMAILS if "@" in email]
    rows.append(("advertising_id", NO_ADVERTISING_ID, "", PLACEHOLDER))
    return sorted(rows)


def _owners(persons: tuple[Person, ...], contacts: tuple[Contact, ...]) -> dict[tuple[str, str], list[str]]:
    """Persons by namespace and value; a handed-on number names its giver first."""
    claims = [(namespace, value, p.person_id) for p in persons for namespace, value in _identifiers(p)]
    for p in persons:
        claims += _phones(p)
    for contact in contacts:
        claims.append(("crm_contact_id", contact.contact_id, contact.person.person_id))
        unfit = contact.email in PLACEHOLDER_EMAILS or {EMAIL_WITH_MANY_NAMES, MALFORMED_EMAIL} & set(contact.flaws)
        if "@" in contact.email and not unfit:
            claims.append(("email", contact.email, contact.person.person_id))
    book: dict[tuple[str, str], list[str]] = defaultdict(list)
    for namespace, value, owner in claims:
        if value and owner not in book[namespace, value]:
            book[namespace, value].append(owner)
    return {key: owners for key, owners in book.items() if owners}


def _phones(p: Person) -> Iterable[tuple[str, str, str]]:
    """The numbers of a person; one that is handed on is claimed for giver and taker in that order."""
    if not p.partner_in_phone:
        return [("phone", p.phone, p.person_id), ("phone", p.new_phone, p.person_id)]
    gives = p.gives_phone
    handed, kept = (p.phone, p.new_phone) if gives else (p.new_phone, p.phone)
    order = (p.person_id, p.partner_in_phone) if gives else (p.partner_in_phone, p.person_id)
    return [("phone", handed, owner) for owner in order] + [("phone", kept, p.person_id)]


def _identifiers(p: Person) -> Iterable[tuple[str, str]]:
    yield from (("email", email) for email in (p.email, p.new_email, p.alias, p.typed_email, p.family_email))
    yield from (("user_id", p.user_id), ("loyalty_id", p.loyalty_id), ("user_id", f"guest-{p.person_id[1:]}"))
    yield ("social_handle", p.handle)
    yield from ((SUBSCRIBER, subscriber_id(email)) for email in (p.email, p.new_email, p.alias) if email)
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
    return HOUSEHOLD if len({households.get(owner, -2) for owner in owners}) == 1 else RECYCLED


@dataclass
class RecordTruth:
    """Of what has been written: who is behind each record key, what it shows, what is wrong, what a campaign caused."""

    rows: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    shown: set[tuple[str, Identifiers]] = field(default_factory=set)
    defects: set[tuple[str, str, str, str, str, str]] = field(default_factory=set)
    caused: dict[tuple[str, str], list[int]] = field(default_factory=dict)

    def add(self, records: Iterable[Record]) -> None:
        """Count whole rows; a broken copy has no key of its own."""
        for record in records:
            if record.kind == MALFORMED:
                continue
            source, stream, _ = record.stream
            self.rows[source, stream, record.key, record.person] += 1
            if record.person:
                self.shown.add((record.person, record.shown))
            for flaw in record.flaws:
                self.defects.add((flaw, source, stream, record.key, "", ""))
            if record.cause and record.kind == RECORD:
                sums = self.caused.setdefault((record.cause, record.person), [0, 0])
                sums[0] += 1
                sums[1] += int((record.body["subtotal"] - record.body["discount"]) * 100)

    def record_rows(self) -> Iterable[tuple[object, ...]]:
        """Source, stream, key, person, rows; in order."""
        return ((*key, self.rows[key]) for key in sorted(self.rows))

    def shown_rows(self) -> Iterable[tuple[str, str]]:
        """Person, and the identifiers that some record about that person shows, as namespace=value;…; each set once, in order."""
        texts = ((person, ";".join(f"{n}={v}" for n, v in sorted(shown) if v)) for person, shown in self.shown)
        return sorted({(person, text) for person, text in texts if text})

    def caused_rows(self) -> Iterable[tuple[object, ...]]:
        """Campaign, person, orders and revenue that would not be there without the campaign; in order."""
        return ((*key, orders, f"{cents / 100:.2f}") for key, (orders, cents) in sorted(self.caused.items()))


def _day(day: int) -> int | str:
    return day if day < NEVER else ""
