"""What goes wrong on the way: records of a day altered, doubled or lost, each by a rule with a name.

Which record a rule takes depends on the seed, the rule and the record's key alone, so rules do not disturb each other's
choices, and without them the records are what they would have been. Periods are counted in days before the anchor.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from cdp_spark.simulate import flaws
from cdp_spark.simulate.company import Company
from cdp_spark.simulate.envelope import Json, json_line
from cdp_spark.simulate.records import APP, EMAIL, REFUNDS, SHOP, SOCIAL, WEB, Identifiers, Record, Stream

ALWAYS = (10**6, -(10**6))


class Rule(NamedTuple):
    """A flaw, the stream and share of its records it takes, in which days, which ones, and what becomes of them.

    `marks` must be in a line's text, `lacks` must not. `change` alters the parsed record; where `doubles`, beside the one that was there.
    """

    flaw: str
    stream: Stream
    share: float
    change: Callable[[Any, str], None]
    marks: str = ""
    lacks: str = ""
    days_before: tuple[int, int] = ALWAYS  # first, last; the day that begins at the anchor is 0
    doubles: bool = False
    by_person: bool = False

    def holds_on(self, company: Company, day: int) -> bool:
        """Whether the rule's period holds a day."""
        first, last = self.days_before
        return company.anchor_day - first <= day <= company.anchor_day - last


class Gap(NamedTuple):
    """A stream from which nothing arrives in a period."""

    flaw: str
    stream: Stream
    days_before: tuple[int, int]


def tampered(company: Company, records: list[Record], day: int) -> Iterator[Record]:
    """The records of a day as they land in a company that is not clean; the story is left alone."""
    rules = [rule for rule in RULES if rule.holds_on(company, day)]
    gaps = [(gap.stream, *_bounds(company, gap)) for gap in GAPS]
    by_stream = {stream: [rule for rule in rules if rule.stream is stream] for stream in {r.stream for r in rules}}
    for record in records:
        if any(record.stream is stream and begin <= record.arrival < end for stream, begin, end in gaps):
            continue
        if record.kind == "malformed" or record.person == "P-STORY":
            yield record
            continue
        yield from _altered(company, record, by_stream.get(record.stream, ()))


def period_rows(company: Company) -> Iterator[tuple[str, str, str, str, str, str]]:
    """Flaw, source, stream, no record, first and last day of everything that has a period; without end: no last day."""
    things: list[Rule | Gap] = [*GAPS, *(rule for rule in RULES if rule.days_before != ALWAYS)]
    for thing in things:
        first, last = (company.anchor_day - before for before in thing.days_before)
        end = "" if thing.days_before[1] == ALWAYS[1] else str(company.date(last))
        yield thing.flaw, thing.stream.source, thing.stream.name, "", str(company.date(first)), end


def _altered(company: Company, record: Record, rules: "list[Rule] | tuple[()]") -> Iterator[Record]:
    for rule in rules:
        text = record.body if isinstance(record.body, str) else ""
        chosen_by = record.person if rule.by_person else record.key
        if (
            rule.marks not in text
            or (rule.lacks and rule.lacks in text)
            or company.uniform(rule.flaw, chosen_by) >= rule.share
        ):
            continue
        parsed = json.loads(text) if text else dict(record.body)
        rule.change(parsed, chosen_by)
        body = json_line(parsed) if text else parsed
        shown = _still_shown(record, parsed)
        flawed = record._replace(body=body, flaws=(*record.flaws, rule.flaw), shown=shown)
        if rule.doubles:
            yield flawed._replace(key=parsed["messageId"])
        else:
            record = flawed
    yield record


def _still_shown(record: Record, parsed: dict[str, Any]) -> Identifiers:
    """The identifiers of a record whose body has been changed."""
    now = {}
    if record.stream is WEB:
        now = {"anonymous_id": parsed.get("anonymousId", ""), "user_id": parsed.get("userId", "")}
    elif record.stream is SHOP and not parsed["email"]:
        now = {"email": "", "user_id": ""}
    return tuple((namespace, now.get(namespace, value)) for namespace, value in record.shown)


def _bounds(company: Company, gap: Gap) -> tuple[int, int]:
    first, last = gap.days_before
    return company.day_ms(company.anchor_day - first), company.day_ms(company.anchor_day - last + 1)


def _without_currency(call: Json, _: str) -> None:
    call["properties"].pop("currency", None)


def _without_utm(call: Json, _: str) -> None:
    call["context"].pop("campaign", None)
    page = call["context"]["page"]
    kept = "&".join(part for part in page["search"][1:].split("&") if not part.startswith("utm_"))
    page["url"], page["search"] = page["url"].replace(page["search"], f"?{kept}"), f"?{kept}"


def _with_another_id(call: Json, key: str) -> None:
    call["messageId"] = f"{key[:-4]}dfdf"


def _with_other_content(call: Json, _: str) -> None:
    call["event"], call["properties"] = "Wishlist Opened", {}


def _with_new_field(call: Json, key: str) -> None:
    call["properties"]["experiment"] = f"checkout-{key[0]}"


def _without_ids(call: Json, _: str) -> None:
    call.pop("anonymousId", None)
    call.pop("userId", None)


def _with_guest_id(call: Json, person: str) -> None:
    call["userId"] = f"guest-{person[1:]}"


def _with_placeholder(call: Json, _: str) -> None:
    call["userId"] = "undefined"


def _at_no_time(call: Json, key: str) -> None:
    for name in ("timestamp", "originalTimestamp", "sentAt"):
        call[name] = "1970-01-01T00:00:00.000Z" if key[0] < "8" else "2099-12-31T23:59:59.000Z"


def _with_text_for_price(call: Json, _: str) -> None:
    call["properties"]["price"] = f"{call['properties']['price']} EUR"


def _in_other_case(call: Json, _: str) -> None:
    call["event"] = call["event"].lower()


def _without_campaign_id(event: Json, _: str) -> None:
    event.pop("campaign_id", None)


def _without_customer(order: dict[str, Any], _: str) -> None:
    order["customer_id"] = order["email"] = None


def _below_nothing(order: dict[str, Any], _: str) -> None:
    order["subtotal"], order["total"] = -abs(order["subtotal"]), -abs(order["total"])


def _of_no_order(refund: Json, key: str) -> None:
    refund["order_id"] = f"LOST-{key[-6:]}"


_COMPLETED, _VIEWED = '"Order Completed"', '"event":"Product Viewed"'
_PAGE, _TRACK, _USER = '"type":"page"', '"type":"track"', '"userId"'
RULES = (
    Rule(flaws.PURCHASE_WITHOUT_CURRENCY, WEB, 1.0, _without_currency, _COMPLETED, days_before=(12, 9)),
    Rule(flaws.MISSING_UTM, WEB, 1.0, _without_utm, "utm_campaign=winter-jackets", days_before=(12, 6)),
    Rule(flaws.DOUBLE_FIRING, WEB, 0.5, _with_another_id, _VIEWED, days_before=(12, 10), doubles=True),
    Rule(flaws.MESSAGE_ID_REUSE, WEB, 0.001, _with_other_content, _VIEWED, doubles=True),
    Rule(flaws.NEW_FIELD, WEB, 1.0, _with_new_field, _VIEWED, days_before=(3, ALWAYS[1])),
    Rule(flaws.EVENT_WITHOUT_ID, WEB, 0.004, _without_ids, _PAGE),
    Rule(flaws.USER_ID_NEVER_IDENTIFIED, WEB, 0.01, _with_guest_id, _PAGE, _USER, by_person=True),
    Rule(flaws.PLACEHOLDER_ID, WEB, 0.004, _with_placeholder, _TRACK, _USER),
    Rule(flaws.IMPOSSIBLE_TIMESTAMP, WEB, 0.003, _at_no_time, _VIEWED),
    Rule(flaws.RETYPED_FIELD, APP, 1.0, _with_text_for_price, _VIEWED, days_before=(5, 1)),
    Rule(flaws.EVENT_NAME_CASING, APP, 0.5, _in_other_case, _VIEWED, days_before=(7, 3)),
    Rule(flaws.VANISHED_FIELD, EMAIL, 1.0, _without_campaign_id, '"campaign_id"', days_before=(8, 1)),
    Rule(flaws.ORDER_WITHOUT_CUSTOMER, SHOP, 0.02, _without_customer),
    Rule(flaws.NEGATIVE_REVENUE, SHOP, 0.02, _below_nothing),
    Rule(flaws.REFUND_WITHOUT_ORDER, REFUNDS, 0.25, _of_no_order),
)
GAPS = (Gap(flaws.VOLUME_TO_ZERO, APP, (9, 9)), Gap(flaws.STALE_SOURCE, SOCIAL, (6, ALWAYS[1])))
