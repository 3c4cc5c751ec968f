"""E-mail addresses."""

from pyspark.sql import Column
from pyspark.sql import functions as F

EDGE_SPACE = r"\A\s+|\s+\z"
# A plausible address, not the whole of RFC 5321: no space, one @, labels that do not begin or end with a hyphen or dot.
_LABEL = r"[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?"
_LAST_LABEL = r"\p{L}[\p{L}\p{N}-]{0,61}[\p{L}\p{N}]"
_LOCAL = r"(?!\.)(?![^@]*\.[.@])[^@\s,;<>()\[\]\\:\"\p{Cntrl}]{1,64}"
_PLAUSIBLE = rf"\A(?=.{{6,254}}\z){_LOCAL}@(?:{_LABEL}\.)+{_LAST_LABEL}\z"


def normalized_email(raw: Column) -> Column:
    """Lower-cased address without edge space; NULL when it cannot be an address."""
    cleaned = F.lower(F.regexp_replace(raw, EDGE_SPACE, ""))
    # Looking for the @ first spares all other text the pattern.
    return F.when(F.contains(raw, F.lit("@")), F.when(cleaned.rlike(_PLAUSIBLE), cleaned))
