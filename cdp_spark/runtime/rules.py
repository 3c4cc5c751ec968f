"""Rules of quality.yml as Columns: whether a row breaks one. True or false, never NULL."""

from collections.abc import Callable, Collection, Mapping
from datetime import timedelta

from pyspark.sql import Column
from pyspark.sql import functions as F

from cdp_spark.config.rules import Case, Rule

_NUMBER = "DECIMAL(28,10)"
_PATTERNS = {
    "email": r"\A[^@\s]{1,64}@[^@\s]+\.[^@\s.]{2,63}\z",
    "phone": r"\A\+[1-9]\d{6,14}\z",
    "currency": r"\A[A-Z]{3}\z",
    "country": r"\A[A-Z]{2}\z",
    "language": r"\A[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}\z",
    "url": r"\Ahttps?://[^\s/]+\.[^\s/]+(?:/\S*)?\z",
    "uuid": r"\A[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\z",
    "digits": r"\A\d+\z",
    "ip": r"\A(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:.]+)\z",
}


def breaks(rule: Rule, types: Mapping[str, str], is_placeholder: Callable[[Column], Column]) -> Column:
    """Whether a row breaks a rule that looks at nothing but the row.

    ``types`` are those of the row's columns by name, as Spark writes them; a column it lacks is NULL. ``landed_at`` must be
    there for not_future.
    """
    holds = _holds(rule, types, is_placeholder)
    return applies(rule, types) & ~F.coalesce(holds, F.lit(rule.on_null == "pass"))


def applies(rule: Rule, columns: Collection[str]) -> Column:
    """Whether the rule is for a row."""
    of_source = F.lit(True) if rule.source is None else F.col("source") == rule.source
    return of_source & (_is_case(rule.when, columns) if rule.when else F.lit(True))


def field_value(field: str, columns: Collection[str]) -> Column:
    """A column's value, or what a path leads to within a JSON column."""
    column, _, path = field.partition(".")
    if column not in columns:
        return F.lit(None).cast("string")
    if not path:
        return F.col(column)
    return F.get_json_object(column, "$" + "".join(f"['{part}']" for part in path.split(".")))


def _is_case(case: Case, columns: Collection[str]) -> Column:
    value = field_value(case.field, columns).cast("string")
    if case.exists is not None:
        return value.isNotNull() if case.exists else value.isNull()
    wanted = case.one_of if case.one_of is not None else (str(case.equals),)
    return F.coalesce(value.isin(*wanted), F.lit(False))


def _holds(rule: Rule, types: Mapping[str, str], is_placeholder: Callable[[Column], Column]) -> Column:
    value, type_ = field_value(rule.field, types), types.get(rule.field, "string")
    text = value.cast("string")
    # To write out a time or a number only to read it again takes longer than the rest of a rule.
    number = value.try_cast(_NUMBER) if type_.startswith("decimal") else text.try_cast(_NUMBER)
    time = value if type_ == "timestamp" else F.try_to_timestamp(text)
    checks: dict[str, Callable[[], Column]] = {
        "not_null": lambda: F.coalesce(F.trim(text) != "", F.lit(False)) if type_ == "string" else value.isNotNull(),
        "type": lambda: F.when(text.isNotNull(), _reads_as(text, str(rule.type))),
        "range": lambda: _within(number, rule.range),
        "length": lambda: _within(F.length(text), rule.length),
        "in_set": lambda: text.isin(*(rule.in_set or ())),
        "pattern": lambda: text.rlike(_PATTERNS[str(rule.pattern)]),
        "not_future": lambda: _is_not_ahead(time, rule.not_future or timedelta()),
        "currency_present": lambda: value.isNull() | _currency(types).isNotNull(),
        "no_placeholder": lambda: ~is_placeholder(F.nullif(F.trim(text), F.lit(""))),
    }
    return checks[rule.check]()


def _reads_as(text: Column, kind: str) -> Column:
    if kind == "number":
        return text.try_cast(_NUMBER).isNotNull()
    if kind == "boolean":
        return F.lower(text).isin("true", "false")
    return F.try_to_timestamp(text).isNotNull()


def _within(value: Column, limits: object) -> Column:
    low, high = getattr(limits, "min", None), getattr(limits, "max", None)
    above = F.lit(True) if low is None else value >= F.lit(low)
    return above & (F.lit(True) if high is None else value <= F.lit(high))


def _is_not_ahead(time: Column, tolerance: timedelta) -> Column:
    micros = tolerance // timedelta(microseconds=1)
    return F.unix_micros(time) <= F.unix_micros("landed_at") + F.lit(micros)


def _currency(columns: Collection[str]) -> Column:
    own = field_value("currency", columns)
    return F.coalesce(own, field_value("properties.currency", columns))
