"""Audiences over 1M synthetic events: 50 of them against 1. Arguments: events, persons (1000000, 50000)."""

import os
import random
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from machine import machine
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from cdp_spark.audiences.counters import event_counts
from cdp_spark.audiences.definitions import definitions, event_leaves
from cdp_spark.audiences.evaluation import evaluated
from cdp_spark.config.audiences import AudienceConfig
from cdp_spark.config.traits import TraitConfig
from cdp_spark.runtime.conditions.windows import Moment
from cdp_spark.runtime.session import open_session

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
NAMES = ["Product Viewed", "Product Added", "Order Completed", "Email Link Clicked", "Application Opened"]
CATEGORIES = ["shoes", "bags", "hats", "coats"]
TRAITS = {
    "revenue": TraitConfig(kind="sum", event="Order Completed", property="revenue"),
    "top_category": TraitConfig(kind="most_frequent", event="Product Viewed", property="category"),
    "last_order_at": TraitConfig(kind="last_at", event="Order Completed"),
}
SEED = 7


def main() -> None:
    """The same events for one audience and for fifty; the middle of three runs counts."""
    events, persons = (int(a) for a in sys.argv[1:3]) if len(sys.argv) > 2 else (1_000_000, 50_000)
    print(machine())
    print(f"{events:,} events, {persons:,} persons, seed {SEED}")
    with tempfile.TemporaryDirectory() as folder:
        spark = open_session("bench:audiences", "local")
        tables = written(spark, Path(folder), events, persons)
        all_audiences = audiences(50)
        one = dict(list(all_audiences.items())[:1])
        measured(tables, all_audiences)  # warms the JVM
        few, many = ([measured(tables, which) for _ in range(3)] for which in (one, all_audiences))
        (wall_1, cpu_1, _), (wall_50, cpu_50, members) = sorted(few)[1], sorted(many)[1]
        leaves = {label for d in definitions(all_audiences, TRAITS) for label in d.labels()}
        print(f" 1 audience : {wall_1:5.1f} s wall, {cpu_1:5.1f} s CPU")
        print(
            f"50 audiences: {wall_50:5.1f} s wall, {cpu_50:5.1f} s CPU; {len(leaves)} distinct leaves, {members:,} memberships"
        )
        print(f"ratio: {wall_50 / wall_1:.2f} wall, {cpu_50 / cpu_1:.2f} CPU (figure to reach: 3)")
        spark.stop()


def audiences(n: int) -> dict[str, AudienceConfig]:
    """Audiences of three to five leaves, alike in form and different in their numbers; every fifth refers to another."""
    dice, made = random.Random(SEED), {}
    for i in range(n):
        name, days = f"a{i}", f"{dice.choice([7, 14, 30, 60, 90])}d"
        parts: list[dict[str, Any]] = [
            {"event": dice.choice(NAMES), "count": {"gte": dice.randrange(1, 6)}, "window": {"last": days}},
            {
                "event": "Product Viewed",
                "window": {"last": f"{dice.randrange(1, 90)}d"},
                "where": [
                    {"property": "price", "gte": dice.randrange(100)},
                    {"property": "category", "eq": dice.choice(CATEGORIES)},
                ],
            },
            {
                "any": [
                    {"trait": "revenue", "gte": dice.randrange(500)},
                    {"trait": "top_category", "eq": dice.choice(CATEGORIES)},
                ]
            },
            {"not": {"trait": "last_order_at", "within_last": f"{dice.randrange(1, 30)}d"}},
        ]
        if i % 5 == 4:
            parts.append({"not": {"audience": f"a{i - 4}"}})
        made[name] = AudienceConfig.model_validate({"audience": name, "where": {"all": parts}})
    return made


def written(spark: SparkSession, folder: Path, events: int, persons: int) -> dict[str, DataFrame]:
    """The inputs as Parquet files."""
    numbers = spark.range(events)
    pick = [
        F.pmod(F.hash("id", F.lit(i)), F.lit(m))
        for i, m in enumerate([persons, len(NAMES), len(CATEGORIES), 200, 90 * 86_400])
    ]
    price, category = pick[3].cast("string"), F.element_at(F.array(*map(F.lit, CATEGORIES)), pick[2] + 1)
    record = F.format_string("r%d", "id")
    made = {
        "events": numbers.select(
            record.alias("record_id"),
            record.alias("message_id"),
            F.element_at(F.array(*map(F.lit, NAMES)), pick[1] + 1).alias("event"),
            (F.lit(AS_OF) - F.make_dt_interval(secs=pick[4])).alias("event_ts"),
            F.to_json(F.struct(price.alias("price"), category.alias("category"), F.lit("x" * 60).alias("page"))).alias(
                "properties"
            ),
        ),
        "people": numbers.select(record.alias("record_id"), F.format_string("p%d", pick[0]).alias("person_id")),
        "profiles": spark.range(persons).select(
            F.format_string("p%d", "id").alias("person_id"), (F.col("id") % 4 == 0).alias("is_anonymous")
        ),
        "traits": spark.range(persons).select(
            F.format_string("p%d", "id").alias("person_id"),
            F.pmod(F.hash("id"), F.lit(1000)).cast("DECIMAL(18,4)").alias("revenue"),
            F.element_at(F.array(*map(F.lit, CATEGORIES)), (F.col("id") % 4 + 1).cast("int")).alias("top_category"),
            (F.lit(AS_OF) - F.make_dt_interval(days=(F.col("id") % 60).cast("int"))).alias("last_order_at"),
        ),
    }
    for name, frame in made.items():
        frame.write.parquet(str(folder / name))
    return {name: spark.read.parquet(str(folder / name)) for name in made}


def measured(tables: dict[str, DataFrame], which: dict[str, AudienceConfig]) -> tuple[float, float, int]:
    """Wall seconds, CPU seconds of the JVM and memberships of one evaluation."""
    began, cpu = time.monotonic(), cpu_seconds()
    defined, moment = definitions(which, TRAITS), Moment(AS_OF)
    counts = event_counts(tables["events"], tables["people"], event_leaves(defined), moment)
    people = evaluated(tables["profiles"], tables["traits"], counts, defined, TRAITS, moment)
    row = people.agg(F.sum(F.size("audiences")), F.sum(F.size("held"))).first()
    return time.monotonic() - began, cpu_seconds() - cpu, int(row[0]) if row else 0


def cpu_seconds() -> float:
    """CPU seconds that processes below this one have used."""
    total, ours = 0, {str(os.getpid()): True}
    for stat in sorted(Path("/proc").glob("[0-9]*/stat"), key=lambda p: int(p.parent.name)):
        try:
            head, _, rest = stat.read_text().rpartition(")")
        except OSError:
            continue
        fields = rest.split()
        if fields[1] in ours:
            ours[head.split()[0]] = True
            total += int(fields[11]) + int(fields[12])
    return total / 100


if __name__ == "__main__":
    main()
