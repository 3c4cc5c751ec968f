"""The closed list of what ops.findings may say: each kind with its severity, why it matters and what to do.

A finding takes ``WEIGHTS[severity] × (1/4 + 3/4 × min(1, 10 × share))`` points from the 100 of its source; one without a
share takes the whole weight, and one about refused records at least their percentage of the source's. A score never falls below 0.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding asks for: to know, to look, to act."""

    INFO = "info"
    WARN = "warn"
    ERROR = "error"


ERRORS_FROM = 10
WEIGHTS = {Severity.INFO: 1.0, Severity.WARN: 6.0, Severity.ERROR: 20.0}
FORMULA = (
    "100 minus the findings' points, not below 0; a finding costs its weight (error 20, warn 6, info 1) "
    "times 1/4 + 3/4 × min(1, 10 × share), and where records are refused at least their percentage of the source's"
)


@dataclass(frozen=True)
class Kind:
    """A kind of finding. ``title`` completes "12 of 400 rows: …"; from ``error_share`` on it is an error, if it is more than
    a few.
    """

    title: str
    severity: Severity
    why: str
    fix: str
    unit: str = "rows"
    error_share: float | None = None

    def severity_at(self, share: float | None, affected: int) -> Severity:
        """The severity of a finding of that share and size: two of eleven are a large share, but no sign of anything."""
        is_large = self.error_share is not None and share is not None and share >= self.error_share
        is_error = is_large and affected >= ERRORS_FROM
        return Severity.ERROR if is_error else self.severity


_I, _W, _E = Severity.INFO, Severity.WARN, Severity.ERROR

KINDS: dict[str, Kind] = {
    "malformed_email": Kind(
        "the e-mail address cannot be one", _W,
        "Nobody is reached there, and the record is not joined with the person's others.",
        "Check addresses where they are typed in; correct the listed records in the source.",
    ),
    "disposable_email": Kind(
        "addresses of throw-away mailboxes", _W,
        "They are read for minutes; campaigns to them cost money and spoil the sender's name.",
        "Refuse the domains at sign-up, or leave these people out of campaigns.", "addresses",
    ),
    "role_email": Kind(
        "addresses of a desk, such as info@ or sales@", _I,
        "Several people read them: they name no person and often object to marketing.",
        "Ask for a personal address, and leave these out of personal campaigns.", "addresses",
    ),
    "never_verified_email": Kind(
        "e-mail addresses that nobody ever confirmed", _W,
        "Typing errors and other people's addresses among them bring complaints and bounces.",
        "Send a confirmation link at sign-up, and hold marketing back until it was followed.",
    ),
    "bounced_email": Kind(
        "messages that came back", _W,
        "Mailbox providers throttle senders who keep writing to dead addresses.",
        "Leave out addresses that bounced, and ask these people for a new one at the next visit.",
    ),
    "impossible_phone": Kind(
        "telephone numbers that no country's plan has", _W,
        "No message arrives, and the number does not help to recognise the person.",
        "Check numbers where they are typed in; set the source's country for numbers without a code.",
    ),
    "placeholder_id": Kind(
        "a word like null, undefined or anonymous stands where an id should", _W,
        "Such an id would join strangers; it is refused, so these records belong to nobody.",
        "Have the sender leave the field out while nobody is signed in.", error_share=0.5,
    ),
    "same_email_several_ids": Kind(
        "records of one source share their e-mail address", _W,
        "One customer stands there several times: counts are too high, and messages go out twice.",
        "Merge these records in the source, and look for the address before a new one is made.", "records",
    ),
    "same_phone_several_ids": Kind(
        "records of one source share their telephone number", _W,
        "One customer, or one household, stands there several times.",
        "Merge those that are one person, and look for the number before a new one is made.", "records",
    ),
    "too_many_given_names": Kind(
        "an address or number stands with too many given names", _W,
        "It is no person's own: staff type it in to get past a required field.",
        "Make the field optional, and block the value in identity.yml.", "values",
    ),
    "shared_anonymous_id": Kind(
        "browser or device ids that several people use", _I,
        "A kiosk or a family's tablet: what is done there is nobody's in particular.",
        "Reset the id on public devices after each use, and call reset at sign-out.", "ids", error_share=0.2,
    ),
    "unfit_identifier": Kind(
        "identifiers met so many others that they name nobody", _W,
        "Joining by them would make strangers one person; they are kept out of matching.",
        "Look how the values come about; block them, or mark the namespace as no identifier in identity.yml.", "values",
        error_share=0.05,
    ),
    "event_without_id": Kind(
        "events without any identifier", _W,
        "They can be counted but belong to nobody: they reach no profile, audience or attribution.",
        "Have the tracker send its anonymous id with every call, or map the field that holds it.", "events", error_share=0.2,
    ),
    "user_id_never_identified": Kind(
        "user ids that no identify call, customer or order explains", _I,
        "Nothing is known about these users but an id: no address, no name, no consent.",
        "Call identify with what is known at sign-up and sign-in, or bring in the accounts as a source.", "user ids",
        error_share=0.9,
    ),
    "user_id_on_anonymous_pages": Kind(
        "the visitor's cookie id is sent as the user id", _W,
        "Every visitor counts as a signed-in user, and nobody is recognised on a second device.",
        "Set userId after sign-in only, and leave it out before.", "page views", error_share=0.2,
    ),
    "clock_skew": Kind(
        "the sender's clock was wrong", _I,
        "Order of events, sessions and attribution depend on the time; it is repaired where the sender says when it sent.",
        "Have the sender give sentAt with every call; look at devices or servers whose clock is off.", "events",
        error_share=0.5,
    ),
    "double_firing": Kind(
        "the same event again within a second", _W,
        "Views, conversions and revenue in the ad tools count twice.",
        "Look for a tracker that is loaded twice, or a handler bound twice.", "events", error_share=0.3,
    ),
    "message_id_reuse": Kind(
        "a message id came again with other content", _W,
        "Only one of the two can be taken; the others wait in quarantine.",
        "Have the sender make a new id for each call, and keep it for repeats of the same one.", "records",
    ),
    "purchase_without_currency": Kind(
        "an amount without a currency", _W,
        "Such amounts cannot be added up: they are missing in revenue, traits and attribution.",
        "Have the sender name the currency, or set it as a constant in the mapping.", error_share=0.2,
    ),
    "paid_click_without_utm": Kind(
        "paid clicks without campaign parameters", _W,
        "The click id says who was paid, not for which campaign: its cost and return stay unknown.",
        "Switch on auto-tagging with utm_source, utm_medium and utm_campaign in the ad tool's tracking template.", "visits",
    ),
    "bots": Kind(
        "events of robots", _I,
        "They are kept, but left out of visits; the site's own counts contain them.",
        "Filter known robots in the tracker; look at the share before comparing with other tools.", "events",
    ),
    "internal_traffic": Kind(
        "events from staff, test sites or debugging", _I,
        "Own visits look like very interested customers.",
        "Leave test hosts out of tracking, and list own hosts and mail domains in quality.yml.", "events",
    ),
    "event_name_variants": Kind(
        "one event goes by several spellings", _W,
        "Traits and audiences that name one spelling miss the others.",
        "Agree on one name in the tracking plan, and map the others to it.", "events",
    ),
    "volume_dropped": Kind(
        "an event that came every day stopped", _W,
        "Tracking is broken: campaigns, triggers and reports run blind.",
        "Ask what was released on that day, and restore the call; days lost cannot be tracked again.", "events",
    ),
    "volume_unusual": Kind(
        "far more or fewer than on such a weekday", _W,
        "A change of tracking, a robot or a campaign: figures of the day mislead.",
        "Look at what changed on that day before using its figures.", "events",
    ),
    "stale_source": Kind(
        "nothing new for too long", _W,
        "Profiles and audiences rest on what was, and nobody notices.",
        "Look at the export or connector that delivers the source.", "days",
    ),
    "order_without_customer": Kind(
        "orders without any customer identifier", _W,
        "Their revenue counts for nobody: loyalty, lifetime value and attribution are too low.",
        "Ask for e-mail or loyalty card at the till, and map the order's customer fields.", "orders", error_share=0.98,
    ),
    "refund_without_order": Kind(
        "refunds of orders that never came", _W,
        "Revenue is too low, or orders are missing.",
        "Compare the order ids of both sources; bring in the missing orders.", "refunds", error_share=0.5,
    ),
    "negative_revenue": Kind(
        "a negative amount that is no refund", _W,
        "Sums of revenue are wrong by twice the amount.",
        "Have refunds marked by their status, and look how discounts are booked.", "orders", error_share=0.2,
    ),
    "consent_unknown": Kind(
        "addresses and numbers for which no consent was ever recorded", _W,
        "No record means no: these people cannot be addressed.",
        "Bring in consent from the form, the CRM or the e-mail tool as a source.", "contact points",
    ),
    "implausible_time": Kind(
        "a time in 1970 or in the future", _W,
        "The time of receipt is taken instead; the order of events may be wrong.",
        "Check the sender's clock, its unit (seconds or milliseconds) and its zone.", error_share=0.2,
    ),
    "new_field": Kind(
        "a field that did not come before", _I,
        "It is kept in bronze, but nothing reads it yet.",
        "Map it if it says something worth knowing; else nothing is to do.", "records",
    ),
    "vanished_field": Kind(
        "a field that always came is gone", _W,
        "What is read from it is empty from now on.",
        "Ask the sender what became of it, and map its new place.", "records",
    ),
    "unmet_field": Kind(
        "a mapping reads a field that no record has", _W,
        "What is made from it is empty in every row.",
        "Correct the name in the source's mapping; take it out if the field is not sent.", "records",
    ),
    "unmet_event": Kind(
        "what it counts never came in 120 days", _W,
        "The trait is empty for everybody, and nobody, or everybody, meets the part of the condition.",
        "Correct the event's name in traits.yml or the audience, or bring in the source that sends it.",
        "traits or audiences",
    ),
    "retyped_field": Kind(
        "a field holds another type than before", _W,
        "What is read from it may become empty or wrong.",
        "Ask the sender; state the format in the mapping.", "records",
    ),
    "thinned_field": Kind(
        "a field is filled far less often than before", _W,
        "Part of the senders no longer gives it.",
        "Look which release, form or country no longer fills it.", "records",
    ),
    "tracking_plan_violation": Kind(
        "events that break the tracking plan", _W,
        "Traits and audiences read properties that are not there, or not of that type.",
        "Show the plan to the team that sends the event; change whichever of the two is wrong.", "events",
    ),
    "rule_violation": Kind(
        "rows that break a rule of quality.yml", _W,
        "The company wrote the rule: its reason stands there.",
        "Correct the rows in the source, or the rule.",
    ),
    "unreadable_value": Kind(
        "a value that does not read as its type", _W,
        "The field is empty; the raw value is kept in bronze.",
        "State format, decimal sign or zone in the source's mapping, or correct the value in the source.",
    ),
    "refused_record": Kind(
        "records wait in quarantine", _W,
        "What they say reaches no profile until they are mended.",
        "`cdp quarantine list` says what to do about each reason, and `cdp quarantine show` shows the records.", "records", error_share=0.2,
    ),
    "late_events": Kind(
        "events that arrived more than a day after they happened", _I,
        "Reports of past days change afterwards, and triggers come too late.",
        "Look at offline devices and at the delay of the export.", "events",
    ),
    "repeated_records": Kind(
        "records that had been delivered before", _I,
        "They are dropped; a rising share means a sender that repeats itself.",
        "Look at the sender's retries, and at exports that overlap.", "records",
    ),
}  # fmt: skip


def penalty(severity: Severity, share: float | None, lost: float = 0.0) -> float:
    """Points that a finding takes from its source's 100; at least the share of the source's records that are lost by it."""
    part = 1.0 if share is None else min(1.0, 10 * share)
    return round(max(WEIGHTS[severity] * (0.25 + 0.75 * part), 100 * min(lost, 1.0)), 4)


def score(penalties: Iterable[float]) -> int:
    """A source's score, 0 to 100."""
    return max(0, round(100 - sum(penalties)))
