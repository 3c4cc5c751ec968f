"""The browsers and phones people use: cookies that get cleared, clocks that are wrong, tablets a family shares."""

import random
from dataclasses import dataclass

NEVER = 10**6
HOUR_MS = 3_600_000
KIOSKS = ("kiosk-WIE01-terminal", "kiosk-BER01-terminal", "kiosk-LON01-terminal")
NO_ADVERTISING_ID = "00000000-0000-0000-0000-000000000000"

_CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0"
_SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.2"
_DESKTOP = (
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME} Safari/537.36",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_SAFARI} Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:146.0) Gecko/20100101 Firefox/146.0",
)
IPHONE = f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_2 like Mac OS X) {_SAFARI} Mobile/15E148 Safari/604.1"
_PHONE = (IPHONE, f"Mozilla/5.0 (Linux; Android 15; Pixel 8) {_CHROME} Mobile Safari/537.36")
_TABLET = (f"Mozilla/5.0 (iPad; CPU OS 18_2 like Mac OS X) {_SAFARI} Safari/604.1",)
_BOT = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)",
    "python-requests/2.32.3",
)
_AGENTS = {"desktop": _DESKTOP, "phone": _PHONE, "tablet": _TABLET, "bot": _BOT, "kiosk": _DESKTOP[:1]}


@dataclass(frozen=True, slots=True)
class Device:
    """A browser: its cookie, the cookie after it was cleared, its clock's error in milliseconds."""

    anonymous_id: str
    next_anonymous_id: str
    cleared_on: int
    kind: str
    user_agent: str
    ip: str
    skew_ms: int
    stays_logged_in: bool

    @property
    def clock_is_wrong(self) -> bool:
        """Whether its clock is off by a day or more."""
        return abs(self.skew_ms) >= 24 * HOUR_MS

    def cookie(self, day: int) -> str:
        """The anonymous id the browser carries on a day."""
        return self.next_anonymous_id if day >= self.cleared_on else self.anonymous_id


@dataclass(frozen=True, slots=True)
class AppInstall:
    """The shop's app on a phone; without tracking consent iOS gives an advertising id of zeros."""

    anonymous_id: str
    device_id: str
    advertising_id: str
    tracking: bool
    system: str
    ip: str
    skew_ms: int

    @property
    def clock_is_wrong(self) -> bool:
        """Whether its clock is off by a day or more."""
        return abs(self.skew_ms) >= 24 * HOUR_MS


def uuid_text(dice: random.Random) -> str:
    """A random id in the shape of a UUID of version 4."""
    text = f"{dice.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def household_ip(household: int, person: int) -> str:
    """An address of the range reserved for documentation."""
    return f"2001:db8:{household >> 16:x}:{household & 0xFFFF:x}::{person % 16 + 1:x}"


def browser(kind: str, ip: str, dice: random.Random) -> Device:
    """A browser of a kind; three in ten lose their cookie one day."""
    return Device(
        anonymous_id=uuid_text(dice),
        next_anonymous_id=uuid_text(dice),
        cleared_on=dice.randrange(5, 150) if kind != "tablet" and dice.random() < 0.3 else NEVER,
        kind=kind,
        user_agent=dice.choice(_AGENTS[kind]),
        ip=ip,
        skew_ms=_clock_error(dice),
        stays_logged_in=kind not in ("tablet", "kiosk") and dice.random() < 0.5,
    )


def kiosk(name: str, dice: random.Random) -> Device:
    """A terminal in a store: one cookie for everybody."""
    agent = _AGENTS["kiosk"][0]
    return Device(name, name, NEVER, "kiosk", agent, f"198.51.100.{dice.randrange(1, 250)}", 0, stays_logged_in=False)


def bot(dice: random.Random) -> Device:
    """A crawler."""
    name = uuid_text(dice)
    agent = dice.choice(_BOT)
    return Device(name, name, NEVER, "bot", agent, f"203.0.113.{dice.randrange(1, 250)}", 0, stays_logged_in=False)


def app_install(ip: str, dice: random.Random) -> AppInstall:
    """The app on somebody's own phone; not every second iPhone allows tracking."""
    system = "ios" if dice.random() < 0.5 else "android"
    tracking = dice.random() < (0.4 if system == "ios" else 0.85)
    device_id = uuid_text(dice).upper() if system == "ios" else f"{dice.getrandbits(64):016x}"
    advertising_id = uuid_text(dice) if tracking or system == "android" else NO_ADVERTISING_ID
    return AppInstall(uuid_text(dice), device_id, advertising_id, tracking, system, ip, _clock_error(dice))


def _clock_error(dice: random.Random) -> int:
    roll = dice.random()
    if roll < 0.90:
        return dice.randrange(-1_500, 1_500)
    if roll < 0.98:
        return dice.randrange(-20 * 60_000, 20 * 60_000)
    return dice.choice((-1, 1)) * dice.randrange(24, 24 * 40) * HOUR_MS
