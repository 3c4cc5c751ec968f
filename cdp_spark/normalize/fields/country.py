"""Countries."""

from functools import cache

from pyspark.sql import Column
from pyspark.sql import functions as F

from cdp_spark.normalize.fields.country_names import COUNTRIES


@cache
def _codes() -> dict[str, str]:
    codes: dict[str, str] = {}
    for line in COUNTRIES.splitlines():
        alpha2, alpha3, *names = line.split("|")
        codes |= dict.fromkeys((alpha2.lower(), alpha3.lower(), *names), alpha2)
    return codes


def normalized_country(raw: Column) -> Column:
    """ISO 3166 alpha-2 code of a code or name in any case; NULL when there is no such country."""
    listed = F.lit(";".join(f"{name}={code}" for name, code in _codes().items()))
    return F.try_element_at(F.str_to_map(listed, F.lit(";"), F.lit("=")), F.lower(F.trim(raw)))
