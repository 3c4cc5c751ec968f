"""Amounts and quantities."""

from functools import reduce

from pyspark.sql import Column
from pyspark.sql import functions as F

AMOUNT = "decimal(18,4)"


def amount(text: Column) -> Column:
    """A plain decimal number, exact to four places; NULL when it is none or too large."""
    return text.try_cast(AMOUNT)


def difference(first: Column, others: list[tuple[Column, Column]]) -> Column:
    """An amount less others, each given with whether the record says it: what is not said counts as nothing.

    NULL when one that is said cannot be read, or the result is too large.
    """
    rest = [F.when(said, amount).otherwise(F.lit(0).cast(AMOUNT)) for amount, said in others]
    return reduce(F.try_subtract, rest, first).try_cast(AMOUNT)


def stated_amount(text: Column, decimal_sign: str, units: Column | None = None) -> Column:
    """A number whose decimal sign is stated, thousands signs left out; ``units`` says how many of those that it counts
    make one, where it counts minor ones.
    """
    thousands = "," if decimal_sign == "." else "."
    bare = F.translate(text, f"{thousands} '\u00a0\u202f", "")
    plain = bare if decimal_sign == "." else F.replace(bare, F.lit(","), F.lit("."))
    read = plain.try_cast("decimal(22,6)")
    return (read if units is None else read / units).try_cast(AMOUNT)
