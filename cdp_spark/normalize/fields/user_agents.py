"""Programs that visit sites by themselves, by what they call themselves."""

from functools import reduce

from pyspark.sql import Column
from pyspark.sql import functions as F

TOKENS = (
    "bot", "crawl", "spider", "slurp", "mediapartners", "facebookexternalhit", "headless", "phantomjs", "lighthouse",
    "pingdom", "python-requests", "curl/", "wget/", "okhttp-test", "scrapy",
)  # fmt: skip
# Phones of the maker Cubot are none.
NO_BOTS = ("cubot",)


def comparable_agent(user_agent: Column) -> Column:
    """The user agent in the form that :func:`is_bot` looks at."""
    return reduce(lambda text, word: F.replace(text, F.lit(word), F.lit("")), NO_BOTS, F.lower(user_agent))


def is_bot(comparable: Column) -> Column:
    """Whether a user agent names a robot; NULL without one."""
    found = [F.contains(comparable, F.lit(token)) for token in TOKENS]
    return reduce(lambda any_of, one: any_of | one, found)
