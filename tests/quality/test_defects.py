"""Each kind of defect, put into a clean company, is found with its source and its count; a clean company has none."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from cdp_spark.config.traits import TraitsConfig
from cdp_spark.contracts.findings import KINDS
from cdp_spark.contracts.gold import CONTACT_POINTS
from cdp_spark.runtime.tables import Tables
from cdp_spark.runtime.warehouse import Warehouse
from tests.quality.world import DAYS, FIRST, PEOPLE, Row, World, a_clean_company, a_config, ids

NOON = FIRST + timedelta(hours=3)
AT = NOON + timedelta(days=10)
Defect = Callable[[World], None]
Expected = tuple[str, str, str, int]


def _times(n: int, put: Callable[[World, int], None]) -> Defect:
    def all_of_them(world: World) -> None:
        for i in range(n):
            put(world, i)

    return all_of_them


def _event(event: str = "page", source: str = "web", **row: object) -> Callable[[World, int], None]:
    return lambda world, i: world.event(event, AT + timedelta(seconds=5 * world.count), source, **row)


def _several(column: str, values: Callable[[int], str]) -> Callable[[World, int], None]:
    def put(world: World, i: int) -> None:
        row: Row = {"email": None, column: values(i), "first_name": "Bo"}
        world.customer(f"d-{column}-{i}", **row)

    return put


def _double(world: World, i: int) -> None:
    at = AT + timedelta(hours=1, minutes=i, milliseconds=800)
    world.event("Cart Viewed", at)
    world.event("Cart Viewed", at + timedelta(milliseconds=600))


def _stopped(world: World) -> None:
    for day in range(DAYS - 3):
        for i in range(10):
            world.event("Newsletter Subscribed", NOON + timedelta(days=day, minutes=i))


def _stale(world: World) -> None:
    # The store's receipts of the last weeks never came.
    world.rows["silver.orders"] = [
        r for r in world.rows["silver.orders"] if r["source"] != "pos" or r["ordered_at"] < FIRST + timedelta(days=5)
    ]


def _drifting_records(world: World) -> None:
    world.landing += 1
    for i in range(25):
        tags: object = ["a"] if i < 5 else None
        world.record(
            "web",
            {"id": str(i), "context": {"page": {"url": "https://x"}}, "price": "1,50", "coupon": "x", "tags": tags},
        )
        world.record("crm", {"id": str(i), "age": 30})
    world.landing -= 1


def _returned(world: World, i: int) -> None:
    world.order(f"back{i}", AT, total=Decimal("-5"))
    world.order_line(f"back{i}", Decimal("-1"))


# What is put in → what has to be found: kind, source, subject, how many.
DEFECTS: list[tuple[Defect, Expected]] = [
    (_times(3, lambda w, i: w.customer(f"d{i}", email=None, warnings=["unreadable:email", "refused:email"])),
     ("malformed_email", "crm", "", 3)),
    (_times(4, lambda w, i: w.identifier("email", f"x{i}@{'sub.' if i else ''}mailinator.com")),
     ("disposable_email", "crm", "email", 4)),
    (_times(2, lambda w, i: w.identifier("email", f"info@company{i}.example")), ("role_email", "crm", "email", 2)),
    (_times(5, lambda w, i: w.customer(f"v{i}", email_verified=False)), ("never_verified_email", "crm", "", 5)),
    (_times(6, _event("Email Bounced", "mail", user_id=None, anonymous_id=None, identifiers=ids(email="a@b.example"))),
     ("bounced_email", "mail", "", 6)),
    (_times(7, lambda w, i: w.customer(f"t{i}", warnings=["unreadable:phone"])), ("impossible_phone", "crm", "", 7)),
    (_times(8, _event(warnings=["placeholder:user_id", "refused:user_id"])), ("placeholder_id", "web", "user_id", 8)),
    (_times(9, _several("email", lambda i: f"same{i // 3}@mail.example")), ("same_email_several_ids", "crm", "", 9)),
    (_times(4, _several("phone", lambda i: f"+43{i // 2}")), ("same_phone_several_ids", "crm", "", 10)),  # and those of the next
    (_times(6, lambda w, i: w.customer(f"n{i}", email=None, phone="+4399", first_name=f"Name{i}")),
     ("too_many_given_names", "crm", "phone", 1)),
    (_times(2, lambda w, i: w.identifier("anonymous_id", f"kiosk{i}", "web", "shared")),
     ("shared_anonymous_id", "web", "anonymous_id", 2)),
    (_times(3, lambda w, i: w.identifier("loyalty_id", f"card{i}", "pos", "generic")),
     ("unfit_identifier", "pos", "loyalty_id", 3)),
    (_times(11, _event(user_id=None, anonymous_id=None, identifiers=[])), ("event_without_id", "web", "", 11)),
    (_times(12, lambda w, i: w.event("page", AT + timedelta(minutes=i), user_id=f"ghost{i // 2}")), ("user_id_never_identified", "web", "", 7)),
    (_times(13, _event(user_id="a1", identifiers=ids(anonymous_id="a1"))), ("user_id_on_anonymous_pages", "web", "", 13)),
    (_times(14, _event(warnings=["clock_skew"])), ("clock_skew", "web", "", 14)),
    (_times(15, _double), ("double_firing", "web", "Cart Viewed", 15)),
    (_times(2, lambda w, i: w.refused("mail", "dup_conflict")), ("message_id_reuse", "mail", "", 2)),
    (_times(3, lambda w, i: w.order(f"c{i}", AT, currency=None)), ("purchase_without_currency", "shop", "", 3)),
    (_times(4, _event("Order Completed", properties='{"revenue": 12.5, "order_id": "o1"}')),
     ("purchase_without_currency", "web", "", 4)),
    (_times(16, _event(click_id_kind="gclid", click_id="x")), ("paid_click_without_utm", "web", "", 16)),
    (_times(17, _event(is_bot=True)), ("bots", "web", "", 17)),
    (_times(18, _event(is_internal=True)), ("internal_traffic", "web", "", 18)),
    (_times(19, _event("product_viewed")), ("event_name_variants", "web", "Product Viewed", 19)),
    (_stopped, ("volume_dropped", "web", "Newsletter Subscribed", 30)),
    (_stale, ("stale_source", "pos", "", 24)),
    (_times(5, lambda w, i: w.order(f"x{i}", AT, identifiers=[])), ("order_without_customer", "shop", "web", 5)),
    # A customer is named there, and what is wrong with the address is said.
    (_times(2, lambda w, i: w.order(f"y{i}", AT, identifiers=[], warnings=["refused:email"])),
     ("malformed_email", "shop", "", 2)),
    (_times(3, lambda w, i: w.add(CONTACT_POINTS, person_id=f"q{i}", namespace="phone", value=f"+{i}", consent={})),
     ("consent_unknown", "", "phone", 3)),
    (_times(20, _event(warnings=["implausible:event_ts"])), ("implausible_time", "web", "event_ts", 20)),
    (_drifting_records, ("new_field", "web", "coupon", 25)),
    (lambda w: None, ("vanished_field", "crm", "email", 25)),
    (lambda w: None, ("unmet_event", "", "Prodct Viewed", 1)),
    (_times(3, lambda w, i: w.record("pos", {"id": str(i), "AT": "2026-02-01"})), ("unmet_field", "pos", "at", 3)),
    (lambda w: None, ("retyped_field", "web", "price", 25)),
    (lambda w: None, ("thinned_field", "web", "tags", 20)),
    (_times(7, _event("Order Refunded", properties='{"order_id": "nobody knows"}', user_id=None)),
     ("refund_without_order", "web", "", 1)),
    (_times(2, _event("Order Refunded", properties='{"order_id": "o3"}', user_id=None)),
     ("refund_without_order", "web", "", 1)),
    (_times(3, lambda w, i: w.order(f"r{i}", AT, status="refunded", properties=f'{{"refund_of": "lost{i}"}}')),
     ("refund_without_order", "shop", "", 5)),  # and those of the next
    (_times(2, lambda w, i: w.order(f"p{i}", AT, total=Decimal("-5"), properties=f'{{"refund_of": "gone{i}"}}')),
     ("refund_without_order", "shop", "", 5)),
    (_times(2, _returned), ("negative_revenue", "shop", "", 6)),  # none of these, but those of the next
    (_times(6, lambda w, i: w.order(f"m{i}", AT, total=Decimal("-5"))), ("negative_revenue", "shop", "", 6)),
    (_times(21, _event(warnings=["plan:Product Added:missing:sku"])), ("tracking_plan_violation", "web", "Product Added", 21)),
    (_times(4, lambda w, i: w.order(f"b{i}", AT, warnings=["rule:price_in_range"])), ("rule_violation", "shop", "price_in_range", 4)),
    (_times(5, lambda w, i: w.customer(f"u{i}", warnings=["unreadable:birth_date"])), ("unreadable_value", "crm", "birth_date", 5)),
    (_times(3, lambda w, i: w.refused("web", "missing:event_ts")), ("refused_record", "web", "missing:event_ts", 3)),
    (_times(160, lambda w, i: w.event("Email Opened", AT, "mail", user_id=None, anonymous_id=None,
                                      received_ts=AT + timedelta(days=2), identifiers=ids(email=f"c{i}@mail.example"))),
     ("late_events", "mail", "", 160)),
]  # fmt: skip


def _company(spark: SparkSession, folder: Path, **quality: object) -> World:
    counted = {"kind": "count", "event": " product viewed"}
    traits = TraitsConfig.model_validate({"traits": {"views": counted, "typos": {**counted, "event": "Prodct Viewed"}}})
    config = replace(a_config(folder, **quality), traits=traits)
    world = World(spark, Tables(spark, Warehouse(f"{folder}/warehouse")), config)
    a_clean_company(world)
    return world


@pytest.fixture(scope="module")
def defective(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> World:
    world = _company(spark, tmp_path_factory.mktemp("defects"), given_names_at_most=5)
    for put, _ in DEFECTS:
        put(world)
    world.landing = 2
    world.write()
    world.run()
    return world


@pytest.fixture(scope="module")
def found(defective: World) -> dict[tuple[str, str, str], Row]:
    return {(f["kind"], f["source"], f["subject"]): f for f in defective.findings()}


def test_a_clean_company_has_no_finding(spark: SparkSession, tables: Tables) -> None:
    world = World(spark, tables, a_config(Path("x")))
    a_clean_company(world)
    world.write()
    world.run()
    assert world.findings() == []


@pytest.mark.parametrize("expected", [e for _, e in DEFECTS], ids=lambda e: f"{e[0]}-{e[1]}")
def test_a_defect_is_found_with_its_source_and_count(
    found: dict[tuple[str, str, str], Row], expected: Expected
) -> None:
    kind, source, subject, affected = expected
    assert (kind, source, subject) in found, sorted(k for k in found if k[0] == kind)
    assert found[kind, source, subject]["affected"] == affected


def test_nothing_else_is_found(found: dict[tuple[str, str, str], Row]) -> None:
    assert set(found) - {e[:3] for _, e in DEFECTS} == set()
    assert {k for k, _, _ in found} >= set(KINDS) - {"volume_unusual", "repeated_records"}


def test_an_event_that_never_came_is_told_with_the_one_that_was_meant(found: dict[tuple[str, str, str], Row]) -> None:
    sentence = found["unmet_event", "", "Prodct Viewed"]["sentence"]
    assert "there is Product Viewed; trait typos" in sentence


def test_persons_are_told_from_rows(found: dict[tuple[str, str, str], Row]) -> None:
    assert found["clock_skew", "web", ""]["persons"] == 1
    assert found["never_verified_email", "crm", ""]["persons"] == 5
    assert found["consent_unknown", "", "phone"]["persons"] == 3


def test_findings_show_nobody(found: dict[tuple[str, str, str], Row]) -> None:
    text = " ".join(str(f) for f in found.values())
    assert "…@mailinator.com" in text and "info@…" in text
    assert not [v for v in ("x1@", "company0", "mail.example", "kiosk0", "+4399", "Name1") if v in text]


def test_every_finding_says_why_and_what_to_do(found: dict[tuple[str, str, str], Row]) -> None:
    assert all(f["why"].endswith(".") and f["fix"].endswith(".") and f["penalty"] > 0 for f in found.values())
    assert found["disposable_email", "crm", "email"]["sentence"].startswith(f"4 of {PEOPLE + 6} addresses (8.7 %)")


def test_a_second_run_over_the_same_tables_changes_nothing(defective: World) -> None:
    before = defective.findings(), defective.measured()
    assert defective.run().changed == 0
    defective.since = {}
    assert defective.run().changed == 0
    assert (defective.findings(), defective.measured()) == before
