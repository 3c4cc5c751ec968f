"""What the current records about customers are counted for."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.quality.marks import COLUMNS, CUSTOMERS, Places, exploded, failing, known_user, known_users, mark, warned

_PART = "customers"
_SEVERAL = {"email": "same_email_several_ids", "phone": "same_phone_several_ids"}
_NEEDED = (
    "email",
    "email_verified",
    "phone",
    "first_name",
    "identifiers",
    "warnings",
    "is_deleted",
    "stream",
    "record_id",
)


def customer_marks(customers: DataFrame, places: Places, landing_id: int, names_at_most: int) -> DataFrame:
    """Marks of silver.customers: of each record its newest version, unless that says it was deleted."""
    newest = (
        customers.groupBy("source", "source_key")
        .agg(F.max_by(F.struct("valid_from", *_NEEDED), F.struct("valid_from", "landing_id")).alias("v"))
        .select("source", "source_key", "v.*")
        .filter(~F.coalesce("is_deleted", F.lit(False)))
    )
    named = newest.withColumns(
        {
            "place": places.number(),
            "landing_id": F.lit(landing_id).cast("bigint"),
            "at": F.col("valid_from"),
            "actor": F.xxhash64("source", "source_key"),
            "name": F.lower("first_name"),
        }
    )
    marks = exploded(named.withColumn("name", F.coalesce("name", F.lit(""))), _marks(), [warned(_PART), known_users()])
    return _with_shared_values(marks, names_at_most)


def _marks() -> list[Column]:
    return [
        mark(CUSTOMERS, part=_PART),
        failing(F.col("email").isNotNull() & ~F.col("email_verified"), "never_verified_email", _PART),
        known_user(F.xxhash64("source_key")),
        *[_value_mark(column) for column in _SEVERAL],
    ]


def _value_mark(column: str) -> Column:
    # The name travels as the subject until the value's records are counted.
    value = mark(f"_{column}", part=_PART, subject=F.col("name"), key=F.xxhash64(column), record=F.col("record_id"))
    return F.when(F.col(column).isNotNull(), value)


def _with_shared_values(marks: DataFrame, names_at_most: int) -> DataFrame:
    """The marks, those of addresses and numbers replaced by what their records have in common."""
    is_value = F.col("measure").isin(*[f"_{c}" for c in _SEVERAL])
    counted = (
        marks.filter(is_value)
        .groupBy("place", "measure", "key")
        .agg(
            F.count(F.lit(1)).alias("ids"),
            F.size(F.collect_set(F.nullif("subject", F.lit("")))).alias("names"),
            F.max("landing_id").alias("landing_id"),
            F.min("record").alias("record"),
            F.max("at").alias("at"),
        )
    )
    return marks.filter(~is_value).unionByName(_shared(counted, names_at_most))


def _shared(counted: DataFrame, names_at_most: int) -> DataFrame:
    def found(condition: Column, kind: str, subject: str, n: Column) -> Column:
        said = F.struct(F.lit(kind).alias("measure"), F.lit(subject).alias("subject"), n.cast("bigint").alias("n"))
        return F.when(condition, said)

    several = [
        found((F.col("measure") == f"_{column}") & (F.col("ids") > 1), kind, "", F.col("ids"))
        for column, kind in _SEVERAL.items()
    ]
    crowded = [
        found((F.col("measure") == f"_{c}") & (F.col("names") > names_at_most), "too_many_given_names", c, F.lit(1))
        for c in _SEVERAL
    ]
    return (
        counted.select("*", F.explode(F.array_compact(F.array(*several, *crowded))).alias("f"))
        .select(
            "place", "landing_id", "f.measure", "f.subject", F.lit(_PART).alias("part"), "key", "record",
            F.lit(False).alias("is_known"), "at", "f.n",
        )
        .select(*COLUMNS)
    )  # fmt: skip
