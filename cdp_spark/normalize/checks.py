"""What quality.yml and tracking_plan.yml ask of a row while it is made: reasons that refuse it, and warnings."""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.config.rules import BEYOND_THE_ROW, Rule
from cdp_spark.config.tracking_plan import PlannedEvent, TrackingPlanConfig
from cdp_spark.contracts.reasons import Reason
from cdp_spark.normalize.fields.placeholders import is_placeholder
from cdp_spark.runtime.rules import breaks

_NULL = "VOID"
# Spark's names of the types that JSON has, by what the plan calls them. A null says nothing of its type.
_FITTING = {
    "text": ["STRING", _NULL],
    "number": ["BIGINT", "DECIMAL", "DOUBLE", "FLOAT", _NULL],
    "boolean": ["BOOLEAN", _NULL],
    "list": ["ARRAY", _NULL],
    "object": ["OBJECT", _NULL],
}
_VALUES = "MAP<STRING, VARIANT>"
_PLANNED = "MAP<STRING, STRUCT<required: ARRAY<STRING>, fitting: MAP<STRING, ARRAY<STRING>>, is_open: BOOLEAN>>"


@dataclass(frozen=True)
class RowChecks:
    """The rules and the tracking plan of a configuration."""

    rules: tuple[Rule, ...] = ()
    plan: TrackingPlanConfig = field(default_factory=TrackingPlanConfig)

    def refusals(self, table: str, sources: Collection[str], types: Mapping[str, str]) -> list[Column]:
        """A reason for each broken rule that puts rows into quarantine."""
        return [_broken(r, types) for r in self._rules(table, sources) if r.severity == "quarantine"]

    def warnings(self, table: str, sources: Collection[str], types: Mapping[str, str]) -> list[Column]:
        """A warning for each other broken rule."""
        return [_broken(r, types) for r in self._rules(table, sources) if r.severity != "quarantine"]

    def _rules(self, table: str, sources: Collection[str]) -> list[Rule]:
        return [
            r for r in self.rules if r.table == table and r.source in (None, *sources) and r.check not in BEYOND_THE_ROW
        ]


def with_plan(events: DataFrame, plan: TrackingPlanConfig, sources: Collection[str]) -> DataFrame:
    """Adds ``_plan``, what an event breaks of the plan (an array, NULL where nothing); strip changes ``properties``.

    Events of other sources than ``sources`` break nothing.
    """
    name = F.when((F.col("type") == "track") & F.col("source").isin(*sources), F.lower(F.trim("event")))
    wanted = {_folded(e): _wanted(p) for e, p in plan.events.items()}
    # Only planned events are taken apart.
    is_planned = F.coalesce(name.isin(*wanted), F.lit(False))
    seen = F.struct(F.try_element_at(_literal(wanted, _PLANNED), name).alias("planned"), _types().alias("types"))
    unknown = F.when(name.isNotNull(), F.array(_text(F.lit("event"), F.lit("unknown"))))
    unknown = unknown if plan.unknown_events != "allow" else F.lit(None).cast("array<string>")
    found = F.when(is_planned, _of_one(seen, _violations)).otherwise(unknown)
    judged = events.withColumn("_found", found).withColumn("_plan", F.when(F.size("_found") > 0, F.col("_found")))
    if plan.action == "strip":
        stripped = F.when(is_planned & F.col("_plan").isNotNull(), _of_one(seen, _stripped))
        judged = judged.withColumn("properties", F.coalesce(stripped, "properties"))
    return judged.drop("_found")


def plan_quarantines(plan: TrackingPlanConfig) -> Column:
    """Whether what ``_plan`` holds keeps the event out."""
    is_unknown = F.exists("_plan", lambda text: text.endswith(":unknown:event"))
    refuses_unknown, refuses_others = plan.unknown_events == "quarantine", plan.action == "quarantine"
    return F.when(is_unknown, F.lit(refuses_unknown)).otherwise(F.lit(refuses_others))


def _wanted(event: PlannedEvent) -> dict[str, object]:
    fitting = {name: _FITTING.get(type_) for name, type_ in {**event.required, **event.allowed}.items()}
    return {"required": list(event.required), "fitting": fitting, "is_open": event.others == "allow"}


def _of_one(value: Column, made: Callable[[Column], Column]) -> Column:
    """What is made of a value that is computed once and used several times.

    Not by a column of its own: for each element that Spark takes out of an array or a map of a row it asks for the session's
    settings, and the whole took twice as long.
    """
    return F.get(F.transform(F.array(value), made), F.lit(0))


def _values() -> Column:
    return F.coalesce(F.from_json("properties", _VALUES), F.create_map().cast(_VALUES))


def _types() -> Column:
    """The properties with the first word of their type as Spark names it."""
    return F.transform_values(_values(), lambda _, value: _type(value))


def _type(value: Column) -> Column:
    first = F.substring_index(F.substring_index(F.schema_of_variant(value), "<", 1), "(", 1)
    return F.coalesce(first, F.lit(_NULL))


def _violations(seen: Column) -> Column:
    plan, types = seen["planned"], seen["types"]
    names = F.map_keys(types)
    missing = F.filter(plan["required"], lambda n: F.coalesce(F.try_element_at(types, n), F.lit(_NULL)) == _NULL)
    unplanned = F.filter(names, lambda n: ~_is_wanted(plan, n))
    mistyped = F.filter(names, lambda n: ~_fits(plan, n, F.try_element_at(types, n)))
    return F.concat(
        F.transform(missing, lambda n: _text(n, F.lit("missing"))),
        F.transform(unplanned, lambda n: _text(n, F.lit("unplanned"))),
        F.transform(mistyped, lambda n: _text(n, F.lit("type"))),
    )


def _is_wanted(plan: Column, name: Column) -> Column:
    return plan["is_open"] | F.map_contains_key(plan["fitting"], name)


def _fits(plan: Column, name: Column, type_: Column) -> Column:
    """Whether the value has the type that the plan wants, if it wants one."""
    return F.coalesce(F.array_contains(F.try_element_at(plan["fitting"], name), type_), F.lit(True))


def _stripped(seen: Column) -> Column:
    plan = seen["planned"]
    return F.to_json(F.map_filter(_values(), lambda n, value: _is_wanted(plan, n) & _fits(plan, n, _type(value))))


def _text(name: Column, what: Column) -> Column:
    event = F.replace(F.col("event"), F.lit(":"), F.lit(" "))
    return F.concat(F.lit(Reason.PLAN.about("")), event, F.lit(":"), what, F.lit(":"), name)


def _literal(values: object, type_: str) -> Column:
    return F.from_json(F.lit(json.dumps(values)), type_)


def _folded(event: str) -> str:
    return event.strip().lower()


def _broken(rule: Rule, types: Mapping[str, str]) -> Column:
    return F.when(breaks(rule, types, is_placeholder), Reason.RULE.about(rule.id))
