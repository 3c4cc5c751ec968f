"""Telephone numbers that are valid, each given out once.

Great Britain: numbers for drama use by Ofcom, and from the 14,000th on an ordinary mobile range. United States: 555-0100
to 555-0199 of an area code, and from the 14,300th on ordinary exchanges. Austria and Germany reserve too few for
fiction: numbers of an ordinary mobile range, scattered. Nobody is called; what belongs to nobody is preferred.
"""

_GB_DRAMA = (
    "1134960", "1144960", "1164960", "1174960", "1184960", "1214960", "1314960",
    "1414960", "1514960", "1614960", "1914980", "2079460", "2896496", "2920180",
)  # fmt: skip
_US_AREAS = (
    201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228, 229, 231, 234,
    239, 240, 248, 251, 252, 253, 254, 256, 260, 262, 267, 269, 270, 276, 281, 301, 302, 303, 304, 305, 307, 308, 309,
    310, 312, 313, 314, 315, 316, 317, 318, 319, 320, 321, 323, 325, 330, 331, 334, 336, 337, 339, 347, 351, 352, 360,
    361, 385, 386, 401, 402, 404, 405, 406, 407, 408, 409, 410, 412, 413, 414, 415, 417, 419, 423, 424, 425, 430, 432,
    434, 435, 440, 443, 469, 478, 479, 480, 484, 501, 502, 503, 504, 505, 507, 508, 509, 510, 512, 513, 515, 516, 517,
)  # fmt: skip
_GB_FICTION, _US_FICTION = len(_GB_DRAMA) * 1000, len(_US_AREAS) * 100
_OWN, _LATER, _LANDLINE, _PER_PERSON = 0, 1, 2, 3


def own_number(country: str, rank: int) -> str:
    """The first number of the person of a rank in the country, E.164."""
    return _number(country, rank * _PER_PERSON + _OWN)


def later_number(country: str, rank: int) -> str:
    """The number that person gets after giving up the first."""
    return _number(country, rank * _PER_PERSON + _LATER)


def landline(country: str, rank: int) -> str:
    """The number of the household whose first person has that rank."""
    return _number(country, rank * _PER_PERSON + _LANDLINE)


def _number(country: str, n: int) -> str:
    match country:
        case "AT":
            return f"+43664{1_000_000 + n * 7_919_999 % 9_000_000:07d}"
        case "DE":
            return f"+49151{10_000_000 + n * 7_919_999 % 90_000_000:08d}"
        case "GB" if n < _GB_FICTION:
            return f"+44{_GB_DRAMA[n % len(_GB_DRAMA)]}{n // len(_GB_DRAMA):03d}"
        case "GB":
            return f"+4474{n:08d}"
        case _:
            area, at = _US_AREAS[n % len(_US_AREAS)], n // len(_US_AREAS)
            return f"+1{area}5550{100 + at:03d}" if n < _US_FICTION else _us_ordinary(n - _US_FICTION)


def _us_ordinary(n: int) -> str:
    area, rest = _US_AREAS[n % len(_US_AREAS)], n // len(_US_AREAS)
    return f"+1{area}{560 + rest // 9_000}{1_000 + rest % 9_000:04d}"
