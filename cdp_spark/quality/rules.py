"""Rules that compare rows with others, and rules that end the run."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.config.rules import Rule
from cdp_spark.errors import GuardHeld
from cdp_spark.quality.marks import COLUMNS, REFERENCE, Places, exploded, mark, warned
from cdp_spark.quality.measurements import Measurement
from cdp_spark.runtime.rules import applies, field_value

Read = Callable[[str], DataFrame | None]


def rule_marks(rules: Sequence[Rule], read: Read, places: Places, landing_id: int) -> list[DataFrame]:
    """Marks of rules ``unique`` and ``references``, and of what normalisation warned of in order lines.

    ``read`` gives a silver table by its short name, None where there is none yet. A table is read once for all rules.
    """
    found = []
    for table in sorted({t for rule in rules for t in _tables(rule)}):
        rows = read(table)
        if rows is None:
            continue
        placed = _placed(rows, places, landing_id)
        if pairs := [m for rule in rules for m in _reference_marks(rule, table, rows.columns)]:
            found.append(exploded(placed, pairs))
        if unique := [r for r in rules if r.table == table and r.unique]:
            found.append(_repeated(placed, unique, rows.columns))
        if table == "order_lines":
            found.append(exploded(placed, [], [warned(table)]))
    return found


def with_references(measured: Iterable[Measurement]) -> list[Measurement]:
    """The measurements, those of references as broken rules."""
    return [replace(m, measure="rule_violation") if m.measure == REFERENCE else m for m in measured]


def refuse_stopped(rules: Sequence[Rule], measured: Iterable[Measurement]) -> None:
    """Raises GuardHeld when rows break a rule whose severity is stop."""
    stops = {r.id: r for r in rules if r.severity == "stop"}
    broken: dict[str, int] = {}
    for m in measured:
        if m.measure == "rule_violation" and m.subject in stops:
            broken[m.subject] = broken.get(m.subject, 0) + m.n
    if broken:
        said = ", ".join(f"{rule} ({n:,} rows of {stops[rule].table})" for rule, n in sorted(broken.items()))
        raise GuardHeld(
            f"rows break rules of quality.yml that stop a run: {said}",
            fix="look at the rows whose warnings name the rule; if they may pass, run again with --accept-guard",
            rules=sorted(broken),
        )


def _tables(rule: Rule) -> list[str]:
    if rule.references:
        return [rule.table, rule.references.table]
    return [rule.table] if rule.unique or rule.table == "order_lines" else []


def _placed(rows: DataFrame, places: Places, landing_id: int) -> DataFrame:
    kept = rows.withColumns({"place": places.number(), "landing_id": F.lit(landing_id).cast("bigint")})
    nothing = {"at": F.lit(None).cast("timestamp"), "actor": F.lit(None).cast("bigint")}
    return kept.withColumns(nothing)


def _reference_marks(rule: Rule, table: str, columns: list[str]) -> list[Column]:
    if rule.references is None:
        return []
    marks = []
    sides = (
        (rule.table, rule.field, applies(rule, columns), False),
        (rule.references.table, rule.references.field, F.lit(True), True),
    )
    for of, field, condition, is_known in sides:
        if of == table:
            value = field_value(field, columns).cast("string")
            said = mark(REFERENCE, subject=rule.id, part=rule.table, key=F.xxhash64(value), is_known=is_known)
            marks.append(F.when(condition & value.isNotNull(), said))
    return marks


def _repeated(rows: DataFrame, rules: Sequence[Rule], columns: list[str]) -> DataFrame:
    """A mark for each value that several rows have: how many rows."""
    table = rules[0].table
    marks = []
    for rule in rules:
        value = field_value(rule.field, columns).cast("string")
        said = mark("rule_violation", subject=rule.id, part=table, key=F.xxhash64(value))
        marks.append(F.when(applies(rule, columns) & value.isNotNull(), said))
    several = exploded(rows, marks).groupBy("place", "landing_id", "measure", "subject", "part", "key").agg(
        F.sum("n").alias("n"), F.max("at").alias("at"), F.max("record").alias("record"), F.max("is_known").alias("is_known")
    ).filter(F.col("n") > 1)  # fmt: skip
    return several.select(*COLUMNS)
