"""Hashes byte for byte as the platforms document them."""

import csv
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from cdp_spark.activation.hashing import hashed, normalised_for
from cdp_spark.config.destinations import Normalisation

# From the platforms' published examples.
EXAMPLES: list[tuple[Normalisation, str, str, str]] = [
    ("google", "email", "alexz@example.com", "509e933019bb285a134a9334b8bb679dff79d0ce023d529af4bd744d47b4fd8a"),
    ("google", "phone", "+18005550100", "fb4f73a6ec5fdb7077d564cdd22c3554b43ce49168550c3b12c547b78c517b30"),
    (
        "google",
        "email",
        "cloudy.sanfrancisco+shopping@gmail.com",
        "223ebda6f6889b1494551ba902d9d381daf2f642bae055888e96343d53e9f9c4",
    ),
    (
        "google",
        "email",
        "Jane.Doe+Shopping@googlemail.com",
        "338abf9ef1c8793cadc7bcf51ed595338eb727ed9e06ce3d91d566d60b975937",
    ),
    ("meta", "email", "john_smith@gmail.com", "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"),
    ("meta", "phone", "+16505551212", "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"),
    ("meta", "first_name", "Mary", "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec"),
    ("meta", "first_name", "Valéry", "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c"),
    ("meta", "first_name", "정", "8fa8cd9c440be61d0151429310034083132b35975c4bea67fdd74158eb51db14"),
    ("meta", "country", "US", "79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621"),
]


def test_published_examples(spark: SparkSession) -> None:
    for platform, field, raw, want in EXAMPLES:
        row = spark.createDataFrame([(raw,)], "raw STRING").select(
            hashed(normalised_for(platform, field, F.col("raw"))).alias("got")
        ).first()  # fmt: skip
        assert row is not None and row["got"] == want, (platform, field, raw)


@pytest.mark.parametrize(
    ("field", "raw", "want"),
    [
        ("phone", "00919876543210", "919876543210"),
        ("phone", "+44 20 7946 0958", "442079460958"),
        ("last_name", "O'Brien", "obrien"),
        ("first_name", "John Smith1", "john smith1"),
        ("first_name", "Mary-Jane", "maryjane"),
        ("postcode", "94035-1234", "94035"),
        ("city", "San Francisco", "sanfrancisco"),
    ],
)
def test_meta_normalises_as_documented(spark: SparkSession, field: str, raw: str, want: str) -> None:
    row = (
        spark.createDataFrame([(raw,)], "raw STRING")
        .select(normalised_for("meta", field, F.col("raw")).alias("got"))
        .first()
    )
    assert row is not None and row["got"] == want


def test_nothing_blank_and_no_hash_is_hashed(spark: SparkSession) -> None:
    blank = spark.createDataFrame([("",), ("  ",), (None,), ("a" * 64,)], "raw STRING")
    got = blank.select(hashed(normalised_for("google", "email", F.col("raw"))).alias("got")).collect()
    assert [r["got"] for r in got] == [None] * 4


def test_one_gmail_address_has_different_hashes(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("ana.lee@gmail.com",)], "raw STRING")
    row = frame.select(*[hashed(normalised_for(p, "email", F.col("raw"))).alias(p) for p in ("google", "meta")]).first()
    assert row is not None and row["google"] != row["meta"]


def test_the_public_google_vectors(spark: SparkSession, shared_data: Path) -> None:
    with (shared_data / "format_vectors/google_data_manager_vectors.csv").open(encoding="utf-8") as file:
        emails = [v for v in csv.DictReader(file) if v["field"] == "email"]
    assert len(emails) >= 5
    frame = spark.createDataFrame(
        [(v["raw"], v["expected_sha256_hex"] or None) for v in emails], "raw STRING, want STRING"
    )
    got = frame.withColumn("got", hashed(normalised_for("google", "email", F.col("raw"))))
    assert [r.asDict() for r in got.filter(~F.col("got").eqNullSafe(F.col("want"))).collect()] == []
