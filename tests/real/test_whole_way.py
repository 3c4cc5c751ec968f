"""Every public data set runs the whole way; what is published or counted by hand about them comes out."""

from collections import Counter
from decimal import Decimal

from pyspark.sql import functions as F

from cdp_spark.config.reads import FileRead
from cdp_spark.contracts.gold import ATTRIBUTION, AUDIENCE_MEMBERS, SESSIONS
from cdp_spark.contracts.identity import MEMBERSHIPS, NODES
from cdp_spark.contracts.ops import ACKNOWLEDGED
from cdp_spark.contracts.silver import CUSTOMERS, EVENTS, ORDER_LINES, ORDERS, QUARANTINE
from tests.real.world import World


def test_every_record_is_taken_and_none_refused(world: World) -> None:
    read = [stream.read for source in world.config.sources.values() for stream in source.streams.values()]
    expected = sum(
        len(world.csv(str(path.relative_to(world.data))))
        for r in read
        if isinstance(r, FileRead)
        for path in (world.data / r.path).glob(r.pattern)
    )
    steps = {r.step: r.counts for r in world.first.records}
    assert steps["ingest"].kept == expected == 246_401
    # Repeats: 30 rows of the click stream, and of Snowplow's four message ids that came twice.
    assert steps["normalize"].duplicate == 34
    assert steps["normalize"].quarantined == 0
    assert world.tables.version(QUARANTINE) is None


def test_the_second_run_changes_no_row(world: World) -> None:
    assert {r.step: r.counts.changed for r in world.second.records if r.counts.changed} == {}


def test_nobody_is_advertised_to_who_was_not_asked(world: World) -> None:
    [activation] = [r.counts for r in world.first.records if r.step == "activation"]
    assert (activation.rows_in, activation.suppressed) == (328, 328)
    assert world.tables.read(ACKNOWLEDGED).isEmpty()


def test_last_touch_of_snowplows_attribution_sample(world: World) -> None:
    credit = world.frame(ATTRIBUTION, "snowplow_shop").filter("model = 'last_touch'")
    by_channel = credit.groupBy("channel").agg(F.sum("conversions").alias("n"), F.sum("value").alias("value")).collect()
    published = {
        r["CHANNEL"]: (Decimal(r["CONVERSIONS"]), round(Decimal(r["REVENUE"]), 4))
        for r in world.csv("attribution_snowplow/expected/snowplow_fractribution_channel_attribution_expected.csv")
        if r["ATTRIBUTION_TYPE"] == "last_touch" and Decimal(r["CONVERSIONS"])
    }
    assert {r["channel"]: (r["n"], r["value"]) for r in by_channel} == published
    assert {c: (int(n), float(v)) for c, (n, v) in published.items()} == {
        "Direct": (4, 234.42),
        "Organic_Search": (1, 66.5),
        "Video": (1, 200.0),
    }


def test_the_click_stream(world: World) -> None:
    assert world.frame(EVENTS, "clickstream").count() == 31_076
    assert world.frame(SESSIONS, "clickstream").count() == 3_605
    assert _members(world, "clickstream_buyers") == 328


def test_the_cafes(world: World) -> None:
    orders, lines = world.frame(ORDERS, "jaffle"), world.frame(ORDER_LINES, "jaffle")
    total = orders.agg(F.count("order_id").alias("orders"), F.sum("total").alias("total")).first()
    assert total is not None
    assert (total["orders"], total["total"]) == (73_940, Decimal("780003.50"))
    assert lines.count() == 106_319
    assert orders.join(lines, on="order_id", how="left_anti").count() == 481
    assert world.frame(CUSTOMERS, "jaffle").count() == 938
    assert world.frame(EVENTS, "jaffle").filter("event = 'Tweet'").count() == 21_689
    regulars = Counter(r["customer"] for r in world.csv("orders_jaffle_pos/raw_orders.csv.gz"))
    assert _members(world, "jaffle_regulars") == sum(n >= 100 for n in regulars.values()) > 0


def test_the_shop_and_the_mail_tool(world: World) -> None:
    published = world.csv("source_fixtures_fivetran/shopify_order_data.csv")
    assert {(o["order_id"], o["currency"], o["total"]) for o in world.rows(ORDERS, "shopify")} == {
        (r["id"], r["currency"], Decimal(r["total_price"])) for r in published
    }
    # The texts are masked with MD5, and that of nothing names nobody.
    nothing = "d41d8cd98f00b204e9800998ecf8427e"
    assert world.tables.read(NODES).filter(F.col("value") == nothing).isEmpty()
    named = {i["namespace"] for c in world.rows(CUSTOMERS, "klaviyo") for i in c["identifiers"]}
    assert named == {"klaviyo_person", "email", "phone"}


def test_people_with_one_key_are_one_person(world: World) -> None:
    nodes = world.tables.read(NODES).filter("namespace = 'soc_sec_id'").select("node_id", "value")
    current = world.tables.read(MEMBERSHIPS).filter("is_current").select("node_id", "person_id")
    persons = [(r["value"], r["person_id"]) for r in nodes.join(current, on="node_id").collect()]  # some 6,000
    # Counted by hand: each number of a set is one person, and nobody has two.
    numbers = {f"1-{r['soc_sec_id']}" for r in world.csv("identity_truth/febrl_dataset1.csv")} | {
        f"4-{r['soc_sec_id']}" for n in "ab" for r in world.csv(f"identity_truth/febrl_dataset4{n}.csv")
    }
    assert {number for number, _ in persons} == numbers
    assert len(persons) == len({person for _, person in persons}) == len(numbers)


def _members(world: World, audience: str) -> int:
    return world.tables.read(AUDIENCE_MEMBERS).filter(F.col("audience") == audience).count()
