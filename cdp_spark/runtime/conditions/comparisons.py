"""Comparisons of one value as Columns: true or false, never NULL. Missing is false."""

from collections.abc import Callable
from decimal import Decimal

from pyspark.sql import Column
from pyspark.sql import functions as F

from cdp_spark.config.conditions import Comparison
from cdp_spark.config.values import ValueKind
from cdp_spark.runtime.conditions.windows import Moment

NUMBER = "DECIMAL(28,10)"
_A_TIME = r"\A\s*\d{4}-\d{2}-\d{2}"  # Spark reads a bare time of day as today's
_HAS_ZONE = r"([zZ]|[+-]\d{2}:?\d{2})\s*\z"


def number(text: Column) -> Column:
    """The text as a decimal number; NULL where it is none."""
    return text.try_cast(NUMBER)


def instant(text: Column, zone: str) -> Column:
    """An ISO 8601 day or time as a timestamp; one without a zone is meant in ``zone``. NULL where it is none."""
    parsed = F.when(text.rlike(_A_TIME), F.try_to_timestamp(text))
    if zone == "UTC":
        return parsed
    return F.when(text.rlike(_HAS_ZONE), parsed).otherwise(F.to_utc_timestamp(parsed, zone))


def holds(value: Column, kind: ValueKind, comparison: Comparison, moment: Moment) -> Column:
    """Whether a value of that kind satisfies the comparison."""
    operator, argument = comparison.operator()
    if operator == "exists":
        is_there = value.isNotNull()
        if kind == "list":
            is_there = F.coalesce(F.size(value) > 0, F.lit(False))
        return is_there if argument else ~is_there
    fold = _as_it_is if comparison.exact else F.lower
    if kind == "list":
        condition = _of_list(F.transform(value, fold), operator, argument, fold)
    elif kind in {"time", "date"}:
        condition = _of_time(_since_epoch(value, kind, moment), operator, argument, moment)
    elif kind == "text":
        condition = _of_scalar(fold(value), operator, argument, lambda a: fold(F.lit(a)))
    else:
        condition = _of_scalar(value, operator, argument, _number_literal if kind == "number" else F.lit)
    return F.coalesce(condition, F.lit(False))


def folded_holds(value: Column, comparison: Comparison) -> Column:
    """Whether a text in small letters satisfies the comparison, which makes no difference of them."""
    operator, argument = comparison.operator()
    return F.coalesce(_of_scalar(value, operator, argument, lambda a: F.lower(F.lit(a))), F.lit(False))


def folded(text: Column) -> Column:
    """Text without edge space and without case: how names of events are compared."""
    return F.lower(F.trim(text, F.lit(" \t\r\n")))


def _as_it_is(text: Column) -> Column:
    return text


def _number_literal(argument: object) -> Column:
    return F.lit(Decimal(str(argument))).cast(NUMBER)


def _of_scalar(value: Column, operator: str, argument: object, literal: Callable[[object], Column]) -> Column:
    if isinstance(argument, tuple):
        found = value.isin(*[literal(a) for a in argument])
        return found if operator == "one_of" else ~found
    other = literal(argument)
    conditions: dict[str, Callable[[], Column]] = {
        "eq": lambda: value == other,
        "ne": lambda: value != other,
        "lt": lambda: value < other,
        "lte": lambda: value <= other,
        "gt": lambda: value > other,
        "gte": lambda: value >= other,
        "contains": lambda: value.contains(other),
        "starts_with": lambda: value.startswith(other),
        "ends_with": lambda: value.endswith(other),
    }
    return conditions[operator]()


def _of_list(values: Column, operator: str, argument: object, fold: Callable[[Column], Column]) -> Column:
    wanted = argument if isinstance(argument, tuple) else (argument,)
    overlaps = F.coalesce(F.arrays_overlap(values, F.array(*[fold(F.lit(w)) for w in wanted])), F.lit(False))
    return values.isNotNull() & (~overlaps if operator == "none_of" else overlaps)


def _since_epoch(value: Column, kind: ValueKind, moment: Moment) -> Column:
    # A day begins at midnight in the project's zone.
    return F.to_utc_timestamp(value.cast("timestamp"), moment.zone) if kind == "date" else value


def _of_time(at: Column, operator: str, argument: object, moment: Moment) -> Column:
    if operator == "before":
        return at < F.lit(moment.instant(str(argument)))
    if operator == "after":
        return at > F.lit(moment.instant(str(argument)))
    edge = moment.ago(argument)  # type: ignore[arg-type]  # the model holds a timedelta for these operators
    if operator == "older_than":
        return F.lit(False) if edge is None else at <= F.lit(edge)
    not_later = at <= F.lit(moment.as_of)
    return not_later if edge is None else not_later & (at > F.lit(edge))
