"""The back end's orders: a row whenever an order changes, so the newest row of an order holds."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from cdp_spark.simulate.company import DAY_MS, Company
from cdp_spark.simulate.orders import Order
from cdp_spark.simulate.records import DUPLICATE, MINUTE_MS, SENT_AGAIN, SHOP, Record, copy_delay

PENDING_FIRST, REFUNDED, CANCELLED = 0.10, 0.05, 0.02
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


def order_rows(company: Company, orders: list[Order]) -> list[Record]:
    """Every row that orders placed on one day will ever have; they land after each change, up to two weeks later."""
    records: list[Record] = []
    for order in orders:
        dice = company.dice("shop", order.order_id)
        paid = order.created + dice.randrange(1_000, 10 * MINUTE_MS)
        versions = [("paid", paid)]
        if dice.random() < PENDING_FIRST:
            versions.insert(0, ("pending", order.created))
        roll = dice.random()
        if roll < REFUNDED:
            versions.append(("refunded", paid + dice.randrange(3 * DAY_MS, 14 * DAY_MS)))
        elif roll < REFUNDED + CANCELLED:
            versions.append(("cancelled", paid + dice.randrange(MINUTE_MS, DAY_MS)))
        for status, updated in versions:
            arrival = updated + dice.randrange(1_000, 15 * MINUTE_MS)
            row = Record(SHOP, order.order_id, order.person.person_id, arrival, _row(order, status, updated))
            records.append(row)
            if dice.random() < SENT_AGAIN:
                records.append(row._replace(arrival=arrival + copy_delay(dice), kind=DUPLICATE))
    return records


def _row(order: Order, status: str, updated: int) -> dict[str, Any]:
    return {
        "order_id": order.order_id,
        "customer_id": order.customer_id or None,
        "email": order.email,
        "channel": order.channel,
        "status": status,
        "created_at": _instant(order.created),
        "updated_at": _instant(updated),
        "subtotal": _money(order.subtotal),
        "discount": _money(order.discount),
        "tax": _money(order.tax),
        "shipping": _money(order.shipping),
        "total": _money(order.total),
        "refunded_total": _money(order.total if status == "refunded" else 0),
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
