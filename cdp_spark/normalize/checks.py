"""What quality.yml and tracking_plan.yml ask of a row while it is made: reasons that refuse it, and warnings."""

import json
from collections.abc import Collection
from dataclasses import dataclass, field

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.config.rules import BEYOND_THE_ROW, Rule
from cdp_spark.config.tracking_plan import TrackingPlanConfig
from cdp_spark.contracts.reasons import Reason
from cdp_spark.normalize.fields.placeholders import is_placeholder
from cdp_spark.runtime.rules import breaks

_TYPES = "MAP<STRING, MAP<STRING, STRING>>"
_REQUIRED = "MAP<STRING, ARRAY<STRING>>"
_NOTHING = "nothing"
# The first word of a value's type as Spark names it, and what the plan calls it.
_KINDS = {
    "STRING": "text",
    "BOOLEAN": "boolean",
    "ARRAY": "list",
    "OBJECT": "object",
    **dict.fromkeys(("BIGINT", "DECIMAL", "DOUBLE", "FLOAT"), "number"),
    "VOID": _NOTHING,
}


@dataclass(frozen=True)
class RowChecks:
    """The rules and the tracking plan of a configuration."""

    rules: tuple[Rule, ...] = ()
    plan: TrackingPlanConfig = field(default_factory=TrackingPlanConfig)

    def refusals(self, table: str, sources: Collection[str], columns: list[str]) -> list[Column]:
        """A reason for each broken rule that puts rows into quarantine."""
        return [_broken(r, columns) for r in self._rules(table, sources) if r.severity == "quarantine"]

    def warnings(self, table: str, sources: Collection[str], columns: list[str]) -> list[Column]:
        """A warning for each other broken rule."""
        return [_broken(r, columns) for r in self._rules(table, sources) if r.severity != "quarantine"]

    def _rules(self, table: str, sources: Collection[str]) -> list[Rule]:
        return [
            r for r in self.rules if r.table == table and r.source in (None, *sources) and r.check not in BEYOND_THE_ROW
        ]


def with_plan(events: DataFrame, plan: TrackingPlanConfig, sources: Collection[str]) -> DataFrame:
    """Adds ``_plan``, what an event breaks of the plan (an array, NULL where nothing); strip changes ``properties``.

    Events of other sources than ``sources`` break nothing.
    """
    known = _literal({_folded(e): {**p.required, **p.allowed} for e, p in plan.events.items()}, _TYPES)
    required = _literal({_folded(e): list(p.required) for e, p in plan.events.items()}, _REQUIRED)
    open_ = [_folded(e) for e, p in plan.events.items() if p.others == "allow"]
    name = F.when((F.col("type") == "track") & F.col("source").isin(*sources), F.lower(F.trim("event")))
    named = events.withColumns({
        "_types": F.try_element_at(known, name),
        "_required": F.try_element_at(required, name),
        "_is_open": F.coalesce(name.isin(*open_), F.lit(False)),
    })  # fmt: skip
    # Only planned events are taken apart.
    values = F.when(F.col("_types").isNotNull(), F.from_json("properties", "MAP<STRING, VARIANT>"))
    read = named.withColumn("_values", F.coalesce(values, F.create_map().cast("MAP<STRING, VARIANT>")))
    # Once for each value: what is asked of a value within a function of arrays is asked again wherever it stands.
    read = read.withColumn("_kinds", F.transform_values("_values", lambda _, value: _kind(value)))
    unknown = F.when(F.col("_types").isNull() & name.isNotNull(), F.array(_text(F.lit("event"), F.lit("unknown"))))
    unknown = unknown if plan.unknown_events != "allow" else F.lit(None).cast("array<string>")
    found = F.when(F.col("_types").isNotNull(), _violations()).otherwise(unknown)
    judged = read.withColumn("_plan", F.when(F.size(found) > 0, found))
    if plan.action == "strip":
        judged = judged.withColumn("properties", _stripped())
    return judged.drop("_values", "_kinds", "_types", "_required", "_is_open")


def plan_quarantines(plan: TrackingPlanConfig) -> Column:
    """Whether what ``_plan`` holds keeps the event out."""
    is_unknown = F.exists("_plan", lambda text: text.endswith(":unknown:event"))
    refuses_unknown, refuses_others = plan.unknown_events == "quarantine", plan.action == "quarantine"
    return F.when(is_unknown, F.lit(refuses_unknown)).otherwise(F.lit(refuses_others))


def _violations() -> Column:
    kinds, types = F.col("_kinds"), F.col("_types")
    missing = F.filter("_required", lambda p: F.coalesce(F.try_element_at(kinds, p), F.lit(_NOTHING)) == _NOTHING)
    keys = F.map_keys(kinds)
    unplanned = F.when(F.col("_is_open"), F.array().cast("array<string>")).otherwise(
        F.filter(keys, lambda k: ~F.map_contains_key(types, k))
    )
    mistyped = F.filter(keys, lambda k: ~_fits(k))
    return F.concat(
        F.transform(missing, lambda p: _text(p, F.lit("missing"))),
        F.transform(unplanned, lambda p: _text(p, F.lit("unplanned"))),
        F.transform(mistyped, lambda p: _text(p, F.lit("type"))),
    )


def _kind(value: Column) -> Column:
    """What the plan calls the type of a value; a value that is not there, or null, is nothing."""
    type_ = F.substring_index(F.substring_index(F.schema_of_variant(value), "<", 1), "(", 1)
    return F.when(value.isNull(), _NOTHING).otherwise(
        F.coalesce(F.try_element_at(_literal(_KINDS, "MAP<STRING, STRING>"), type_), F.lit("other"))
    )


def _fits(key: Column) -> Column:
    """Whether the value has the type that the plan wants, if it wants one of those we tell apart."""
    kind, wanted = F.try_element_at("_kinds", key), F.try_element_at("_types", key)
    # A null says nothing of its type; what is required is looked for apart.
    return (kind == _NOTHING) | (kind == wanted) | ~F.coalesce(wanted.isin(*sorted(set(_KINDS.values()))), F.lit(False))


def _stripped() -> Column:
    types = F.col("_types")
    kept = F.map_filter("_values", lambda k, _: (F.map_contains_key(types, k) | F.col("_is_open")) & _fits(k))
    return F.when(F.col("_plan").isNotNull() & types.isNotNull(), F.to_json(kept)).otherwise(F.col("properties"))


def _text(name: Column, what: Column) -> Column:
    event = F.replace(F.col("event"), F.lit(":"), F.lit(" "))
    return F.concat(F.lit(Reason.PLAN.about("")), event, F.lit(":"), what, F.lit(":"), name)


def _literal(values: object, type_: str) -> Column:
    return F.from_json(F.lit(json.dumps(values)), type_)


def _folded(event: str) -> str:
    return event.strip().lower()


def _broken(rule: Rule, columns: list[str]) -> Column:
    return F.when(breaks(rule, columns, is_placeholder), Reason.RULE.about(rule.id))
