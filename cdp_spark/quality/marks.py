"""Marks: what a row of a table is counted for.

A mark says what is counted (``measure``), by what (``subject``, ``part``), for whom (``key``, a hash) and an example
(``record``). A measure in ``MATCHED`` counts keys of which only the one side is there: marks with ``is_known`` are the
other side, wherever they come from.
"""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

REFERENCE = "reference"
MATCHED = ("user_id_never_identified", "refund_without_order", REFERENCE)

# Measures that are no findings but what findings are compared with.
VOLUME, ORDERS, CUSTOMERS, LANDED, VALUES, SHAPE, FIELD, EXAMINED, LATE, QUARANTINED, CONTACTS = (
    "volume", "orders", "customers", "landed", "values", "shape", "field", "examined", "late", "quarantined", "contacts",
)  # fmt: skip
# Tables whose rows change: they are looked at as a whole, not as they land.
SEEN_WHOLE = ("customers", "orders", "order_lines", "consent_events", "contact_points", "waiting")
_ARRAY = "array<struct<measure: string, subject: string, part: string, key: bigint, record: string, is_known: boolean>>"

COLUMNS = ("place", "landing_id", "measure", "subject", "part", "key", "record", "is_known", "at", "n")


class Places:
    """Sources and streams by number: what marks carry in place of two texts."""

    def __init__(self, places: Sequence[tuple[str, str]]) -> None:
        self._places = tuple(places)

    def number(self) -> Column:
        """The number of a row's ``source`` and ``stream``; NULL for one that is not configured (any longer)."""
        names = F.array(*[F.lit(f"{source}\x1f{stream}") for source, stream in self._places]).cast("array<string>")
        at = F.array_position(names, F.concat("source", F.lit("\x1f"), "stream")).cast("int")
        return F.nullif(at, F.lit(0)) - 1

    def of(self, number: int | None) -> tuple[str, str]:
        """Source and stream of a number; two empty texts for none."""
        return ("", "") if number is None or number < 0 else self._places[number]


def mark(  # one argument a column
    measure: str | Column,
    *,
    part: str | Column,
    subject: str | Column = "",
    key: Column | None = None,
    record: Column | None = None,
    is_known: bool | Column = False,
) -> Column:
    """A mark of the row it is made on."""
    return F.struct(
        _text(measure).alias("measure"),
        F.coalesce(_text(subject), F.lit("")).alias("subject"),
        F.coalesce(_text(part), F.lit("")).alias("part"),
        (F.lit(None).cast("bigint") if key is None else key).alias("key"),
        (F.lit(None).cast("string") if record is None else record).alias("record"),
        F.lit(is_known).alias("is_known"),
    )


def exploded(rows: DataFrame, marks: Sequence[Column], more: Sequence[Column] = ()) -> DataFrame:
    """The marks of rows with ``place``, ``landing_id`` and ``at``; NULL marks are left out. ``more`` are arrays of marks."""
    every = F.concat(F.array_compact(F.array(*marks)) if marks else no_marks(), *more)
    return rows.select("place", "landing_id", F.explode(every).alias("m"), "at").select(
        "place", "landing_id", "m.*", "at", F.lit(1).cast("bigint").alias("n")
    ).select(*COLUMNS)  # fmt: skip


def failing(condition: Column, measure: str, part: str, subject: str | Column = "") -> Column:
    """A mark with key ``actor`` and the row's ``record_id``, where the condition holds."""
    return F.when(condition, mark(measure, part=part, subject=subject, key=F.col("actor"), record=F.col("record_id")))


def warned(part: str) -> Column:
    """Marks of what normalisation warned of, as an array: one a kind and subject."""
    return _told(part, "warnings", F.lit("unreadable_value"))


def refused(part: str) -> Column:
    """Marks of what rows were refused for, as an array: one a kind and subject."""
    # A field may be empty where it does not read; a row that is refused is missing whole.
    return _told(part, "reasons", F.lit("refused_record"))


def _told(part: str, column: str, unreadable: Column) -> Column:
    said = F.array_distinct(F.transform(column, lambda reason: _classified(reason, unreadable)))
    marks = F.transform(
        said, lambda k: mark(k["kind"], part=part, subject=k["subject"], key=F.col("actor"), record=F.col("record_id"))
    )
    return F.when(F.size(column) > 0, marks).otherwise(no_marks())


def no_marks() -> Column:
    """An empty array of marks."""
    return F.array().cast(_ARRAY)


def seldom(condition: Column, marks: Sequence[Column]) -> Column:
    """Marks that few rows have, as an array, which is looked into only where the condition holds."""
    return F.when(condition, F.array_compact(F.array(*marks))).otherwise(no_marks())


def known_users() -> Column:
    """Marks of the user ids among ``identifiers``: they are explained. An array."""
    users = F.filter(F.coalesce("identifiers", F.array()), lambda i: i["namespace"] == "user_id")
    known = F.transform(users, lambda i: known_user(F.xxhash64(i["value"])))
    return F.coalesce(known, no_marks())


def known_user(key: Column) -> Column:
    """The mark of a user id that is explained."""
    return mark("user_id_never_identified", part="events", key=key, is_known=True)


def _classified(reason: Column, unreadable: Column) -> Column:
    after = F.substring_index(reason, ":", -1)
    kind = (
        F.when(reason.isin("unreadable:email", "refused:email"), "malformed_email")
        .when(reason.isin("unreadable:phone", "refused:phone"), "impossible_phone")
        .when(reason.startswith("placeholder:") | reason.startswith("refused:"), "placeholder_id")
        .when(reason.startswith("implausible:"), "implausible_time")
        .when(reason == "clock_skew", "clock_skew")
        .when(reason == "dup_conflict", "message_id_reuse")
        .when(reason.startswith("plan:"), "tracking_plan_violation")
        .when(reason.startswith("rule:"), "rule_violation")
        .when(reason.startswith("unreadable:"), unreadable)
        .otherwise("refused_record")
    )
    subject = (
        F.when(kind.isin("malformed_email", "impossible_phone", "clock_skew", "message_id_reuse"), F.lit(""))
        .when(kind == "tracking_plan_violation", F.substring_index(F.substring(reason, 6, 1000), ":", 1))
        .when(kind == "refused_record", reason)
        .otherwise(after)
    )
    return F.struct(kind.alias("kind"), subject.alias("subject"))


def _text(value: str | Column) -> Column:
    return F.lit(value) if isinstance(value, str) else value
