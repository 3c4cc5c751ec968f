"""Paths and credit: what lies in the window, which touch gets it, and that nothing is lost."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from pyspark.sql import DataFrame, Row

from cdp_spark.config.attribution import Model
from cdp_spark.contracts.gold import ATTRIBUTION
from cdp_spark.errors import ConservationError
from cdp_spark.measurement.conversions import conversions
from cdp_spark.measurement.credit import credit
from cdp_spark.measurement.paths import paths
from cdp_spark.measurement.ties import refuse_untied, totals

Rows = Callable[..., DataFrame]
T0 = datetime(2026, 1, 10, 12, 0, tzinfo=UTC)
MONTH = timedelta(days=30)
MODELS: tuple[Model, ...] = ("last_touch", "last_non_direct")


def _ago(days: float) -> datetime:
    return T0 - timedelta(days=days)


def _credited(converted: DataFrame, touches: DataFrame) -> dict[tuple[str, str], Row]:
    rows = credit(paths(converted, touches, MONTH), MODELS, "Direct").collect()
    return {(r.model, r.order_id): r for r in rows}


@pytest.fixture
def one_order(orders: Rows, people: Rows) -> DataFrame:
    """An order of person p1 at T0 of 10 euros."""
    return conversions(orders({"order_id": "o", "record_id": "r"}), people(("r", "p1")), ())


def test_the_window_is_closed_at_both_ends(one_order: DataFrame, touchpoints: Rows) -> None:
    second = timedelta(microseconds=1)
    touches = touchpoints(
        {"touchpoint_id": "too old", "occurred_at": _ago(30) - second},
        {"touchpoint_id": "first", "occurred_at": _ago(30)},
        {"touchpoint_id": "last", "occurred_at": T0},
        {"touchpoint_id": "after", "occurred_at": T0 + second},
        {"touchpoint_id": "a stranger's", "person_id": "p2"},
        {"touchpoint_id": "nobody's", "person_id": None},
    )
    made = paths(one_order, touches, MONTH).orderBy("touch_index").collect()
    assert [(r.touch_index, r.touchpoint_id, r.touches) for r in made] == [(1, "first", 2), (2, "last", 2)]


def test_last_touch_and_last_non_direct(one_order: DataFrame, touchpoints: Rows) -> None:
    touches = touchpoints(
        {"touchpoint_id": "a", "channel": "Email", "occurred_at": _ago(5)},
        {"touchpoint_id": "b", "channel": "Paid Search", "campaign": "brand", "occurred_at": _ago(4)},
        {"touchpoint_id": "c", "occurred_at": _ago(3)},
        {"touchpoint_id": "d", "occurred_at": _ago(2)},
    )
    made = _credited(one_order, touches)
    last, non_direct = made["last_touch", "o"], made["last_non_direct", "o"]
    assert (last.touchpoint_id, last.channel, last.touch_index) == ("d", "Direct", 4)
    assert (non_direct.touchpoint_id, non_direct.channel, non_direct.campaign) == ("b", "Paid Search", "brand")
    assert (non_direct.conversions, non_direct.value) == (1, Decimal(10))


def test_a_path_of_direct_visits_goes_to_its_last_by_both_models(one_order: DataFrame, touchpoints: Rows) -> None:
    touches = touchpoints(
        {"touchpoint_id": "a", "occurred_at": _ago(2)}, {"touchpoint_id": "b", "occurred_at": _ago(1)}
    )
    made = _credited(one_order, touches)
    assert {model: made[model, "o"].touchpoint_id for model in MODELS} == {"last_touch": "b", "last_non_direct": "b"}


def test_touches_at_the_same_time_have_one_order(one_order: DataFrame, touchpoints: Rows) -> None:
    rows = [{"touchpoint_id": t, "channel": t} for t in ("b", "c", "a")]
    for several in (rows, rows[::-1]):
        assert _credited(one_order, touchpoints(*several))["last_touch", "o"].channel == "c"


def test_an_order_without_touch_or_person_goes_to_none(orders: Rows, people: Rows, touchpoints: Rows) -> None:
    rows = orders({"order_id": "untouched", "record_id": "r1"}, {"order_id": "unknown", "record_id": "r2"})
    touches = touchpoints({"touchpoint_id": "a", "person_id": None}, {"touchpoint_id": "b", "person_id": "p9"})
    made = _credited(conversions(rows, people(("r1", "p1")), ()), touches)
    assert {(r.channel, r.touch_index, r.touchpoint_id, r.conversions) for r in made.values()} == {
        ("(none)", 0, None, 1)
    }
    assert len(made) == 4


def test_credit_sums_to_the_orders_for_any_paths(orders: Rows, people: Rows, touchpoints: Rows) -> None:
    seed = 5
    print(f"seed {seed}")
    dice = random.Random(seed)
    bought = [
        {"order_id": str(i), "record_id": f"r{i}", "ordered_at": _ago(dice.uniform(0, 60)),
         "revenue": dice.choice(["19.99", "-3.50", "0.01", None]), "currency": dice.choice(["EUR", "USD", None])}
        for i in range(60)
    ]  # fmt: skip
    touches = touchpoints(
        *[
            {"touchpoint_id": str(i), "person_id": f"p{dice.randrange(20)}", "occurred_at": _ago(dice.uniform(0, 90)),
             "channel": dice.choice(["Direct", "Email", "Referral"])}
            for i in range(80)
        ]
    )  # fmt: skip
    converted = conversions(orders(*bought), people(*[(f"r{i}", f"p{i % 25}") for i in range(50)]), ())
    credited = credit(paths(converted, touches, MONTH), MODELS, "Direct")
    assert credited.columns == list(ATTRIBUTION.column_names)
    assert credited.select(*ATTRIBUTION.key).distinct().count() == credited.count() == 120
    expected: dict[str, Decimal] = {}
    for order in bought:
        if order["revenue"] is not None:
            key = str(order["currency"] or "")
            expected[key] = expected.get(key, Decimal(0)) + Decimal(str(order["revenue"]))
    for model in MODELS:
        given = totals(credited.filter(credited["model"] == model))
        assert given.value == expected
        assert given.conversions == sum(1 for o in bought if o["revenue"] != "-3.50")
        refuse_untied(totals(converted), {model: given})


def test_credit_that_does_not_sum_to_the_orders_is_refused(one_order: DataFrame, touchpoints: Rows) -> None:
    credited = credit(paths(one_order, touchpoints(), MONTH), MODELS, "Direct")
    with pytest.raises(ConservationError, match="last_touch"):
        refuse_untied(totals(one_order), {"last_touch": totals(credited)})
