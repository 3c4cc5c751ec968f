"""The back end's orders: a row whenever an order changes, so the newest row of an order holds."""

import random
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import pyarrow as pa

from cdp_spark.simulate.catalogue import euros
from cdp_spark.simulate.company import DAY_MS, Company
from cdp_spark.simulate.envelope import Json, instant_text, json_line
from cdp_spark.simulate.orders import Order
from cdp_spark.simulate.records import DUPLICATE, MINUTE_MS, REFUNDS, SENT_AGAIN, SHOP, Record, copy_delay, landed

PENDING_FIRST, REFUNDED, IN_PART, CANCELLED = 0.10, 0.05, 0.03, 0.02
_MONEY, _INSTANT = pa.decimal128(12, 2), pa.timestamp("us", tz="UTC")
_LINE = pa.struct(
    [
        ("line", pa.int32()),
        ("product_id", pa.string()),
        ("sku", pa.string()),
        ("name", pa.string()),
        ("category", pa.string()),
        ("quantity", pa.int32()),
        ("unit_price", _MONEY),
        ("line_total", _MONEY),
    ]
)
SCHEMA = pa.schema(
    [
        ("order_id", pa.string()),
        ("customer_id", pa.string()),
        ("email", pa.string()),
        ("channel", pa.string()),
        ("status", pa.string()),
        ("created_at", _INSTANT),
        ("updated_at", _INSTANT),
        ("subtotal", _MONEY),
        ("discount", _MONEY),
        ("tax", _MONEY),
        ("shipping", _MONEY),
        ("total", _MONEY),
        ("refunded_total", _MONEY),
        ("currency", pa.string()),
        ("coupon", pa.string()),
        ("lines", pa.list_(_LINE)),
    ]
)


class Version(NamedTuple):
    """A state of an order, since when (ms), and how much of it has been paid back (cents)."""

    status: str
    since: int
    refunded: int = 0


def order_rows(company: Company, orders: list[Order]) -> list[Record]:
    """Every row that orders placed on one day will ever have; they land after each change, up to two weeks later."""
    records: list[Record] = []
    for order in orders:
        dice = company.dice("shop", order.order_id)
        for version in _versions(order, dice):
            arrival = version.since + dice.randrange(1_000, 15 * MINUTE_MS)
            cause = order.cause if version.status == "paid" and not version.refunded else ""
            shown = (("user_id", order.customer_id), _email_shown(order))
            body = _row(order, version)
            row = Record(SHOP, order.order_id, order.person.person_id, arrival, body, cause=cause, shown=shown)
            records.append(row)
            if dice.random() < SENT_AGAIN:
                records.append(row._replace(arrival=arrival + copy_delay(dice), kind=DUPLICATE))
            if version.refunded:
                records += _refund(order, version, dice)
    return records


def _versions(order: Order, dice: random.Random) -> list[Version]:
    paid = order.created + dice.randrange(1_000, 10 * MINUTE_MS)
    versions = [Version("paid", paid)]
    if dice.random() < PENDING_FIRST:
        versions.insert(0, Version("pending", order.created))
    roll, later = dice.random(), paid + dice.randrange(3 * DAY_MS, 14 * DAY_MS)
    if roll < REFUNDED:
        versions.append(Version("refunded", later, order.total))
    elif roll < REFUNDED + IN_PART:
        versions.append(Version("paid", later, order.lines[0].product.cents))
    elif roll < REFUNDED + IN_PART + CANCELLED:
        versions.append(Version("cancelled", paid + dice.randrange(MINUTE_MS, DAY_MS)))
    return versions


def _refund(order: Order, version: Version, dice: random.Random) -> list[Record]:
    """The refund as a record of its own: a whole one repeats what the order says, one in part only the refund tells."""
    refund: Json = {
        "refund_id": f"R-{order.order_id}",
        "order_id": order.order_id,
        "kind": "whole" if version.status == "refunded" else "part",
        "created_at": instant_text(version.since)[:19] + "Z",
        "amount": euros(version.refunded),
        "revenue": -euros(min(version.refunded, order.revenue)),
        "currency": "EUR",
        "email": order.email,
        "reason": dice.choice(("size", "damaged", "late", "changed my mind")),
    }
    arrival = version.since + dice.randrange(1_000, 15 * MINUTE_MS)
    person, shown = order.person.person_id, (_email_shown(order),)
    return landed(REFUNDS, refund["refund_id"], person, arrival, json_line(refund), dice, shown=shown)


def _email_shown(order: Order) -> tuple[str, str]:
    return "email", order.email.strip().lower()


def _row(order: Order, version: Version) -> dict[str, Any]:
    return {
        "order_id": order.order_id,
        "customer_id": order.customer_id or None,
        "email": order.email,
        "channel": order.channel,
        "status": version.status,
        "created_at": _instant(order.created),
        "updated_at": _instant(version.since),
        "subtotal": _money(order.subtotal),
        "discount": _money(order.discount),
        "tax": _money(order.tax),
        "shipping": _money(order.shipping),
        "total": _money(order.total),
        "refunded_total": _money(version.refunded),
        "currency": "EUR",
        "coupon": order.coupon or None,
        "lines": [
            {
                "line": number,
                "product_id": product.product_id,
                "sku": product.sku,
                "name": product.name,
                "category": product.category,
                "quantity": quantity,
                "unit_price": _money(product.cents),
                "line_total": _money(product.cents * quantity),
            }
            for number, (product, quantity) in enumerate(order.lines, start=1)
        ],
    }


def _money(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def _instant(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
