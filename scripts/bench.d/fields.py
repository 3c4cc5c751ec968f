"""Normalises phones and e-mail addresses of which one in ten is distinct, in memory and without writing."""

import argparse
import os
import statistics
import time
from collections.abc import Callable

from machine import cpu_seconds, machine
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from cdp_spark.normalize.fields.email import normalized_email
from cdp_spark.normalize.fields.phone import normalized_phone
from cdp_spark.runtime.session import open_session

WANTED = 200_000
# Spellings of mobile numbers: with and without country code, with blanks, hyphens and brackets.
_SPELT = (
    "0664 %03d %04d",
    "+43 664 %03d-%04d",
    "0043664%03d%04d",
    "+1 (202) %03d-%04d",
    "+44 740%03d%04d",
    "0660/%03d%04d",
)


def contacts(spark: SparkSession, rows: int, distinct: int, chapter: int) -> DataFrame:
    """Rows of ``phone``, ``email`` and ``region``, in no order; those of each chapter are other people's."""
    person = F.pmod(F.xxhash64("id"), F.lit(distinct)) + chapter * distinct
    first, last = F.floor(person / 10_000) + 200, F.pmod(person, F.lit(10_000))
    spelt = F.element_at(
        F.array(*[F.format_string(s, first.cast("int"), last.cast("int")) for s in _SPELT]),
        (F.pmod(person, F.lit(len(_SPELT))) + 1).cast("int"),
    )
    email = F.concat(F.lit(" Person."), person, F.lit("@Example-"), F.pmod(person, F.lit(50)), F.lit(".com"))
    made = spark.range(rows, numPartitions=os.cpu_count()).select(
        spelt.alias("phone"), email.alias("email"), F.lit("AT").alias("region")
    )
    return made.localCheckpoint()


def seconds(frame: DataFrame, column: Callable[[], Column]) -> tuple[float, float, int]:
    """Wall and CPU seconds to compute a column of every row, and of how many rows it is not NULL."""
    began, cpu = time.monotonic(), cpu_seconds()
    made = frame.select(column().alias("made"))
    valid = made.agg(F.count("made")).collect()[0][0]
    return time.monotonic() - began, cpu_seconds() - cpu, valid


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3, help="after a first, cold one")
    options = parser.parse_args()
    spark = open_session("cdp:bench", "local", "3g")
    print(f"{machine()}; load {os.getloadavg()[0]:.1f} at the start")
    print(f"{options.rows:,} rows, one in ten distinct; the cold round starts the workers")
    columns = {
        "phone": lambda: normalized_phone(F.col("phone"), F.col("region")),
        "email": lambda: normalized_email(F.col("email")),
        "both": lambda: F.coalesce(normalized_phone(F.col("phone"), F.col("region")), normalized_email(F.col("email"))),
    }
    rates: dict[str, list[float]] = {name: [] for name in columns}
    for i in range(options.rounds + 1):
        for j, (name, column) in enumerate(columns.items()):
            # Other people each time, so that a worker remembers numbers of this time only.
            frame = contacts(spark, options.rows, options.rows // 10, len(columns) * i + j)
            took, cpu, valid = seconds(frame, column)
            print(
                f"{'cold' if i == 0 else 'warm'} {name}: {took:.2f} s (CPU {cpu:.2f}), {options.rows / took:,.0f} rows/s, {valid:,} valid"
            )
            if i:
                rates[name].append(options.rows / took)
    for name, several in rates.items():
        print(f"median {name}: {statistics.median(several):,.0f} rows/s (wanted {WANTED:,})")


if __name__ == "__main__":
    main()
