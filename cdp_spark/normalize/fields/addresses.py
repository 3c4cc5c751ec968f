"""Postal addresses, in the forms by which two spellings of one address are found to be the same.

They are for comparing, not for writing on an envelope: lower case, without accents and punctuation, usual words
shortened.
"""

import unicodedata

from pyspark.sql import Column
from pyspark.sql import functions as F

# German vowels are spelt out, as their owners do on keyboards without them; other accents are left out.
_SPELT_OUT = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "þ": "th"}
_ACCENTED = "àáâãåāăąçćčďèéêëēęěìíîïīńñňòóôõōőŕřśšşșťţțùúûūůűýÿźżž"
_PLAIN = "".join(unicodedata.normalize("NFD", letter)[0] for letter in _ACCENTED)
# A word for a kind of street, at the end of a word or standing alone → the form compared.
_KINDS = {
    r"(?<=[a-z])(?:strasse|straat|str)\b": "str", r"\b(?:strasse|str)\b": "str", r"\bstreet\b": "st", r"\bavenue\b": "ave",
    r"\broad\b": "rd", r"\bboulevard\b": "blvd", r"\bdrive\b": "dr", r"\blane\b": "ln", r"\bplace\b": "pl", r"\bsquare\b": "sq",
    r"\bcourt\b": "ct", r"\b(?:north)\b": "n", r"\bsouth\b": "s", r"\beast\b": "e", r"\bwest\b": "w",
    r"(?<=[a-z])(?:platz|pl)\b": "pl", r"(?<=[a-z])(?:gasse|g)\b": "g",
}  # fmt: skip
# 12, 12a, 12-14, 12/3/4; at the end (Hauptstraße 12a), else at the beginning (12 Main Street, 12, rue Royale).
_NUMBER = r"\d+\s?[a-z]?(?:\s?[-/]\s?\d*\s?[a-z]?)*"
_AT_END = rf"[\s,]({_NUMBER})\z"
_AT_START = rf"\A({_NUMBER})(?:,|\s)\s*(?=\D)"
_COUNTRY_PREFIX = r"\A[A-Z]{1,3}-(?=\d)"


def street_key(raw: Column) -> Column:
    """The street without house number, for comparing; NULL when nothing is left."""
    text = _folded(raw)
    named = F.when(text.rlike(_AT_END), F.regexp_replace(text, _AT_END, "")).otherwise(
        F.regexp_replace(text, _AT_START, "")
    )
    for word, short in _KINDS.items():
        named = F.regexp_replace(named, word, short)
    return F.nullif(F.regexp_replace(named, "[^\\p{L}\\p{N}]", ""), F.lit(""))


def house_number(raw: Column) -> Column:
    """The house number, with its letter and door, in lower case without spaces; NULL when there is none."""
    text = _folded(raw)
    last, first = F.regexp_extract(text, _AT_END, 1), F.regexp_extract(text, _AT_START, 1)
    number = F.when(last != "", last).otherwise(first)
    return F.nullif(F.regexp_replace(number, r"\s", ""), F.lit(""))


def postcode_key(raw: Column, country: Column) -> Column:
    """The postcode in capitals without spaces, hyphens and the country before it; of US ones the first five digits."""
    capitals = F.regexp_replace(F.upper(F.trim(raw)), _COUNTRY_PREFIX, "")
    bare = F.nullif(F.regexp_replace(capitals, r"[\s-]", ""), F.lit(""))
    is_long_zip = (country == "US") & bare.rlike(r"\A\d{9}\z")
    return F.when(is_long_zip, F.left(bare, F.lit(5))).otherwise(bare)


def city_key(raw: Column) -> Column:
    """The town for comparing, without what stands in brackets or behind a comma or slash; NULL when nothing is left."""
    town = F.regexp_replace(_folded(raw), r"[(,/].*", "")
    return F.nullif(F.regexp_replace(town, "[^\\p{L}\\p{N}]", ""), F.lit(""))


def _folded(raw: Column) -> Column:
    text = F.translate(F.lower(F.trim(raw)), _ACCENTED, _PLAIN)
    for letter, spelt in _SPELT_OUT.items():
        text = F.replace(text, F.lit(letter), F.lit(spelt))
    return F.regexp_replace(F.regexp_replace(text, r"[.\x{2019}'\p{M}]", ""), r"\s+", " ")
