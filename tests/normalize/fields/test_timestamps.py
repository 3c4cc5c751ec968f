"""Times in every form that sources use."""

from datetime import UTC, datetime

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from cdp_spark.normalize.fields.timestamps import automatic_timestamp, timestamp

T = datetime(2026, 2, 1, 10, 30, 5, tzinfo=UTC)

AUTO = [
    ("2026-02-01T10:30:05Z", T),
    ("2026-02-01 10:30:05", T),
    ("2026-02-01T11:30:05+01:00", T),
    ("2026-02-01T11:30:05+0100", T),
    ("2026-02-01T11:30:05 +0100", T),
    ("2026-02-01T10:30:05.250Z", T.replace(microsecond=250_000)),
    ("2026-02-01T10:30:05,25Z", T.replace(microsecond=250_000)),
    ("2026-02-01T10:30:05.123456789Z", T.replace(microsecond=123_456)),
    ("2026-02-01 10:30:05 UTC", T),
    ("2026-02-01", datetime(2026, 2, 1, tzinfo=UTC)),
    (str(int(T.timestamp())), T),
    (str(int(T.timestamp()) * 1_000 + 250), T.replace(microsecond=250_000)),
    (str(int(T.timestamp()) * 1_000_000 + 7), T.replace(microsecond=7)),
    (f"{int(T.timestamp())}.5", T.replace(microsecond=500_000)),
    ("1969-12-31T23:00:00Z", datetime(1969, 12, 31, 23, tzinfo=UTC)),
    ("-86400000", None),
    ("2026", None),
    ("2026-02", None),
    ("20260201", None),
    ("10:30:05", None),
    ("T10:30", None),
    ("2026-02-31", None),
    ("2026-02-01T25:00:00Z", None),
    ("tomorrow", None),
    ("99999999999999999999", None),
    ("", None),
    (None, None),
]


def micros(spark: SparkSession, texts: list[str | None], formats: tuple[str, ...], zone: str) -> list[int | None]:
    frame = spark.createDataFrame([(t,) for t in texts], "raw STRING")
    return [r[0] for r in frame.select(F.unix_micros(timestamp(F.col("raw"), formats, zone))).collect()]


def as_micros(time: datetime | None) -> int | None:
    return None if time is None else round(time.timestamp() * 1_000_000)


def test_auto_reads_iso_and_epochs_and_nothing_else(spark: SparkSession) -> None:
    got = micros(spark, [t for t, _ in AUTO], ("auto",), "UTC")
    assert list(zip([t for t, _ in AUTO], got, strict=True)) == [(t, as_micros(want)) for t, want in AUTO]


def test_a_time_without_zone_is_taken_in_the_stated_one(spark: SparkSession) -> None:
    texts: list[str | None] = [
        "2026-02-01 11:30:05",
        "2026-07-01 11:30:05",
        "2026-02-01T10:30:05Z",
        "2026-02-01T11:30:05+01:00",
        "2026-02-01",
        str(int(T.timestamp())),
    ]
    want = [T, datetime(2026, 7, 1, 9, 30, 5, tzinfo=UTC), T, T, datetime(2026, 1, 31, 23, tzinfo=UTC), T]
    assert micros(spark, texts, ("auto",), "Europe/Vienna") == [as_micros(w) for w in want]


@pytest.mark.parametrize(
    ("text", "formats", "want"),
    [
        ("01.02.2026 11:30", ("dd.MM.yyyy HH:mm",), datetime(2026, 2, 1, 10, 30, tzinfo=UTC)),
        ("01.02.2026", ("auto", "dd.MM.yyyy"), datetime(2026, 1, 31, 23, tzinfo=UTC)),
        ("2026-02-01T10:30:05Z", ("dd.MM.yyyy", "auto"), T),
        ("1700000000", ("epoch_ms",), datetime(1970, 1, 20, 16, 13, 20, tzinfo=UTC)),
        ("1769941805000000", ("epoch_us",), T),
        ("31.02.2026", ("dd.MM.yyyy",), None),
    ],
)
def test_the_first_stated_format_that_reads_it_counts(
    spark: SparkSession, text: str, formats: tuple[str, ...], want: datetime | None
) -> None:
    assert micros(spark, [text], formats, "Europe/Vienna") == [as_micros(want)]


def test_automatic_is_what_auto_means(spark: SparkSession) -> None:
    frame = spark.range(1).select(
        automatic_timestamp(F.lit("2026-02-01"), "UTC").alias("a"),
        timestamp(F.lit("2026-02-01"), ("auto",), "UTC").alias("b"),
    )
    row = frame.collect()[0]
    assert row["a"] == row["b"] is not None
