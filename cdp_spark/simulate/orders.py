"""Baskets and orders: what web, app and the shop's back end say about the same purchase."""

import random
from dataclasses import dataclass
from typing import NamedTuple

from cdp_spark.simulate.catalogue import PRODUCTS, Product, euros
from cdp_spark.simulate.envelope import Json
from cdp_spark.simulate.person import Person

FREE_SHIPPING_CENTS = 6_000
SHIPPING_CENTS = 490
TAX_PERCENT = 20
COUPONS = ("WELCOME10", "SPRING10")


class Line(NamedTuple):
    """A product and how many of it."""

    product: Product
    quantity: int


@dataclass(frozen=True)
class Order:
    """A purchase in the web shop or the app; amounts in cents, tax on top of the discounted subtotal."""

    order_id: str
    channel: str
    person: Person
    day: int
    created: int
    customer_id: str
    email: str
    lines: tuple[Line, ...]
    coupon: str
    cause: str = ""  # the campaign without which it would not have been placed

    @property
    def subtotal(self) -> int:
        """Sum of the lines."""
        return sum(line.product.cents * line.quantity for line in self.lines)

    @property
    def discount(self) -> int:
        """A tenth of the subtotal with a coupon."""
        return self.subtotal // 10 if self.coupon else 0

    @property
    def revenue(self) -> int:
        """After discounts, before shipping and tax."""
        return self.subtotal - self.discount

    @property
    def tax(self) -> int:
        """Tax on the revenue, rounded to a cent."""
        return (self.revenue * TAX_PERCENT + 50) // 100

    @property
    def shipping(self) -> int:
        """Free from 60 on."""
        return 0 if self.revenue >= FREE_SHIPPING_CENTS else SHIPPING_CENTS

    @property
    def total(self) -> int:
        """What is paid."""
        return self.revenue + self.tax + self.shipping


def basket(viewed: list[Product], dice: random.Random) -> tuple[Line, ...]:
    """Lines from the products somebody looked at, each product once; a random product if there were none."""
    chosen = list(dict.fromkeys(viewed)) or [dice.choice(PRODUCTS)]
    size = min(len(chosen), dice.choice((1, 1, 2, 3)))
    return tuple(Line(product, dice.choice((1, 1, 1, 2))) for product in chosen[:size])


def coupon(dice: random.Random) -> str:
    """A coupon code in one order of six."""
    return dice.choice(COUPONS) if dice.random() < 1 / 6 else ""


def product_properties(product: Product) -> Json:
    """A product in the words of the e-commerce events."""
    return {
        "product_id": product.product_id,
        "sku": product.sku,
        "name": product.name,
        "category": product.category,
        "price": euros(product.cents),
        "currency": "EUR",
    }


def order_properties(order: Order) -> Json:
    """The properties of Order Completed."""
    properties: Json = {
        "order_id": order.order_id,
        "subtotal": euros(order.subtotal),
        "revenue": euros(order.revenue),
        "tax": euros(order.tax),
        "shipping": euros(order.shipping),
        "discount": euros(order.discount),
        "total": euros(order.total),
        "currency": "EUR",
        "products": [
            {
                "product_id": line.product.product_id,
                "sku": line.product.sku,
                "name": line.product.name,
                "category": line.product.category,
                "price": euros(line.product.cents),
                "quantity": line.quantity,
            }
            for line in order.lines
        ],
    }
    return properties | {"coupon": order.coupon} if order.coupon else properties
