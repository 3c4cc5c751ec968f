"""Personal facts: birth date and given name that records tell of their identifiers.

Two contacts of a family with one address or number, or the old and the new owner of a number, are told apart by who
they say they are. Birth dates with neither year, month nor day in common are two people's, whatever their names: fathers and
sons share those. Where dates differ less, but by more than a slip, the given names must differ too.

Most records hold a name only. A name alone says less (people shorten theirs), so it holds apart only what a number or a
device would join, which a household shares.
"""

from datetime import datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from rapidfuzz.distance import Levenshtein

from cdp_spark.identity.ids import node_ids

NO_FACT = ""
BORN = 8
"""Digits of the birth date, with which a fact begins; the given name follows, empty where it is not known."""
NOT_KNOWN = "0" * BORN
"""Stands for the birth date where it is not known."""
DIFFERENT_PEOPLE = "different_people"

_SLIPS = 1
_MOST_FACTS = 20
_FIRST_OF_YEAR = "0101"  # what stands where a form demanded a date
_NO_NAMES = ("n/a", "na", "none", "null", "unknown", "undefined", "anonymous", "guest", "test")


def personal_facts(customers: DataFrame, as_of: datetime) -> DataFrame:
    """One row an identifier on records with a birth date or a given name: node_id, fact, is_of_several.

    An identifier that is a record's own key has the record's newest fact, one with a birth date before one without. Another
    has the one that all its records tell; where they tell of different people it ``is_of_several``, and where they disagree
    otherwise it has none. In: silver.customers.
    """
    born = F.coalesce(F.date_format("birth_date", "yyyyMMdd"), F.lit(NOT_KNOWN))
    fact = F.concat(born, _given_name(F.col("first_name")))
    known = customers.filter((fact != NOT_KNOWN) & (F.col("valid_from") <= F.lit(as_of)))
    told = known.select(
        F.explode("identifiers").alias("i"),
        F.struct((born != NOT_KNOWN).alias("is_dated"), "valid_from", "record_id", fact.alias("fact")).alias("said"),
        "source_key",
    )
    by_node = told.groupBy(node_ids(F.col("i.namespace"), F.col("i.value")).alias("node_id")).agg(
        F.max("said")["fact"].alias("newest"),
        F.bool_or(F.col("i.value") == F.col("source_key")).alias("is_own"),
        F.collect_set(F.when(F.col("said.is_dated"), F.col("said.fact"))).alias("dated"),
        F.collect_set("said.fact").alias("facts"),
    )
    several = ~F.col("is_own") & (F.size("dated") > 1) & _tell_of_several(F.slice("dated", 1, _MOST_FACTS))
    births = F.size(F.array_distinct(F.transform("dated", lambda f: F.substring(f, 1, BORN))))
    tells_one = (births == 1) | ((births == 0) & (F.size("facts") == 1))
    return by_node.select(
        "node_id",
        F.when(F.col("is_own") | tells_one, F.col("newest")).alias("fact"),
        several.alias("is_of_several"),
    )


def are_different_people(one: str, other: str, *, by_name: bool = False) -> bool:
    """Whether two facts cannot be one person's; ``by_name``: also where a birth date is not known, by the names alone.

    Dates are a slip apart when one digit differs, or day and month are exchanged. Names are unlike when more than one slip
    lies between them: a letter too many, lost or replaced, or two that changed places (Maria and Martin, Olivia and Oliver
    are two slips apart). Beside two dates that differ, a name that is not known is unlike any other.
    """
    if NO_FACT in (one, other):
        return False
    (born, name), (born_2, name_2) = ((f[:BORN], f[BORN:]) for f in (one, other))
    if NOT_KNOWN in (born, born_2):
        return by_name and _are_unlike(name, name_2)
    if Levenshtein.distance(born, born_2) <= _SLIPS or born == _exchanged(born_2):
        return False
    return _have_nothing_in_common(born, born_2) or not name or not name_2 or _are_far_apart(name, name_2)


def _given_name(first_name: Column) -> Column:
    """The first of the given names in lower case; '' for none, and for what is put where one is demanded."""
    given = F.lower(F.element_at(F.split(F.trim(F.coalesce(first_name, F.lit(""))), r"\s+"), 1))
    return F.when(given.rlike(r"\A\p{L}") & ~given.isin(*_NO_NAMES), given).otherwise(F.lit(""))


def _tell_of_several(facts: Column) -> Column:
    """``are_different_people`` for any two of an array of facts with birth dates."""
    return F.exists(facts, lambda a: F.exists(facts, lambda b: _are_different(a, b)))


def _are_different(one: Column, other: Column) -> Column:
    born, born_2 = F.substring(one, 1, BORN), F.substring(other, 1, BORN)
    name, name_2 = F.substring(one, BORN + 1, 100), F.substring(other, BORN + 1, 100)
    exchanged = F.concat(F.substring(other, 1, 4), F.substring(other, 7, 2), F.substring(other, 5, 2))
    slips = F.levenshtein(name, name_2)
    letters, letters_2 = (F.array_sort(F.split(n, "")) for n in (name, name_2))
    changed_places = (slips == _SLIPS + 1) & (letters == letters_2)
    names_unlike = (name == "") | (name_2 == "") | ((slips > _SLIPS) & ~changed_places)
    nothing_in_common = F.lit(True)
    for start, length in ((1, 4), (5, 2), (7, 2)):
        nothing_in_common &= F.substring(one, start, length) != F.substring(other, start, length)
    for date in (born, born_2):
        nothing_in_common &= F.substring(date, 5, 4) != _FIRST_OF_YEAR
    is_a_slip = (F.levenshtein(born, born_2) <= _SLIPS) | (born == exchanged)
    return ~is_a_slip & (nothing_in_common | names_unlike)


def _have_nothing_in_common(born: str, born_2: str) -> bool:
    parts = ((b[:4], b[4:6], b[6:]) for b in (born, born_2))
    differ = all(a != b for a, b in zip(*parts, strict=True))
    return differ and _FIRST_OF_YEAR not in (born[4:], born_2[4:])


def _are_unlike(name: str, name_2: str) -> bool:
    """Whether two known names are not one, nor a short form of it."""
    shorter, longer = sorted((name, name_2), key=len)
    return bool(shorter) and not longer.startswith(shorter) and _are_far_apart(name, name_2)


def _are_far_apart(name: str, name_2: str) -> bool:
    slips = Levenshtein.distance(name, name_2)
    return slips > _SLIPS and not (slips == _SLIPS + 1 and sorted(name) == sorted(name_2))


def _exchanged(born: str) -> str:
    return born[:4] + born[6:] + born[4:6]
