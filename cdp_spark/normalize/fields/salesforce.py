"""Record ids of Salesforce."""

from functools import reduce

from pyspark.sql import Column
from pyspark.sql import functions as F

_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_SHORT = r"\A[A-Za-z0-9]{15}\z"


def long_id(text: Column) -> Column:
    """The id of 18 characters for one of 15, which differs from others by case only; anything else stays as it is.

    Each of the three characters more says which of five letters are capitals, the first by the lowest bit.
    https://help.salesforce.com/s/articleView?id=000385203&type=1
    """
    bare = F.trim(text)
    suffix = [_letter(F.substring(bare, start, 5)) for start in (1, 6, 11)]
    return F.when(bare.rlike(_SHORT), F.concat(bare, *suffix)).otherwise(bare)


def _letter(five: Column) -> Column:
    bits = [F.when(F.substring(five, i + 1, 1).rlike("[A-Z]"), 2**i).otherwise(0) for i in range(5)]
    return F.substring(F.lit(_SUFFIX), reduce(lambda a, b: a + b, bits) + 1, F.lit(1))
