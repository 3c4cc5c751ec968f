"""Programs that visit sites, by what they call themselves: robots, and the device, system and browser of people.

The tokens were chosen by the crawler-user-agents list (MIT licence, release 1.67.0), of whose 2,123 examples they find
1,814; what is left are names that nothing but a list of names would find. Nobody's browser names a web address.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

import pyarrow as pa
from pyspark.sql import Column
from pyspark.sql.pandas.functions import arrow_udf
from pyspark.sql.pandas.types import from_arrow_type

from cdp_spark.normalize.fields.distinct import of_distinct

TOKENS = (
    "bot", "crawl", "spider", "://", "scrap", "fetch", "preview", "monitor", "uptime", "checker", "linkcheck", "validator",
    "archive", "feed", "slurp", "mediapartners", "externalhit", "google-", "facebookcatalog", "meta-external", "whatsapp/",
    "headless", "phantomjs", "selenium", "playwright", "puppeteer", "lighthouse", "pingdom", "python", "curl/", "wget/",
    "httpclient", "http-client", "java/", "aiohttp", "axios/", "node-fetch", "libwww", "cloudflare", "synthetic", "scanner",
    "okhttp-test",
)  # fmt: skip
# Phones of the maker Cubot are none.
NO_BOTS = ("cubot",)

# The first that is found holds: every Chrome names Safari, every Edge names Chrome, every Android names Linux.
BROWSERS = {
    "edg/": "Edge", "edge/": "Edge", "edga/": "Edge", "edgios/": "Edge", "opr/": "Opera", "opera": "Opera",
    "samsungbrowser/": "Samsung Internet", "ucbrowser/": "UC Browser", "yabrowser/": "Yandex", "vivaldi/": "Vivaldi",
    "duckduckgo/": "DuckDuckGo", "fban/": "Facebook", "fbav/": "Facebook", "instagram": "Instagram", "gsa/": "Google App",
    "firefox/": "Firefox", "fxios/": "Firefox", "crios/": "Chrome", "chrome/": "Chrome", "chromium/": "Chrome",
    "safari/": "Safari", "msie ": "Internet Explorer", "trident/": "Internet Explorer",
}  # fmt: skip
SYSTEMS = {
    "windows phone": "Windows Phone", "windows": "Windows", "iphone": "iOS", "ipad": "iOS", "ipod": "iOS", "cros ": "ChromeOS",
    "android": "Android", "mac os x": "macOS", "macintosh": "macOS", "tizen": "Tizen", "web0s": "webOS", "linux": "Linux",
}  # fmt: skip
# An Android that is no phone leaves out "mobile".
DEVICES = {
    "ipad": "tablet", "tablet": "tablet", "kindle": "tablet", "silk/": "tablet", "smart-tv": "tv", "smarttv": "tv",
    "appletv": "tv", "apple tv": "tv", "googletv": "tv", "web0s": "tv", "roku": "tv", "playstation": "console", "xbox": "console",
    "nintendo": "console", "iphone": "phone", "ipod": "phone", "mobile": "phone", "android": "tablet", "windows": "desktop",
    "macintosh": "desktop", "cros ": "desktop", "x11": "desktop", "linux": "desktop",
}  # fmt: skip


_REMEMBERED = 100_000
_AGENT = pa.struct(
    [("is_bot", pa.bool_()), ("device_class", pa.string()), ("os", pa.string()), ("browser", pa.string())]
)


class Agent(NamedTuple):
    """What a user agent says: whether it names a robot; phone, tablet, desktop, tv or console; the families of the
    operating system and the browser, None where they are none of the usual ones.
    """

    is_bot: bool
    device_class: str | None
    os: str | None
    browser: str | None


@lru_cache(maxsize=_REMEMBERED)
def agent_of(user_agent: str) -> Agent:
    """What a user agent says."""
    text = user_agent.lower()
    for word in NO_BOTS:
        text = text.replace(word, "")
    named = (_first_named(text, names) for names in (DEVICES, SYSTEMS, BROWSERS))
    return Agent(any(token in text for token in TOKENS), *named)


def agents(user_agent: Column) -> Column:
    """What user agents say, as a struct of is_bot, device_class, os and browser; NULL without a user agent."""
    said: Column = _vectorised(lambda agent: agent._asdict(), _AGENT)(user_agent)
    return said


def agent_function(part: str) -> Any:  # the stubs know no type of a function over Arrow
    """The vectorised function that gives one part of it."""
    return _vectorised(attrgetter(part), _AGENT.field(part).type)


def _vectorised(part: Callable[[Agent], object], kind: pa.DataType) -> Any:
    def column(user_agent: pa.Array) -> pa.Array:
        return of_distinct(user_agent, lambda text: part(agent_of(text)), kind)

    return arrow_udf(from_arrow_type(kind))(column)  # type: ignore[call-overload]  # the stubs know no STRUCT


def _first_named(text: str, names: Mapping[str, str]) -> str | None:
    return next((name for token, name in names.items() if token in text), None)
