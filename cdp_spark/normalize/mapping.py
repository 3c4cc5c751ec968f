"""A mapping compiled: bronze records → typed rows of one silver table, with what is wrong about each.

Each mapping makes its rows, and those of all mappings to a table go one way from there: what they share is planned and
compiled once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.config.base import version_of
from cdp_spark.config.paths import identifier_values, paths_of, paths_of_condition
from cdp_spark.config.project import ProjectConfig
from cdp_spark.config.sources import EVENT_CLOCKS, Mapping, Stream, When
from cdp_spark.contracts import TableContract
from cdp_spark.contracts.reasons import Reason
from cdp_spark.contracts.silver import (
    AD_SPEND,
    CONSENT_EVENTS,
    CUSTOMERS,
    EVENTS,
    IDENTIFIER_ARRAY,
    ORDER_LINES,
    ORDERS,
)
from cdp_spark.normalize.checks import RowChecks
from cdp_spark.normalize.fields.country import normalized_country
from cdp_spark.normalize.paths import EACH, RecordShape, Step, steps_of
from cdp_spark.normalize.prefilter import can_meet
from cdp_spark.normalize.typed import Typed, Typing
from cdp_spark.normalize.values import Texts, Values

TARGETS: dict[str, TableContract] = {
    t.table: t for t in (EVENTS, CUSTOMERS, ORDERS, ORDER_LINES, CONSENT_EVENTS, AD_SPEND)
}

# What a row keeps of the record it was made from, for the steps that follow.
PROVENANCE = ("record_id", "stream", "message_id", "landing_id", "landed_at", "file_mtime")

# What a line within an order may set; the rest it has from the order.
LINE_COLUMNS = ("line", "product_id", "sku", "name", "category", "quantity", "unit_price", "total")

# The amounts of an order that can be the sums of its lines.
SUMS = ("revenue", "total")

_SEPARATOR = "\x1f"
_DEFECT = "_defect_"


@dataclass(frozen=True)
class MappingPlan:
    """One mapping of one stream of one source. ``index`` is its position among the stream's mappings."""

    source: str
    stream_name: str
    stream: Stream
    index: int
    timezone: str
    country: str
    project: ProjectConfig | None = None
    """How the company wants addresses of visitors kept, and its own visits told; None: as by default."""
    checks: RowChecks = field(default_factory=RowChecks)

    @property
    def mapping(self) -> Mapping:
        """The mapping as configured."""
        return self.stream.mappings[self.index]

    @property
    def target(self) -> TableContract:
        """The table it makes rows for."""
        return TARGETS[self.mapping.to]

    @property
    def version(self) -> str:
        """Hash of the stream's configuration, by which quarantined records tell what refused them."""
        return version_of(self.stream)

    def rows(self, bronze: DataFrame) -> DataFrame:
        """The rows of the stream's records that this mapping takes, before the table's own rules.

        They carry the table's columns as far as the mapping sets them, the record's provenance and ``identifiers``. What is
        wrong with a required column stands in a column of its own, ``defect_of`` its name; with others, in ``_defects``.
        """
        of_stream = bronze.filter((F.col("stream") == self.stream_name) & F.col("fault").isNull())
        likely = can_meet(self.mapping.when)
        read = self._shape.parsed(of_stream if likely is None else of_stream.filter(likely))
        taken = read.filter(self._takes)
        # In three steps, each on the columns of the one before: texts, values, what is wrong with them.
        texts = Texts()
        typed, identifiers = self._typed(texts), self._identifiers(texts)
        statuses = self._statuses(texts)
        said = {name: t for name, t in typed.items() if t.defect} | dict(enumerate(t for _, t in identifiers))
        values = taken.select(*PROVENANCE, *texts.columns, *self._lines).select(
            *PROVENANCE,
            *[t.value.alias(name) for name, t in typed.items()],
            *[t.value.alias(_numbered(i)) for i, (_, t) in enumerate(identifiers)],
            *[t.present.alias(_said(name)) for name, t in said.items()],
            *(["_lines"] if self.mapping.lines else []),
            *statuses,
        )
        missed = {name: _missed(name, name, t.defect) for name, t in typed.items() if t.defect}
        required = _required(self.target)
        return values.select(
            *PROVENANCE,
            F.lit(self.source).alias("source"),
            *typed,
            *[defect.alias(defect_of(name)) for name, defect in missed.items() if name in required],
            joined([defect for name, defect in missed.items() if name not in required]).alias("_defects"),
            _array_of_identifiers([(n, F.col(_numbered(i))) for i, (n, _) in enumerate(identifiers)]).alias(
                "identifiers"
            ),
            joined([_missed(_numbered(i), i, t.defect) for i, (_, t) in enumerate(identifiers)]).alias("_refused"),
            *(["_lines"] if self.mapping.lines else []),
            *(["_purposes"] if statuses else []),
            *self._sums,
        )

    @cached_property
    def _shape(self) -> RecordShape:
        return RecordShape(self._paths())

    def _paths(self) -> Iterator[tuple[Step, ...]]:
        m = self.mapping
        purposes = [p.status for p in m.purposes.values()]
        for value in (*m.set.values(), *identifier_values(m), *purposes):
            yield from (steps_of(p) for p in paths_of(value))
        for when in self._whens():
            yield from (steps_of(p) for p in paths_of_condition(when))
        if m.lines:
            each = (*steps_of(m.lines.each), EACH)
            for value in m.lines.set.values():
                yield from ((*each, *steps_of(p)) for p in paths_of(value))

    def _whens(self) -> Iterator[When]:
        earlier = self.stream.mappings[: self.index] if self.mapping.to == "events" else ()
        yield from (m.when for m in (*[e for e in earlier if e.to == "events"], self.mapping) if m.when)

    @property
    def _takes(self) -> Column:
        """Whether the mapping takes a record; for events, that none before it did."""
        values = self._values(self._zone)
        own = values.condition(self.mapping.when) if self.mapping.when else F.lit(True)
        if self.mapping.to != "events":
            return own
        for earlier in self.stream.mappings[: self.index]:
            if earlier.to == "events":
                own = own & (~values.condition(earlier.when) if earlier.when else F.lit(False))
        return own

    @property
    def _zone(self) -> str:
        return self.stream.timezone or self.timezone

    def _values(self, zone: str, texts: Texts | None = None) -> Values:
        def resolve(path: str) -> Column:
            return self._shape.column(steps_of(path))

        return Values(resolve, zone, texts.kept) if texts else Values(resolve, zone)

    def _typing(self, texts: Texts) -> Typing:
        region = F.lit(self.country)
        if "country" in self.mapping.set:
            stated = self._values(self._zone, texts).of(self.mapping.set["country"]).text
            region = F.coalesce(normalized_country(stated), region)
        return Typing(lambda zone: self._values(zone, texts), self._zone, region)

    def _typed(self, texts: Texts) -> dict[str, Typed]:
        types, typing = _types(self.target), self._typing(texts)
        return {n: typing.column(n, types[n], v) for n, v in self.mapping.set.items() if n not in PROVENANCE}

    def _identifiers(self, texts: Texts) -> list[tuple[str, Typed]]:
        typing = self._typing(texts)
        return [
            (namespace, typing.identifier(namespace, value))
            for namespace, values in self.mapping.identifiers.items()
            for value in (values if isinstance(values, tuple) else (values,))
        ]

    @property
    def _lines(self) -> list[Column]:
        if not self.mapping.lines:
            return []
        each, lines = steps_of(self.mapping.lines.each), self.mapping.lines
        types = {c.name: c.type for c in ORDER_LINES.columns}

        def line(element: Column, position: Column) -> Column:
            def values(zone: str) -> Values:
                return Values(lambda p: self._shape.of_element(each, element, steps_of(p)), zone)

            typing = Typing(values, self._zone, F.lit(self.country))
            typed = {n: typing.column(n, types[n], v) for n, v in lines.set.items()}
            given = typed["line"].value if "line" in typed else F.lit(None).cast("string")
            columns = {n: typed[n].value if n in typed else F.lit(None) for n in LINE_COLUMNS} | {
                "line": F.coalesce(given, (position + 1).cast("string")),
                "warnings": split(
                    joined([F.when(t.present & t.value.isNull(), t.defect) for t in typed.values() if t.defect])
                ),
            }
            # The same shape for every mapping, because the orders of all sources go into one frame.
            return F.struct(*[c.cast(types[n]).alias(n) for n, c in columns.items()])

        return [F.transform(self._shape.elements(each), line).alias("_lines")]

    @property
    def _sums(self) -> list[Column]:
        """For orders: the amounts that are to be those of their lines, as an array."""
        if self.mapping.to != "orders":
            return []
        names = [c for c in SUMS if self.mapping.totals_from_lines and c not in self.mapping.set]
        return [F.array(*[F.lit(c) for c in names]).cast("array<string>").alias("_sums")]

    def _statuses(self, texts: Texts) -> list[Column]:
        """For consent events: purpose, channel and what the record says, as an array."""
        if not self.mapping.purposes:
            return []
        values = self._values(self._zone, texts)
        said = [
            F.struct(
                F.lit(purpose).alias("purpose"),
                F.lit(p.channel).cast("string").alias("channel"),
                F.lower(values.of(p.status).text).alias("said"),
            )
            for purpose, p in self.mapping.purposes.items()
        ]
        return [F.array(*said).alias("_purposes")]


Parts = Sequence[tuple[MappingPlan, DataFrame]]
"""Mappings of one configuration to one table, each with its source's records."""


def rows_of(parts: Parts) -> DataFrame:
    """What mappings to one table give of their records, one below the other.

    All that a mapping may set is there, NULL where none does, and a column for what is wrong with each required one.
    """
    rows = reduce(_below, [plan.rows(bronze) for plan, bronze in parts])
    target = parts[0][0].target
    wanted = _types(target) | {defect_of(c): "STRING" for c in _required(target)}
    return rows.withColumns({n: F.lit(None).cast(t) for n, t in wanted.items() if n not in rows.columns})


def is_given(column: str, parts: Parts) -> bool:
    """Whether a mapping sets the column."""
    return any(column in plan.mapping.set for plan, _ in parts)


def judged(
    rows: DataFrame, parts: Parts, warnings: Sequence[Column] = (), refusals: Sequence[Column] = ()
) -> DataFrame:
    """The rows of mappings of one configuration, with ``warnings`` and ``_reasons`` (an array, NULL where the row can be
    used).
    """
    target, checks = parts[0][0].target, parts[0][0].checks
    required = _required(target)
    own = (target.table, sorted({plan.source for plan, _ in parts}), dict(rows.dtypes))
    lacking = [F.when(F.col(c).isNull(), F.coalesce(defect_of(c), F.lit(Reason.MISSING.about(c)))) for c in required]
    # A defect of a required column that something else could fill is a warning as well.
    made_good = [F.when(F.col(c).isNotNull(), F.col(defect_of(c))) for c in required]
    told = [*made_good, F.col("_defects"), F.col("_refused"), *warnings, *checks.warnings(*own)]
    reasons = [*lacking, *refusals, *checks.refusals(*own)]
    return rows.withColumns({"_reasons": split(joined(reasons)), "warnings": split(joined(told))})


def unmatched_records(plan: MappingPlan, bronze: DataFrame) -> DataFrame | None:
    """``record_id`` of the records of a stream that none of its mappings takes; None where one takes everything."""
    whens = [m.when for m in plan.stream.mappings if m.when is not None]
    if len(whens) < len(plan.stream.mappings):
        return None
    shape = RecordShape(steps_of(p) for when in whens for p in paths_of_condition(when))
    values = Values(lambda path: shape.column(steps_of(path)), plan.timezone)
    of_stream = bronze.filter((F.col("stream") == plan.stream_name) & F.col("fault").isNull())
    untaken = reduce(lambda none, when: none & ~values.condition(when), whens, F.lit(True))
    return shape.parsed(of_stream).filter(untaken).select("record_id")


def joined(texts: list[Column]) -> Column:
    """Texts joined for :func:`split`; NULL when there is none."""
    return F.nullif(F.concat_ws(_SEPARATOR, *texts), F.lit("")) if texts else F.lit(None).cast("string")


def split(text: Column) -> Column:
    """The array of what was joined."""
    return F.split(text, _SEPARATOR)


def defect_of(column: str) -> str:
    """The name of the column of rows that says what is wrong with another."""
    return f"{_DEFECT}{column}"


def _below(above: DataFrame, below: DataFrame) -> DataFrame:
    return above.unionByName(below, allowMissingColumns=True)


def _types(target: TableContract) -> dict[str, str]:
    """The columns that a mapping may set, with their types."""
    clocks = dict.fromkeys(EVENT_CLOCKS, "TIMESTAMP") if target == EVENTS else {}
    return {c.name: c.type for c in target.columns if c.name != "warnings"} | clocks


def _required(target: TableContract) -> list[str]:
    """The columns that a record must fill."""
    return [c.name for c in target.columns if c.required and c.name not in (*PROVENANCE, "source")]


def _numbered(i: int) -> str:
    return f"_identifier_{i}"


def _said(name: str | int) -> str:
    return f"_said_{name}"


def _missed(column: str, said: str | int, defect: str | None) -> Column:
    """The defect, where the record said something and the column has nothing."""
    return F.when(F.col(_said(said)) & F.col(column).isNull(), defect)


def _array_of_identifiers(identifiers: list[tuple[str, Column]]) -> Column:
    none = F.array().cast(IDENTIFIER_ARRAY)
    # Arrays of one put together: what takes NULLs out of an array is not compiled, nor is what stands beside it.
    parts = [
        F.when(
            value.isNotNull(), F.array(F.struct(F.lit(namespace).alias("namespace"), value.alias("value")))
        ).otherwise(none)
        for namespace, value in identifiers
    ]
    present = F.concat(*parts) if parts else none
    names = [n for n, _ in identifiers]
    return F.array_distinct(present) if len(set(names)) < len(names) else present
