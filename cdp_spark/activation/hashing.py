"""Identifiers in the form each platform hashes them. One address has several hashes: they are never shared.

Sources of the rules: Google Data Manager API (formatting of user data), Meta Marketing API (customer
information parameters), TikTok, LinkedIn and Microsoft customer-list documentation.
"""

from collections.abc import Callable

from pyspark.sql import Column
from pyspark.sql import functions as F

from cdp_spark.config.destinations import Normalisation

_ALREADY_HASHED = r"\A[0-9a-fA-F]{64}\z"
_SPACE = r"\s+"
_GMAIL = r"\A[^@]+@(gmail|googlemail)\.com\z"
_AN_ADDRESS = r"\A[^@]+@[^@]+\z"
_NOT_IN_NAMES = r"[\p{P}\p{S}]"


def normalised_for(platform: Normalisation, field: str, value: Column) -> Column:
    """A value as the platform wants it before hashing, NULL when nothing is left of it.

    ``field`` is the profile field or namespace: email, phone, first_name, city, … ``value`` is in this
    project's own normal form (lower-case address, E.164 number).
    """
    rule = _RULES.get(platform, {}).get(field, _plain)
    text = rule(value)
    return F.when(F.length(text) > 0, text)


def hashed(value: Column) -> Column:
    """SHA-256 as lower-case hex; NULL for NULL, for nothing, and for what is a hash already."""
    return F.when((F.length(value) > 0) & ~value.rlike(_ALREADY_HASHED), F.sha2(value, 256))


def _plain(value: Column) -> Column:
    return F.lower(F.regexp_replace(value, r"\A\s+|\s+\z", ""))


def _google_email(value: Column) -> Column:
    address = F.lower(F.regexp_replace(value, _SPACE, ""))
    local = F.regexp_replace(F.regexp_replace(F.substring_index(address, "@", 1), r"\+.*\z", ""), r"\.", "")
    domain = F.substring_index(address, "@", -1)
    clean = F.when(address.rlike(_GMAIL), F.concat(local, F.lit("@"), domain)).otherwise(address)
    return F.when(clean.rlike(_AN_ADDRESS), clean)


def _digits(value: Column) -> Column:
    return F.regexp_replace(F.regexp_replace(value, r"\D", ""), r"\A0+", "")


def _meta_name(value: Column) -> Column:
    return F.regexp_replace(_plain(value), _NOT_IN_NAMES, "")


def _without_space_and_signs(value: Column) -> Column:
    return F.regexp_replace(F.lower(value), r"[\p{P}\p{S}\s]", "")


def _meta_postcode(value: Column) -> Column:
    return F.regexp_replace(F.substring_index(F.lower(value), "-", 1), _SPACE, "")


def _country_upper(value: Column) -> Column:
    return F.upper(_plain(value))


_RULES: dict[str, dict[str, Callable[[Column], Column]]] = {
    "google": {"email": _google_email, "country": _country_upper},
    "meta": {
        "phone": _digits,
        "first_name": _meta_name,
        "last_name": _meta_name,
        "city": _without_space_and_signs,
        "region": _without_space_and_signs,
        "postcode": _meta_postcode,
    },
}
