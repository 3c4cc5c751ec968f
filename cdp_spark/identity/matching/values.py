"""What of a value is compared: folded texts, the parts of dates, the areas a postcode lies in."""

import re
import unicodedata

_WORD = re.compile(r"[a-z0-9]+")
_YEAR_FIRST = re.compile(r"\A(\d{4})[^0-9]?(\d{2})[^0-9]?(\d{2})(?!\d)")
_YEAR_LAST = re.compile(r"\A(\d{1,2})[./\- ](\d{1,2})[./\- ](\d{4})\Z")
_YEAR_ONLY = re.compile(r"\A(\d{4})(?:\.0)?\Z")
_OUTWARD_AND_INWARD = re.compile(r"\A([a-z]{1,2}\d[a-z0-9]?)(\d[a-z]{2})\Z")
_LETTERS = re.compile(r"\A[a-z]+")
_MANY_FOLDS = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "'": "", "’": ""})


def folded(text: str) -> str | None:
    """Words of letters and digits, in lower case and without accents, joined by one space; None without any."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(_MANY_FOLDS))
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(_WORD.findall(letters) if letters.isascii() else re.findall(r"[^\W_]+", letters)) or None


def compact(text: str) -> str | None:
    """Letters and digits alone, in lower case: numbers, postcodes."""
    return (folded(text) or "").replace(" ", "") or None


def digits(text: str) -> str | None:
    """The digits; the last nine where there are more, so that a country code or a leading zero does not matter."""
    return re.sub(r"\D", "", text)[-9:] or None


def email(text: str) -> str | None:
    """An address in lower case, without spaces. What has lost its @ is kept: a typo is still evidence."""
    return re.sub(r"\s", "", text.lower()) or None


def local_part(address: str) -> str | None:
    """What stands before the @; None without one."""
    local, at, _ = address.rpartition("@")
    return (local or None) if at else None


def year(text: str) -> str | None:
    """Four digits of the year, from 1899-12-31, 18991231, 31.12.1899, 31/12/1899 or 1899."""
    return _date_parts(text)[0]


def month_day(text: str) -> str | None:
    """Four digits of month and day; the day is the first number where the year comes last."""
    return _date_parts(text)[1]


def _date_parts(text: str) -> tuple[str | None, str | None]:
    cleaned = text.strip()
    if found := _YEAR_FIRST.match(cleaned):
        return found[1], found[2] + found[3]
    if found := _YEAR_LAST.match(cleaned):
        return found[3], found[2].zfill(2) + found[1].zfill(2)
    found = _YEAR_ONLY.match(cleaned)
    return (found[1], None) if found else (None, None)


def sector(postcode: str) -> str | None:
    """The smallest area above a postcode: tq138 of tq138df, 8037 of 80379."""
    if len(postcode) < 5:
        return None
    return postcode[:-2] if _OUTWARD_AND_INWARD.match(postcode) else postcode[:-1]


def district(postcode: str) -> str | None:
    """The area whose people know one another: tq13 of tq138df, else the first three signs."""
    found = _OUTWARD_AND_INWARD.match(postcode)
    return found[1] if found else postcode[:3]


def area(postcode: str) -> str | None:
    """The widest area: tq of tq138df, else the first two signs."""
    found = _OUTWARD_AND_INWARD.match(postcode) and _LETTERS.match(postcode)
    return found[0] if found else postcode[:2]


def whole_date(text: str) -> str | None:
    """Year, month and day as eight digits, where all are known."""
    parts = _date_parts(text)
    return parts[0] + parts[1] if parts[0] and parts[1] else None
