"""Records as matching sees them: sorted by id, every column cleaned and coded by its kind."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from cdp_spark.config.matching import NAME_KINDS, Kind
from cdp_spark.errors import ConfigError, ContractError
from cdp_spark.identity.matching import values
from cdp_spark.identity.matching.arrays import Ints, Texts, texts
from cdp_spark.identity.matching.columns import Coded, coded_column
from cdp_spark.identity.matching.tokens import Bags, bags

_CLEANED: Mapping[Kind, Callable[[str], str | None]] = {
    Kind.POSTCODE: values.compact,
    Kind.IDENTIFIER_NUMBER: values.compact,
    Kind.EMAIL: values.email,
    Kind.PHONE: values.digits,
}
_ADDRESS_KINDS = (Kind.HOUSE_NUMBER, Kind.STREET)


@dataclass(frozen=True)
class Date:
    """A date's parts and the whole of it."""

    year: Coded
    month_day: Coded
    whole: Coded


@dataclass(frozen=True)
class Records:
    """``source`` is a code of the record's source where that source holds each person once, else -1."""

    ids: Texts
    source: Ints
    kinds: Mapping[str, Kind]
    names: Bags | None
    address: Bags | None
    dates: Mapping[str, Date]
    columns: Mapping[str, Coded] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def name_of_names(self) -> str:
        """The name columns, joined by ``+``."""
        return "+".join(_of_kinds(self.kinds, NAME_KINDS))

    @property
    def name_of_address(self) -> str:
        """The address columns, joined by ``+``."""
        return "+".join(_of_kinds(self.kinds, _ADDRESS_KINDS))

    def of_kind(self, kind: Kind) -> dict[str, Coded]:
        """The coded columns of one kind."""
        return {c: self.columns[c] for c in _of_kinds(self.kinds, (kind,))}


def prepared_records(
    table: pa.Table,
    kinds: Mapping[str, Kind],
    id_column: str,
    source_column: str | None = None,
    one_record_a_person: Sequence[str] = (),
) -> Records:
    """The records of a table.

    In: one row a record; ``id_column`` is unique and not null. Columns of ``kinds`` that the table lacks are left out.
    Raises ConfigError when none of them is there, ContractError when an id is null or double.
    """
    present = {c: Kind(k) for c, k in kinds.items() if c in table.column_names}
    if not present:
        raise ConfigError(
            f"none of the columns that have a kind is in the records: {', '.join(kinds) or 'no kinds given'}",
            fix="name the columns as the records do",
        )
    table = table.append_column("__id", pc.cast(table[id_column], pa.string()))
    table = table.take(pc.sort_indices(table, sort_keys=[("__id", "ascending")]))
    ids = table["__id"].to_pylist()
    if None in ids or len(set(ids)) < len(ids):
        raise ContractError("records have no id, or one id twice", fix=f"give every record its own {id_column}")
    cleaned = {c: coded_column(table[c], _CLEANED.get(k, values.folded)) for c, k in present.items() if k != Kind.DATE}
    return Records(
        ids=texts(ids),
        source=_sources(table, source_column, one_record_a_person),
        kinds=present,
        names=_bag(cleaned, _of_kinds(present, NAME_KINDS)),
        address=_bag(cleaned, _of_kinds(present, _ADDRESS_KINDS)),
        dates={c: _date(table[c]) for c in _of_kinds(present, (Kind.DATE,))},
        columns=cleaned,
    )


def _of_kinds(kinds: Mapping[str, Kind], wanted: Sequence[Kind]) -> list[str]:
    return [c for c, k in kinds.items() if k in wanted]


def _bag(cleaned: Mapping[str, Coded], columns: Sequence[str]) -> Bags | None:
    return bags([cleaned[c] for c in columns]) if columns else None


def _date(column: pa.ChunkedArray) -> Date:
    year, month_day = coded_column(column, values.year), coded_column(column, values.month_day)
    return Date(year, month_day, coded_column(column, values.whole_date))


def _sources(table: pa.Table, source_column: str | None, clean: Sequence[str]) -> Ints:
    name = source_column if source_column in table.column_names else None
    column = table[name] if name else pa.chunked_array([pa.nulls(len(table), pa.string())])
    return coded_column(column, lambda v: v if v in clean else None).codes
