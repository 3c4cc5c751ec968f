"""A value of a mapping as a column of its table: read by the column's type and, where it has one, its normal form."""

from collections.abc import Callable
from dataclasses import dataclass

from pyspark.sql import Column
from pyspark.sql import functions as F

from cdp_spark.config.sources import Value
from cdp_spark.contracts.reasons import Reason
from cdp_spark.normalize.fields.booleans import boolean
from cdp_spark.normalize.fields.country import normalized_country
from cdp_spark.normalize.fields.currencies import normalized_currency
from cdp_spark.normalize.fields.email import normalized_email
from cdp_spark.normalize.fields.ip_addresses import ip_address
from cdp_spark.normalize.fields.person_name import normalized_name
from cdp_spark.normalize.fields.phone import normalized_phone
from cdp_spark.normalize.fields.placeholders import identifying
from cdp_spark.normalize.fields.timestamps import automatic_timestamp
from cdp_spark.normalize.values import Given, Values

_NAMES = ("first_name", "last_name", "company", "street", "city", "region")
_IDS = ("user_id", "anonymous_id")


@dataclass(frozen=True)
class Typed:
    """A column of a target: its value, whether the record said anything, and the defect that it is when the value is
    NULL all the same; None where any text will do.
    """

    value: Column
    present: Column
    defect: str | None


class Typing:
    """Reads values by column. ``zone`` is that of times without one, ``region`` the country of phones without code."""

    def __init__(self, values: Callable[[str], Values], zone: str, region: Column) -> None:
        self._in_zone = values
        self._zone = zone
        self._region = region

    def column(self, name: str, type_: str, value: Value) -> Typed:
        """The value as column ``name`` of type ``type_``."""
        # A day has no zone: shifting it would give the day before.
        zone = "UTC" if type_ == "DATE" else self._zone
        given = self._in_zone(zone).of(value)
        read, defect = self._read(name, type_, given, zone), Reason.UNREADABLE
        if read is None:
            return Typed(given.text, given.present, None)
        if name in _IDS:
            defect = Reason.PLACEHOLDER
        return Typed(read, given.present, defect.about(name))

    def identifier(self, namespace: str, value: Value) -> Typed:
        """The value as an identifier of a namespace."""
        given = self._in_zone(self._zone).of(value)
        # Neither an address nor a number can be a placeholder's word.
        forms: dict[str, Callable[[Column], Column]] = {"email": normalized_email, "phone": self._phone}
        return Typed(forms.get(namespace, identifying)(given.text), given.present, f"refused:{namespace}")

    def _read(self, name: str, type_: str, given: Given, zone: str) -> Column | None:
        """The value read; None where any text will do."""
        if type_ in ("TIMESTAMP", "DATE"):
            read = given.column if given.kind == "timestamp" else automatic_timestamp(given.text, zone)
            return read if type_ == "TIMESTAMP" else F.to_date(read)
        if type_.startswith("DECIMAL"):
            return given.as_amount().column
        if type_ == "BIGINT":
            return given.as_amount().column.try_cast("bigint")
        if type_ == "BOOLEAN":
            return boolean(given.text)
        return self._read_text(name, given.text)

    def _read_text(self, name: str, text: Column) -> Column | None:
        forms: dict[str, Callable[[Column], Column]] = {
            "email": normalized_email,
            "phone": self._phone,
            "country": normalized_country,
            "currency": normalized_currency,
            "ip": ip_address,
            **dict.fromkeys(_NAMES, normalized_name),
            **dict.fromkeys(_IDS, identifying),
            "status": F.lower,
            "type": F.lower,
        }
        return forms[name](text) if name in forms else None

    def _phone(self, text: Column) -> Column:
        return normalized_phone(text, self._region)
