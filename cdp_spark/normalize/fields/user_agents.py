"""Programs that visit sites, by what they call themselves: robots, and the device, system and browser of people.

The tokens were chosen by the crawler-user-agents list (MIT licence, release 1.67.0), of whose 2,123 examples they find
1,814; what is left are names that nothing but a list of names would find. Nobody's browser names a web address.
"""

from collections.abc import Mapping
from functools import reduce

from pyspark.sql import Column
from pyspark.sql import functions as F

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
_BROWSERS = {
    "edg/": "Edge", "edge/": "Edge", "edga/": "Edge", "edgios/": "Edge", "opr/": "Opera", "opera": "Opera",
    "samsungbrowser/": "Samsung Internet", "ucbrowser/": "UC Browser", "yabrowser/": "Yandex", "vivaldi/": "Vivaldi",
    "duckduckgo/": "DuckDuckGo", "fban/": "Facebook", "fbav/": "Facebook", "instagram": "Instagram", "gsa/": "Google App",
    "firefox/": "Firefox", "fxios/": "Firefox", "crios/": "Chrome", "chrome/": "Chrome", "chromium/": "Chrome",
    "safari/": "Safari", "msie ": "Internet Explorer", "trident/": "Internet Explorer",
}  # fmt: skip
_SYSTEMS = {
    "windows phone": "Windows Phone", "windows": "Windows", "iphone": "iOS", "ipad": "iOS", "ipod": "iOS", "cros ": "ChromeOS",
    "android": "Android", "mac os x": "macOS", "macintosh": "macOS", "tizen": "Tizen", "web0s": "webOS", "linux": "Linux",
}  # fmt: skip
# An Android that is no phone leaves out "mobile".
_DEVICES = {
    "ipad": "tablet", "tablet": "tablet", "kindle": "tablet", "silk/": "tablet", "smart-tv": "tv", "smarttv": "tv",
    "appletv": "tv", "apple tv": "tv", "googletv": "tv", "web0s": "tv", "roku": "tv", "playstation": "console", "xbox": "console",
    "nintendo": "console", "iphone": "phone", "ipod": "phone", "mobile": "phone", "android": "tablet", "windows": "desktop",
    "macintosh": "desktop", "cros ": "desktop", "x11": "desktop", "linux": "desktop",
}  # fmt: skip


def comparable_agent(user_agent: Column) -> Column:
    """The user agent in the form that the functions below look at."""
    return reduce(lambda text, word: F.replace(text, F.lit(word), F.lit("")), NO_BOTS, F.lower(user_agent))


def is_bot(comparable: Column) -> Column:
    """Whether a user agent names a robot; NULL without one."""
    found = [F.contains(comparable, F.lit(token)) for token in TOKENS]
    return reduce(lambda any_of, one: any_of | one, found)


def device_class(comparable: Column) -> Column:
    """phone, tablet, desktop, tv or console; NULL where the user agent does not say."""
    return _first_named(comparable, _DEVICES)


def operating_system(comparable: Column) -> Column:
    """The family of the operating system; NULL where it is none of the usual ones."""
    return _first_named(comparable, _SYSTEMS)


def browser_family(comparable: Column) -> Column:
    """The family of the browser; NULL where it is none of the usual ones."""
    return _first_named(comparable, _BROWSERS)


def _first_named(comparable: Column, names: Mapping[str, str]) -> Column:
    return F.coalesce(*[F.when(F.contains(comparable, F.lit(token)), name) for token, name in names.items()])
