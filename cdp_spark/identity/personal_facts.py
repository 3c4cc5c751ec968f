"""Personal facts: birth date and given name that records tell of their identifiers.

Two contacts of a family with one address or number, or the old and the new owner of a number, are told apart by who
they say they are. Both facts must differ: a slip in one of them does not make two people of one.
"""

from datetime import datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from rapidfuzz.distance import Levenshtein

from cdp_spark.identity.ids import node_ids

NO_FACT = ""
BORN = 8
"""Digits of the birth date, with which a fact begins; the given name follows, empty where it is not known."""
DIFFERENT_PEOPLE = "different_people"

_SLIPS = 1
_UNLIKE = 0.4
_MOST_FACTS = 20


def personal_facts(customers: DataFrame, as_of: datetime) -> DataFrame:
    """One row an identifier on records with a birth date: node_id, fact, is_of_several.

    An identifier that is a record's own key has the record's newest fact. Another has the one that all its records
    tell; where they tell of different people it ``is_of_several``, and where they disagree otherwise it has none.
    In: silver.customers.
    """
    given = F.lower(F.element_at(F.split(F.trim(F.coalesce("first_name", F.lit(""))), r"\s+"), 1))
    fact = F.concat(F.date_format("birth_date", "yyyyMMdd"), given)
    known = customers.filter(F.col("birth_date").isNotNull() & (F.col("valid_from") <= F.lit(as_of)))
    told = known.select(
        F.explode("identifiers").alias("i"),
        F.struct("valid_from", "record_id", fact.alias("fact")).alias("said"),
        "source_key",
    )
    by_node = told.groupBy(node_ids(F.col("i.namespace"), F.col("i.value")).alias("node_id")).agg(
        F.max("said")["fact"].alias("newest"),
        F.bool_or(F.col("i.value") == F.col("source_key")).alias("is_own"),
        F.collect_set("said.fact").alias("facts"),
    )
    several = ~F.col("is_own") & (F.size("facts") > 1) & _tell_of_several(F.slice("facts", 1, _MOST_FACTS))
    one_birth_date = F.size(F.array_distinct(F.transform("facts", lambda f: F.substring(f, 1, BORN)))) == 1
    return by_node.select(
        "node_id",
        F.when(F.col("is_own") | one_birth_date, F.col("newest")).alias("fact"),
        several.alias("is_of_several"),
    )


def are_different_people(one: str, other: str) -> bool:
    """Whether two facts cannot be one person's: the birth dates differ by more than a slip, and the names are unlike.

    A slip is one digit, or day and month exchanged. Names are unlike when more than two in five letters would have to
    change (Levenshtein, 1966), or one is not known.
    """
    if NO_FACT in (one, other):
        return False
    (born, name), (born_2, name_2) = ((f[:BORN], f[BORN:]) for f in (one, other))
    dates_differ = Levenshtein.distance(born, born_2) > _SLIPS and born != _exchanged(born_2)
    return dates_differ and (
        not name or not name_2 or Levenshtein.distance(name, name_2) > _UNLIKE * max(len(name), len(name_2))
    )


def _tell_of_several(facts: Column) -> Column:
    """``are_different_people`` for any two of an array."""
    return F.exists(facts, lambda a: F.exists(facts, lambda b: _are_different(a, b)))


def _are_different(one: Column, other: Column) -> Column:
    born, born_2 = F.substring(one, 1, BORN), F.substring(other, 1, BORN)
    name, name_2 = F.substring(one, BORN + 1, 100), F.substring(other, BORN + 1, 100)
    exchanged = F.concat(F.substring(other, 1, 4), F.substring(other, 7, 2), F.substring(other, 5, 2))
    longest = F.greatest(F.length(name), F.length(name_2))
    names_unlike = (name == "") | (name_2 == "") | (F.levenshtein(name, name_2) > F.lit(_UNLIKE) * longest)
    return (F.levenshtein(born, born_2) > _SLIPS) & (born != exchanged) & names_unlike


def _exchanged(born: str) -> str:
    return born[:4] + born[6:] + born[4:6]
