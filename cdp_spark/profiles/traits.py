"""Traits: what is computed about a person from all their events or orders, in one aggregation an input."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.config.traits import NUMERIC_KINDS, TraitConfig
from cdp_spark.contracts.traits import trait_type
from cdp_spark.runtime.conditions.facts import Names, all_hold, readings
from cdp_spark.runtime.conditions.properties import Properties, Reading
from cdp_spark.runtime.conditions.windows import Moment, bounds, is_within

SKIPPED, OTHER_CURRENCY, LEAST_CURRENCY, GREATEST_CURRENCY, CUT = (
    "_skipped_", "_other_currency_", "_least_currency_", "_greatest_currency_", "_cut_",
)  # fmt: skip
CURRENCY = "currency"
_SEEN = "_seen"


@dataclass(frozen=True)
class Trait:
    """A trait by name, over facts whose properties are columns."""

    name: str
    config: TraitConfig
    names: Names
    properties: Properties
    moment: Moment

    def aggregates(self) -> list[Column]:
        """The trait, and what tells of its quality: amounts skipped, in other currencies, lists cut."""
        return [self._value().alias(self.name), *self._quality()]

    def _chosen(self) -> Column:
        t = self.config
        chosen = is_within(F.col("at"), bounds(t.window, self.moment)) & all_hold(t.where, self.properties, self.moment)
        if t.event is not None:
            return self.names.is_named(t.event) & chosen
        return chosen & is_counted(t)

    def _matches(self) -> Column:
        return self._chosen() & self._in_currency() if self.config.currency else self._chosen()

    def _in_currency(self) -> Column:
        return F.coalesce(self._currency() == F.lit(self.config.currency), F.lit(False))

    def _currency(self) -> Column:
        return F.upper(F.trim(self.properties.value(CURRENCY, "text")))

    def _text(self) -> Column:
        return F.when(self._matches(), self.properties.value(str(self.config.property), "text"))

    def _usable(self) -> Column:
        return F.when(self._matches(), self.properties.value(str(self.config.property), self.config.value))

    def _value(self) -> Column:
        kinds: dict[str, Callable[[], Column]] = {
            "count": lambda: F.count_if(self._matches()),
            "exists": lambda: F.coalesce(F.bool_or(self._matches()), F.lit(False)),
            "count_distinct": lambda: F.size(F.collect_set(self._text())),
            "sum": lambda: F.coalesce(F.sum(self._usable()), F.lit(0)),
            "avg": lambda: F.avg(self._usable()),
            "min": lambda: F.min(self._usable()),
            "max": lambda: F.max(self._usable()),
            "most_frequent": self._most_frequent,
            "first": lambda: F.min_by(self._text(), self._order()),
            "last": lambda: F.max_by(self._text(), self._order()),
            "first_at": lambda: F.min(F.when(self._matches(), F.col("at"))),
            "last_at": lambda: F.max(F.when(self._matches(), F.col("at"))),
            "unique_list": lambda: F.slice(F.sort_array(F.collect_set(self._text())), 1, self.config.max_items),
        }
        # A number too large for its column is NULL instead of the end of the run.
        return kinds[self.config.kind]().try_cast(trait_type(self.config))

    def _order(self) -> Column:
        return F.when(self._text().isNotNull(), F.struct("at", "id"))

    def _most_frequent(self) -> Column:
        values, winner = F.collect_list(self._text()), F.mode(self._text(), deterministic=True)
        times = F.size(values) - F.size(F.array_remove(values, winner))
        return F.when(times >= self.config.min_count, winner)

    def _quality(self) -> list[Column]:
        t, quality = self.config, []
        if t.kind in NUMERIC_KINDS:
            quality.append(F.count_if(self._matches() & self._usable().isNull()).alias(SKIPPED + self.name))
        if t.currency:
            quality.append(F.count_if(self._chosen() & ~self._in_currency()).alias(OTHER_CURRENCY + self.name))
        elif t.is_money():
            currency = F.when(self._usable().isNotNull(), self._currency())
            quality.append(F.min(currency).alias(LEAST_CURRENCY + self.name))
            quality.append(F.max(currency).alias(GREATEST_CURRENCY + self.name))
        if t.kind == "unique_list":
            cut = F.size(F.collect_set(self._text())) > t.max_items
            quality.append(cut.alias(CUT + self.name))
        return quality


def is_counted(trait: TraitConfig) -> Column:
    """Whether an order counts for the trait; facts of orders have ``is_taken_back`` and ``is_refund``."""
    counted = F.lit(True)
    if "status" not in {w.property for w in trait.where}:
        counted = counted & ~F.col("is_taken_back")
    return counted if trait.kind == "sum" else counted & ~F.col("is_refund")


def trait_readings(traits: Iterable[TraitConfig]) -> set[Reading]:
    """What the traits read of events or orders."""
    needed: set[Reading] = set()
    for t in traits:
        needed |= readings(t.where)
        if t.property:
            needed.add((t.property, t.value if t.kind in NUMERIC_KINDS else "text"))
        if t.currency or t.is_money():
            needed.add((CURRENCY, "text"))
    return needed


def trait_values(
    facts: DataFrame, traits: dict[str, TraitConfig], names: Names, properties: Properties, moment: Moment
) -> DataFrame:
    """One row a person who has facts: person_id, the traits, and their quality columns.

    ``facts`` has person_id, name, at, id and the columns of ``properties``; facts of orders has is_taken_back and
    is_refund besides.
    """
    columns = [c for name, t in sorted(traits.items()) for c in Trait(name, t, names, properties, moment).aggregates()]
    return facts.groupBy("person_id").agg(*columns)


def persons_traits(persons: DataFrame, inputs: Iterable[tuple[DataFrame, dict[str, TraitConfig]]]) -> DataFrame:
    """One row a person: person_id, every trait, ``truncated`` and the quality columns.

    ``inputs`` are trait values with the traits in them. Who has no facts has the value of nothing: 0, false, an empty
    list, or NULL. ``persons`` has distinct person_id.
    """
    joined, lists = persons, []
    for values, traits in inputs:
        # A value that did not fit its column is NULL too, so who has facts is marked.
        joined = joined.join(values.withColumn(_SEEN, F.lit(True)), on="person_id", how="left")  # one row a person
        nothing = {n: value for n, t in traits.items() if (value := _of_nothing(t)) is not None}
        filled = {n: F.when(F.col(_SEEN), F.col(n)).otherwise(value) for n, value in nothing.items()}
        joined = joined.withColumns(filled).drop(_SEEN)
        lists += [n for n, t in traits.items() if t.kind == "unique_list"]
    return joined.withColumns({"truncated": _truncated(sorted(lists))}) if lists else joined


def _truncated(lists: list[str]) -> Column:
    cut = F.array_compact(F.array(*[F.when(F.col(CUT + n), F.lit(n)) for n in lists]))
    return F.when(F.size(cut) > 0, cut)


def _of_nothing(trait: TraitConfig) -> Column | None:
    if trait.kind in {"count", "count_distinct", "sum"}:
        return F.lit(0).cast(trait_type(trait))
    if trait.kind == "exists":
        return F.lit(False)
    return F.array().cast("ARRAY<STRING>") if trait.kind == "unique_list" else None
