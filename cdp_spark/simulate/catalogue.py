"""What the demo company sells, where, and with which campaigns it calls."""

from functools import cache
from typing import NamedTuple

import numpy as np

SITE, TEST_SITE = "https://shop.example.com", "https://staging.shop.example.com"


class Product(NamedTuple):
    """A product; the price is in cents."""

    product_id: str
    sku: str
    name: str
    category: str
    cents: int


class Store(NamedTuple):
    """A store: its id, country, time zone, currency."""

    store: str
    country: str
    zone: str
    currency: str


class Touch(NamedTuple):
    """How somebody came: campaign source, medium and name, the referrer, the click id's parameter."""

    source: str
    medium: str
    campaign: str
    referrer: str
    click_id: str


STORES = (
    Store("WIE01", "AT", "Europe/Vienna", "EUR"),
    Store("WIE02", "AT", "Europe/Vienna", "EUR"),
    Store("GRZ01", "AT", "Europe/Vienna", "EUR"),
    Store("BER01", "DE", "Europe/Berlin", "EUR"),
    Store("MUC01", "DE", "Europe/Berlin", "EUR"),
    Store("LON01", "GB", "Europe/London", "GBP"),
)
_RANGES = {
    "shoes": ("Trail Runner", "City Sneaker", "Hiking Boot", "Sandal", "Rain Boot"),
    "jackets": ("Rain Jacket", "Down Jacket", "Wind Breaker", "Parka", "Fleece"),
    "bags": ("Day Pack", "Tote", "Duffel", "Messenger Bag", "Hip Pack"),
    "home": ("Lamp", "Blanket", "Mug", "Tea Pot", "Cushion"),
    "sport": ("Yoga Mat", "Water Bottle", "Head Lamp", "Trekking Pole", "Sleeping Bag"),
}
_COLOURS = ("Blue", "Black", "Moss")
NO_TOUCH = Touch("", "", "", "", "")
TOUCHES = (
    (NO_TOUCH, 0.30),
    (Touch("", "", "", "https://www.google.com/", ""), 0.24),
    (Touch("google", "cpc", "brand-search", "https://www.google.com/", "gclid"), 0.10),
    (Touch("google", "cpc", "winter-jackets", "https://www.google.com/", "gclid"), 0.09),
    (Touch("facebook", "paid_social", "winter-jackets", "https://l.facebook.com/", "fbclid"), 0.08),
    (Touch("instagram", "paid_social", "spring-preview", "https://l.instagram.com/", "fbclid"), 0.06),
    (Touch("", "", "", "https://blog.example.net/best-day-packs", ""), 0.07),
    (Touch("partner", "affiliate", "affiliate-always-on", "https://deals.example.org/", ""), 0.06),
)


def _products() -> tuple[Product, ...]:
    prices = np.random.default_rng(1).integers(12, 240, size=75)
    products: list[Product] = []
    for category, kinds in _RANGES.items():
        for kind in kinds:
            for colour in _COLOURS:
                n = len(products)
                sku = f"{category[:2].upper()}-{n:03d}-{colour[:2].upper()}"
                products.append(Product(f"p{1000 + n}", sku, f"{kind} {colour}", category, int(prices[n]) * 100 - 5))
    return tuple(products)


PRODUCTS = _products()
CATEGORIES = tuple(_RANGES)


@cache
def offered(category: str) -> tuple[Product, ...]:
    """The products of a category."""
    return tuple(p for p in PRODUCTS if p.category == category)


def euros(cents: int) -> float:
    """An amount in cents as the number the tools send."""
    return cents / 100
