"""Published vectors of formats: the isemail tests, and a number of every kind and country of libphonenumber."""

import csv
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from cdp_spark.normalize.fields.email import normalized_email
from cdp_spark.normalize.fields.phone import e164

pytestmark = pytest.mark.real

# Addresses of those categories can be written to; the others are forms that no mailbox of a customer has, or none at all.
USABLE = {"ISEMAIL_VALID_CATEGORY", "ISEMAIL_DNSWARN"}
# What is decided otherwise than isemail says, by number, and why.
DEVIATIONS = {
    "Space and line ends around an address are left out before it is read.": (
        True, {88, 89, 99, 127, 128, 132, *range(141, 159)},
    ),
    "A domain without a dot, or that ends in a single letter, is a typing error: no mail domain is like that.": (
        False, {5, 13, 37},
    ),
}  # fmt: skip


def vectors(shared_data: Path, name: str) -> list[dict[str, str]]:
    with (shared_data / "format_vectors" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_addresses_are_decided_as_isemail_does_but_for_the_listed(spark: SparkSession, shared_data: Path) -> None:
    rows = vectors(shared_data, "isemail_tests.csv")
    # Control characters are written as their pictures.
    raw = ["".join(chr(ord(c) - 0x2400) if 0x2400 <= ord(c) < 0x2421 else c for c in r["address"]) for r in rows]
    frame = spark.createDataFrame(list(enumerate(raw)), "i INT, raw STRING")
    taken = {r["i"] for r in frame.filter(normalized_email(F.col("raw")).isNotNull()).collect()}
    different = {int(r["id"]): (i in taken) for i, r in enumerate(rows) if (i in taken) != (r["category"] in USABLE)}
    assert different == {number: taken for taken, numbers in DEVIATIONS.values() for number in numbers}


def test_every_number_takes_its_form_or_none_however_it_is_written(shared_data: Path) -> None:
    rows = vectors(shared_data, "phone_truth.csv")
    forms = ("national", "international", "rfc3966", "e164")
    got = [[e164(r[form], r["region"]) for form in forms] for r in rows]
    assert got == [[r["e164"] if r["is_valid"] == "True" else None] * len(forms) for r in rows]
    assert len(rows) == 918
