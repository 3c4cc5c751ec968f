"""Which of several rows about the same thing stays: the first of equal facts, the newest of versions.

Both add ``_outcome`` to the new rows and keep them all, so that every record can be accounted for.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from cdp_spark.contracts import TableContract

KEPT, DUPLICATE, SUPERSEDED, CONFLICT, REFUSED = "kept", "duplicate", "superseded", "conflict", "refused"
RESTATED = "restated"
"""Of a stored row: a newer version says the same, so that it stands as of that version."""

# How a row came here says nothing about what it says, and what is derived from its other columns says nothing more.
_NOT_CONTENT = {
    "record_id",
    "received_ts",
    "event_ts",
    "event_ts_source",
    "landing_id",
    "version_ts",
    "warnings",
    "time_quality",
    "device_class",
    "os",
    "browser",
    "ip",
    "is_internal",
    "street_key",
    "house_number",
    "postcode_key",
    "city_key",
    "stream",
    "content_hash",
}
_DAY_SECONDS = 86_400


def first_facts(  # one rule for every table of facts
    contract: TableContract, rows: DataFrame, stored: DataFrame, at: str, received: str, content: Column | None = None
) -> DataFrame:
    """Of rows with the same key the one received first is ``kept``, unless one is stored; of several received at once
    the one that happened first.

    Another is a ``duplicate`` when it says the same, not more than a day apart by ``at``, or is the stored record
    itself, else a ``conflict``. Rows with ``_reasons`` are ``refused`` and do not take part. ``stored`` holds at least
    those rows of the table that have the key of a new one. ``content`` is the hash of what a row says, where the rows
    carry it; stored ones then need no more than it, the key, ``record_id``, ``at`` and ``received``.
    """
    key = list(contract.key)
    both = _with_stored(contract, rows, stored, content)
    order = Window.partitionBy(*key).orderBy(
        F.col("_is_stored").desc(),
        F.col("_is_refused"),
        *[F.col(c).asc_nulls_last() for c in (received, at)],
        *[c.asc() for c in _told_apart()],
    )
    apart = F.abs(F.unix_seconds(at) - F.unix_seconds("_first_at")) > _DAY_SECONDS
    says_the_same = F.col("_content").eqNullSafe(F.col("_first_content")) & ~F.coalesce(apart, F.lit(False))
    # A record is never in conflict with what it said itself, under another mapping.
    same = says_the_same | (F.col("_stored_record") == F.col("record_id"))
    ranked = both.withColumns(
        {
            "_rank": F.row_number().over(order),
            "_first_content": F.first("_content").over(order),
            "_first_at": F.first(at).over(order),
            "_stored_record": F.first(F.when(F.col("_is_stored"), F.col("record_id"))).over(order),
        }
    )
    outcome = (
        F.when(F.col("_is_refused"), REFUSED).when(F.col("_rank") == 1, KEPT).when(same, DUPLICATE).otherwise(CONFLICT)
    )
    return ranked.withColumn("_outcome", outcome).filter(~F.col("_is_stored"))


def newest_versions(
    contract: TableContract,
    rows: DataFrame,
    stored: DataFrame,
    order: Sequence[str],
    same: Sequence[str],
    content: Column | None = None,
) -> DataFrame:
    """Of rows with the same key the greatest by ``order``, then the later in its file, is ``kept``, unless a stored one
    is; the others are ``superseded``.

    A row that says what another one, or a stored one, with equal ``same`` columns says, is its ``duplicate``, and so is the
    greatest one where it says what is stored: then the stored row is ``restated`` and has its ``order`` columns, and
    nothing else about it is new. Else a stored row, which came along, has the outcome NULL. ``_stands`` marks the row of
    the key from now on. Rows with ``_reasons`` are ``refused``. ``content`` is the hash of what a row says, where not all
    its columns belong to it.
    """
    key = list(contract.key)
    both = _with_stored(contract, rows, stored_like(rows, stored, key), content).repartition(*key)
    equal = Window.partitionBy(*key, "_is_refused", *same, "_content").orderBy(
        F.col("_is_stored").desc(), *[c.asc() for c in _told_apart()]
    )
    marked = both.withColumn("_is_repeat", (F.row_number().over(equal) > 1) & ~F.col("_is_refused"))
    newest = Window.partitionBy(*key).orderBy(
        F.col("_is_refused"),
        F.col("_is_repeat"),
        *[F.col(c).desc() for c in order],
        *[c.desc() for c in _told_apart()],
    )
    ranked = marked.withColumns(
        {
            "_rank": F.row_number().over(newest),
            "_newest_content": F.first("_content").over(newest),
            "_newest_by": F.first(F.struct(*order)).over(newest),
            "_is_known": F.max(F.when(F.col("_is_stored"), F.col("_content"))).over(Window.partitionBy(*key)),
        }
    )
    return _with_outcome(ranked, order)


def _with_outcome(ranked: DataFrame, order: Sequence[str]) -> DataFrame:
    is_first = F.col("_rank") == 1
    is_restated = F.coalesce(F.col("_is_known") == F.col("_newest_content"), F.lit(False))
    outcome = (
        F.when(F.col("_is_stored"), F.when(is_restated & ~is_first, RESTATED))
        .when(F.col("_is_refused"), REFUSED)
        .when(F.col("_is_repeat"), DUPLICATE)
        .when(is_first, F.when(is_restated, DUPLICATE).otherwise(KEPT))
        .otherwise(SUPERSEDED)
    )
    restated = {c: F.when(F.col("_outcome") == RESTATED, F.col("_newest_by")[c]).otherwise(F.col(c)) for c in order}
    stands = F.when(is_restated, F.col("_is_stored")).otherwise(is_first & ~F.col("_is_refused"))
    return ranked.withColumns({"_outcome": outcome, "_stands": stands}).withColumns(restated)


def is_in_conflict_with_stored() -> Column:
    """Whether a row of ``first_facts`` is in conflict with a stored one."""
    return (F.col("_outcome") == CONFLICT) & F.col("_stored_record").isNotNull()


def content_hash(contract: TableContract, but: Mapping[str, Column] = MappingProxyType({})) -> Column:
    """Hash of what a row says, whenever and however it came. ``but`` gives other columns in place of some."""
    names = [c.name for c in contract.columns if c.name not in _NOT_CONTENT and c.name not in contract.key]
    columns = {n: but.get(n, F.col(n)) for n in names}
    # The hash passes over NULL: without a stand-in, a value in one column would equal it in the next.
    plain = {n: F.coalesce(c.cast("string"), F.lit("\x00")) for n, c in columns.items() if _is_plain(contract, n)}
    return F.xxhash64(*(columns | plain).values())


def _told_apart() -> tuple[Column, ...]:
    """What decides between rows of equal rank: the place within the file, then what they say. The name of a file's
    version comes last, so that the same files with other dates give the same rows.
    """
    return F.substring_index("record_id", "-", -2), F.col("_content"), F.col("record_id")


def is_usable() -> Column:
    """Whether a judged row can be used."""
    return F.col("_reasons").isNull()


def stored_like(rows: DataFrame, stored: DataFrame, key: Sequence[str]) -> DataFrame:
    """The stored rows that have the key of a new one."""
    return stored.join(rows.select(*key).distinct(), on=list(key), how="left_semi")


def _with_stored(
    contract: TableContract, rows: DataFrame, stored: DataFrame, content: Column | None = None
) -> DataFrame:
    says = content_hash(contract) if content is None else content
    new = rows.withColumns({"_content": says, "_is_stored": F.lit(False), "_is_refused": F.col("_reasons").isNotNull()})
    known = stored.withColumns({"_content": says, "_is_stored": F.lit(True), "_is_refused": F.lit(False)})
    return new.unionByName(known, allowMissingColumns=True)


def _is_plain(contract: TableContract, name: str) -> bool:
    return next(not c.type.startswith(("ARRAY", "MAP", "STRUCT")) for c in contract.columns if c.name == name)
