"""Resolves a million source records, then days that change one in a hundred; the same with one value on a fifth of all
persons; and components against GraphFrames' own way with default arguments, on the same links."""

import argparse
import os
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from machine import machine
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from cdp_spark.config import Config, load_config
from cdp_spark.contracts.identity import IDENTITY, LINKS, MEMBERSHIPS
from cdp_spark.contracts.silver import IDENTIFIERS
from cdp_spark.identity.changes import STEP_NAME
from cdp_spark.identity.components.driver import driver_labels
from cdp_spark.identity.components.native import native_labels
from cdp_spark.identity.step import run_identity
from cdp_spark.runtime.clock import SystemClock
from cdp_spark.runtime.progress import Progress
from cdp_spark.runtime.run import Counts, Run, Since
from cdp_spark.runtime.session import open_session
from cdp_spark.runtime.staging import staged
from cdp_spark.runtime.tables import Tables
from cdp_spark.runtime.warehouse import Warehouse

SEED = 5
RECORDS_A_PERSON = 1.35
FULL_SECONDS, INCREMENT_SHARE, TOUCHED_A_CHANGE, TIMES_FASTER, PLACEHOLDER_SHARE = 60, 0.25, 3, 3, 1.3
T0 = datetime(2026, 3, 1, tzinfo=UTC)


def evidence(
    spark: SparkSession, first: int, end: int, persons: int, landing: int, placeholder: str | None = None
) -> DataFrame:
    """silver.identifiers of source records ``first`` to ``end``: each has a key of its own, an email of its person, and
    its phone or one of its cookies; those of a fifth of the persons also the ``placeholder``, an email."""
    record = F.col("id")
    person = F.pmod(F.xxhash64("id", F.lit(SEED)), F.lit(persons))
    person = F.when(record < persons, record).otherwise(person)
    email = F.concat(F.lit("p"), person.cast("string"), F.lit("@example.com"))
    phone = F.concat(F.lit("+43660"), F.lpad(person.cast("string"), 9, "0"))
    cookie = F.concat(F.lit("c"), person.cast("string"), F.lit("-"), F.pmod("id", F.lit(3)).cast("string"))
    key = F.concat(F.lit("k"), record.cast("string"))
    values = F.array(
        _identifier("crm_contact_id", key),
        _identifier("email", email),
        F.when(F.pmod("id", F.lit(2)) == 0, _identifier("phone", phone)).otherwise(_identifier("anonymous_id", cookie)),
    )
    if placeholder is not None:
        shown = F.array(_identifier("email", F.lit(placeholder)))
        values = F.when(F.pmod(person, F.lit(5)) == 0, F.concat(values, shown)).otherwise(values)
    rows = spark.range(first, end).select(
        F.concat(F.lit("r"), record.cast("string")).alias("record_id"), F.explode(values).alias("i")
    )
    constant = {
        "source": F.lit("crm"), "stream": F.lit("contacts"), "record_kind": F.lit("customers"),
        "seen_at": F.lit(T0), "landing_id": F.lit(landing).cast("bigint"),
    }  # fmt: skip
    return rows.select("record_id", "i.namespace", "i.value").withColumns(constant)


def _identifier(namespace: str, value: Column) -> Column:
    return F.struct(F.lit(namespace).alias("namespace"), value.alias("value"))


def config_in(folder: Path) -> Config:
    """A company without sources below ``folder``."""
    (folder / "conf" / "sources").mkdir(parents=True)
    (folder / "conf" / "cdp.yml").write_text("name: bench\nwarehouse: warehouse\n")
    return load_config(folder / "conf")


def timed(spark: SparkSession, config: Config, tables: Tables, day: int, since: Since | None) -> tuple[float, Counts]:
    """Wall seconds and counts of a run of the stage."""
    name, as_of = f"day{day}", T0 + timedelta(days=day)
    known = {STEP_NAME: since} if since else {}
    run = Run(spark, config, tables, SystemClock(), Progress(name, "quiet"), name, day, as_of, {}, known)
    began = time.monotonic()
    counts = run_identity(run)
    return time.monotonic() - began, counts


def left_by(tables: Tables, day: int) -> Since:
    """What the next run has to know of this one."""
    outputs = {c.name: version for c in IDENTITY if (version := tables.version(c)) is not None}
    return Since({IDENTIFIERS.name: tables.version(IDENTIFIERS) or 0}, outputs, T0 + timedelta(days=day))


def graphframes_seconds(links: DataFrame) -> float:
    """Wall seconds of GraphFrames with default arguments, the labels computed."""
    from graphframes import GraphFrame

    with tempfile.TemporaryDirectory() as folder:
        links.sparkSession.sparkContext.setCheckpointDir(folder)
        began = time.monotonic()
        nodes = links.select(F.explode(F.array("src", "dst")).alias("id")).distinct()
        GraphFrame(nodes, links.select("src", "dst")).connectedComponents().count()
        return time.monotonic() - began


def components(links: DataFrame) -> None:
    """Prints how long the labels of the links take, by the driver and by GraphFrames."""
    links = staged(links)
    began = time.monotonic()
    driver_labels(links).count()
    driver = time.monotonic() - began
    print(f"components by the driver: {driver:.1f} s", flush=True)
    began = time.monotonic()
    native_labels(links).count()
    print(f"by DataFrames alone: {time.monotonic() - began:.1f} s", flush=True)
    theirs = graphframes_seconds(links)
    print(f"by GraphFrames with defaults: {theirs:.1f} s, {theirs / driver:.1f} times (wanted {TIMES_FASTER})")


def resolved(spark: SparkSession, folder: Path, records: int, days: int) -> tuple[Tables, list[tuple[float, Counts]]]:
    """Tables of so many source records, and what resolving all of them took, then days that change one in a hundred."""
    persons, changed = int(records / RECORDS_A_PERSON), records // 100
    config = config_in(folder)
    tables = Tables(spark, Warehouse(config.warehouse))
    tables.append(IDENTIFIERS, evidence(spark, 0, records, persons, 1))
    runs, first = [timed(spark, config, tables, 1, None)], records
    for day in range(2, days + 2):
        since = left_by(tables, day - 1)
        end = first + changed * 4 // 5
        tables.append(IDENTIFIERS, evidence(spark, first, end, persons, day))
        gone = F.col("record_id").isin(*[f"r{i}" for i in range(day, records, records // (changed // 5))])
        tables.replace(IDENTIFIERS, tables.read(IDENTIFIERS).filter(~gone))
        runs.append(timed(spark, config, tables, day, since))
        first = end
    return tables, runs


def with_a_placeholder(spark: SparkSession, folder: Path, records: int, full: float, components: int) -> None:
    """Prints what resolving all takes when a fifth of the persons show one value that nobody has listed."""
    config = config_in(folder)
    tables = Tables(spark, Warehouse(config.warehouse))
    tables.append(IDENTIFIERS, evidence(spark, 0, records, int(records / RECORDS_A_PERSON), 1, "keine@mail.example"))
    seconds, counts = timed(spark, config, tables, 1, None)
    print(
        f"one value on a fifth of all persons: {seconds:.1f} s, {seconds / full:.2f} of the clean run"
        f" (wanted {PLACEHOLDER_SHARE}); {counts.details['persons'] - components:+,} persons (wanted +0),"
        f" {counts.details['generic']:,} identifier generic",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--warm", type=int, default=20_000, help="records that the session resolves first; 0: none")
    parser.add_argument("--days", type=int, default=3, help="days that change one in a hundred")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        spark = open_session("cdp:bench", "local", "4g")
        print(
            f"{machine()}; load {os.getloadavg()[0]:.1f} at the start; {options.records:,} source records, seed {SEED}"
        )
        if options.warm:
            _, runs = resolved(spark, Path(folder) / "warm", options.warm, 1)
            print(f"{options.warm:,} records first: {' and '.join(f'{s:.1f} s' for s, _ in runs)}", flush=True)
        tables, [(full, counts), *parts] = resolved(spark, Path(folder) / "measured", options.records, options.days)
        found = tables.read(MEMBERSHIPS).agg(F.count_distinct("raw_component")).first()
        print(
            f"full: {full:.1f} s (wanted {FULL_SECONDS} for a million); {counts.details['links']:,} links,"
            f" {counts.details['nodes']:,} identifiers, {found[0] if found else 0:,} components",
            flush=True,
        )
        part, of_part = statistics.median(s for s, _ in parts), parts[0][1]
        touched = of_part.details["nodes"] / max(1, 3 * (options.records // 100))
        print(
            f"1 % changed, on {len(parts)} days: {', '.join(f'{s:.1f} s' for s, _ in parts)}; the median is {part / full:.2f}"
            f" of the full time (wanted {INCREMENT_SHARE});"
            f" {of_part.details['nodes']:,} identifiers touched, {touched:.2f} a changed row of evidence"
            f" (wanted {TOUCHED_A_CHANGE}); {of_part.changed:,} rows changed",
            flush=True,
        )
        with_a_placeholder(spark, Path(folder) / "placeholder", options.records, full, counts.details["persons"])
        components(tables.read(LINKS).select("src", "dst"))


if __name__ == "__main__":
    main()
