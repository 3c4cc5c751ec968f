"""How people misspell, and how they write what is right in many ways."""

import random

NEIGHBOURS = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk",
    "k": "jl", "l": "kö", "m": "n", "n": "mb", "o": "ip", "p": "o", "r": "et", "s": "ad", "t": "rz", "u": "zi",
    "v": "cb", "w": "qe", "y": "x", "z": "tu",
}  # fmt: skip
CALLING_CODE = {"AT": "43", "DE": "49", "GB": "44", "US": "1"}
PLACEHOLDER_EMAILS = ("test@test.com", "n/a", "none", "noemail@example.com", "unknown")
PLACEHOLDER_PHONES = ("0000000000", "n/a", "123456789", "-")
PLACEHOLDER_NAMES = ("n/a", "Unknown", "Test", "-")


def misspelt(word: str, dice: random.Random) -> str:
    """The word with one slip of the finger, the kinds as often as in the public FEBRL set.

    Of 500 altered records there 170 have a letter too many, 138 two swapped, 137 one replaced, 118 one lost.
    """
    if len(word) < 3:
        return word + word[-1:]
    at = dice.randrange(1, len(word) - 1)
    head, letter, tail = word[:at], word[at], word[at + 1 :]
    slip = dice.random()
    if slip < 0.30:
        return head + letter + letter + tail
    if slip < 0.55:
        return head + tail[0] + letter + tail[1:]
    if slip < 0.79:
        return head + dice.choice(NEIGHBOURS.get(letter, "e")) + tail
    return head + tail


def misspelt_email(email: str, dice: random.Random) -> str:
    """The address with a slip before the @; its domain stays a reserved one."""
    local, domain = email.split("@")
    return f"{misspelt(local, dice).replace('ö', 'o').replace('..', '.').strip('.')}@{domain}"


def as_typed_email(email: str, dice: random.Random) -> str:
    """The same address as forms let people type it: in capitals, with a space around it."""
    roll = dice.random()
    if roll < 0.06:
        return email.upper()
    if roll < 0.14:
        return email.title()
    return f" {email} " if roll < 0.18 else email


def national_phone(phone: str, country: str, dice: random.Random) -> str:
    """A number of that country the way its people write it: 0664 123 45 67, +43 (0)664/1234567, (212) 555-0123."""
    rest = phone.removeprefix("+" + CALLING_CODE[country])
    head, tail = rest[:3], rest[3:]
    if country == "US":
        return dice.choice((f"({head}) {tail[:3]}-{tail[3:]}", f"{head}-{tail[:3]}-{tail[3:]}", phone, f"1 {rest}"))
    return dice.choice(
        (
            f"0{head} {tail}",
            f"0{head}/{tail}",
            f"0{head} {tail[:3]} {tail[3:]}",
            f"0{rest}",
            phone,
            spaced_phone(phone, country),
        )
    )


def spaced_phone(phone: str, country: str) -> str:
    """The international way with spaces: +43 664 1234567."""
    code = CALLING_CODE[country]
    rest = phone.removeprefix("+" + code)
    return f"+{code} {rest[:3]} {rest[3:]}"
