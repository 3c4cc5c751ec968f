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


def is_bot(user_agent: Column) -> Column:
    """Whether a user agent names a robot; NULL without one."""
    lowered = reduce(lambda text, word: F.replace(text, F.lit(word), F.lit("")), NO_BOTS, F.lower(user_agent))
    return reduce(
        lambda found, token: found | F.contains(lowered, F.lit(token)),
        TOKENS[1:],
        F.contains(lowered, F.lit(TOKENS[0])),
    )
