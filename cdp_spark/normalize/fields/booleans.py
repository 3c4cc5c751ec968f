"""Yes and no."""

from pyspark.sql import Column
from pyspark.sql import functions as F

YES = ("true", "1", "yes", "y", "t", "on")
NO = ("false", "0", "no", "n", "f", "off")


def boolean(text: Column) -> Column:
    """True or false as usually written; NULL for anything else."""
    word = F.lower(F.trim(text))
    return F.when(word.isin(*YES), True).when(word.isin(*NO), False)
