"""Which records cannot meet a mapping's condition, told from their text before anything of it is parsed.

A mapping that takes few records of many would else parse them all: most calls of a tracker are no ``identify``.
"""

import re
from collections.abc import Iterable
from functools import reduce

from pyspark.sql import Column
from pyspark.sql import functions as F

from cdp_spark.config.sources import When
from cdp_spark.normalize.paths import steps_of

# What JSON writes as it is, and what no number or literal is printed as: letters first.
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_ -]*")
# JSON may write any letter by its number, and then a text has to be parsed to be known.
_ESCAPED = "\\u"


def can_meet(when: When | None) -> Column | None:
    """Whether the text in ``raw`` can be of a record that meets a condition: true of all that do; None where the text
    says nothing about it.
    """
    named = None if when is None else _named(when)
    return None if named is None else F.contains(F.col("raw"), F.lit(_ESCAPED)) | named


def _named(when: When) -> Column | None:
    if when.all is not None:
        known = [n for n in map(_named, when.all) if n is not None]
        return reduce(Column.__and__, known) if known else None
    if when.any is not None:
        parts = [_named(w) for w in when.any]
        known = [p for p in parts if p is not None]
        return reduce(Column.__or__, known) if known and len(known) == len(parts) else None
    if not isinstance(when.field, str) or when.exists is False:
        return None
    if when.exists:
        return _has_any([s for s in steps_of(when.field) if isinstance(s, str)][-1:])
    return _has_any(when.one_of if when.equals is None else (when.equals,))


def _has_any(words: Iterable[str] | None) -> Column | None:
    wanted = [*(words or ())]
    if not wanted or not all(_WORD.fullmatch(w) for w in wanted):
        return None
    return reduce(Column.__or__, [F.contains(F.col("raw"), F.lit(w)) for w in wanted])
