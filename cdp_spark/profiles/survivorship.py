"""Survivorship: of the records of a person, the one that each group of fields is taken from.

Every candidate gets one key a rule, the smaller the better; then come recency and the record's name, so that the
order is total. The smallest candidate wins, and with it all the fields of the group.
"""

from collections.abc import Callable, Sequence
from functools import reduce
from operator import and_, or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.config.profiles import FIELD_TYPES, FieldRule, Rule

CONTACTS = {"email": "emails", "phone": "phones"}
"""Fields that must be a contact point of the person → the column that lists those."""
UNCONTESTED, TIE = "uncontested", "tie"


def survivors(persons: DataFrame, groups: Sequence[FieldRule]) -> DataFrame:
    """The persons with a column ``survivor_<i>`` for the i-th group: NULL where no record has a value.

    In: persons with records (see ``records_of_persons``), emails and phones. A survivor is a struct of value (a
    struct of the group's fields), source, record_id, observed_at, candidates (records with a value) and rule: the
    rule that decided, ``uncontested`` where all candidates agree, ``tie`` where only recency or name decided.
    """
    rows = persons.withColumns({f"_offers_{i}": _offers(group) for i, group in enumerate(groups)})
    rows = rows.withColumns({f"_ranked_{i}": _ranked(group, f"_offers_{i}") for i, group in enumerate(groups)})
    rows = rows.withColumns({f"_best_{i}": F.array_min(f"_ranked_{i}") for i in range(len(groups))})
    chosen = {f"survivor_{i}": _survivor(group.rules, f"_ranked_{i}", f"_best_{i}") for i, group in enumerate(groups)}
    kinds = ("_offers", "_ranked", "_best")
    return rows.withColumns(chosen).drop(*[f"{kind}_{i}" for kind in kinds for i in range(len(groups))])


def _offers(group: FieldRule) -> Column:
    def offer(record: Column) -> Column:
        values = F.struct(*[_value(f, record).alias(f) for f in group.fields])
        return F.struct(record.alias("record"), values.alias("value"))

    def says_something(offer: Column) -> Column:
        return reduce(or_, [offer["value"][f].isNotNull() for f in group.fields])

    return F.filter(F.transform("records", offer), says_something)


def _value(field: str, record: Column) -> Column:
    value = record[field]
    if field in CONTACTS:
        held = F.transform(CONTACTS[field], lambda contact: contact["value"])
        return F.when(F.array_contains(held, value), value)
    return F.when(F.trim(value) != "", value) if FIELD_TYPES[field] == "STRING" else value


def _ranked(group: FieldRule, offers: str) -> Column:
    def ranked(offer: Column) -> Column:
        record = offer["record"]
        keys = [_KEYS[rule](offer, group, offers).alias(f"key_{i}") for i, rule in enumerate(group.rules)]
        name = [record[part].alias(part) for part in ("record_id", "source", "source_key")]
        order = [*keys, _recency(offer, group, offers).alias("recency"), *name]
        return F.struct(*order, offer["value"].alias("value"), record["observed_at"].alias("observed_at"))

    return F.transform(offers, ranked)


def _survivor(rules: Sequence[Rule], ranked: str, best: str) -> Column:
    winner = F.col(best)
    parts = [winner[name].alias(name) for name in ("value", "source", "record_id", "observed_at")]
    survivor = F.struct(
        *parts, F.size(ranked).alias("candidates"), _deciding_rule(rules, F.col(ranked), winner).alias("rule")
    )
    return F.when(winner.isNotNull(), survivor)


def _deciding_rule(rules: Sequence[Rule], ranked: Column, winner: Column) -> Column:
    """The first rule after which no candidate with another value is left."""

    def contested_after(n_rules: int) -> Column:
        def rivals(candidate: Column) -> Column:
            level = [candidate[f"key_{i}"] == winner[f"key_{i}"] for i in range(n_rules)]
            return reduce(and_, [candidate["value"] != winner["value"], *level])

        return F.exists(ranked, rivals)

    decided = F.when(~contested_after(0), UNCONTESTED)
    for i, rule in enumerate(rules):
        decided = decided.when(~contested_after(i + 1), rule)
    return decided.otherwise(TIE)


def _recency(offer: Column, group: FieldRule, offers: str) -> Column:
    record = offer["record"]
    return F.struct(~record["is_timed"], F.negative(F.unix_micros(record["observed_at"])))


def _source_priority(offer: Column, group: FieldRule, offers: str) -> Column:
    place = F.array_position(F.array(*[F.lit(s) for s in group.sources]), offer["record"]["source"])
    return F.when(place > 0, place).otherwise(len(group.sources) + 1)


def _frequency(offer: Column, group: FieldRule, offers: str) -> Column:
    return F.negative(F.size(F.filter(offers, lambda other: other["value"] == offer["value"])))


def _verified(offer: Column, group: FieldRule, offers: str) -> Column:
    return ~offer["record"]["email_verified"]


def _length(offer: Column, group: FieldRule, offers: str) -> Column:
    lengths = [F.coalesce(F.length(F.trim(offer["value"][f])), F.lit(0)) for f in group.fields]
    return F.negative(reduce(lambda a, b: a + b, lengths))


_KEYS: dict[Rule, Callable[[Column, FieldRule, str], Column]] = {
    "most_recent": _recency,
    "source_priority": _source_priority,
    "most_frequent": _frequency,
    "verified_first": _verified,
    "longest": _length,
}
