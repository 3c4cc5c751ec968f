"""Which of several rows about the same thing stays: the first of equal facts, the newest of versions.

Both add ``_outcome`` to the new rows and keep them all, so that every record can be accounted for.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql.window import WindowSpec

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

    A row that says what another one, or a stored one, with equal ``same`` columns says, is its ``duplicate``. Where the
    greatest says what those right before it say, the stored one of them stands, else the first, as of the greatest:
    ``restated`` or ``kept``; the others are its duplicates. Else a stored row, which came along, has the outcome NULL.
    ``_stands`` marks the row of the key from now on, ``_is_current`` all that say the same, ``_newest_by`` holds the
    ``order`` columns as of which it stands; see ``rows_to_write``. Rows with ``_reasons`` are ``refused``. ``content`` is
    the hash of what a row says, where not all its columns belong to it.
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
            "_newest_by": F.first(F.struct(*order)).over(newest),
            "_is_other": F.col("_is_refused") | (F.col("_content") != F.first("_content").over(newest)),
        }
    )
    return _with_outcome(ranked, key, newest)


def rows_to_write(tagged: DataFrame) -> DataFrame:
    """The rows of ``newest_versions`` that stand and are new, or stand as of another version."""
    rows = tagged.filter(F.col("_outcome").isin(KEPT, RESTATED))
    return as_they_stand(rows)


def as_they_stand(rows: DataFrame) -> DataFrame:
    """Rows of ``newest_versions`` that stand, with the columns as of which they do."""
    order = rows.schema["_newest_by"].dataType.fieldNames()  # type: ignore[attr-defined]  # a struct
    return rows.withColumns({c: F.col("_newest_by")[c] for c in order})


def _with_outcome(ranked: DataFrame, key: list[str], newest: WindowSpec) -> DataFrame:
    whole = Window.partitionBy(*key)
    # Those before which nothing else is said, from the newest on.
    current = ranked.withColumn("_is_current", (~F.max("_is_other").over(newest)) & ~F.col("_is_repeat"))
    sized = current.withColumns(
        {
            "_n_current": F.count_if("_is_current").over(whole),
            "_is_known": F.max(F.col("_is_current") & F.col("_is_stored")).over(whole),
        }
    )
    is_first, is_oldest = F.col("_rank") == 1, F.col("_rank") == F.col("_n_current")
    stands = F.col("_is_current") & F.when(F.col("_is_known"), F.col("_is_stored")).otherwise(is_oldest)
    outcome = (
        F.when(F.col("_is_stored"), F.when(stands & ~is_first, RESTATED))
        .when(F.col("_is_refused"), REFUSED)
        .when(F.col("_is_repeat"), DUPLICATE)
        .when(stands, KEPT)
        .when(F.col("_is_current"), DUPLICATE)
        .otherwise(SUPERSEDED)
    )
    return sized.withColumns({"_stands": stands, "_outcome": outcome})


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
