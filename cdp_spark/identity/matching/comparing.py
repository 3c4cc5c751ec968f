"""The comparisons that follow from the kinds of the columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from cdp_spark.config.matching import Kind
from cdp_spark.errors import ConfigError
from cdp_spark.identity.matching.comparisons import Comparison
from cdp_spark.identity.matching.comparisons.bags import BagComparison
from cdp_spark.identity.matching.comparisons.dates import DateComparison
from cdp_spark.identity.matching.comparisons.location import LocationComparison
from cdp_spark.identity.matching.comparisons.tested import TestedComparison
from cdp_spark.identity.matching.comparisons.values import CategoryComparison, EmailComparison, NumberComparison
from cdp_spark.identity.matching.records import Records

AliasPairs = frozenset[tuple[str, str]]
NAME_ALIASES = "name"


@dataclass(frozen=True)
class Aliases:
    """Values that stand for one another, each pair sorted: words of names, and by column whole values."""

    names: AliasPairs = frozenset()
    of_columns: dict[str, AliasPairs] = field(default_factory=dict)

    def of(self, column: str) -> AliasPairs:
        """The aliases of one column."""
        return self.of_columns.get(column, frozenset())


def comparisons_of(records: Records, scale: float, aliases: Aliases) -> list[Comparison]:
    """Every comparison, in an order that the kinds fix. ``scale``: log2 of the number of records of the training."""
    found: list[Comparison] = []
    if records.names:
        found.append(BagComparison(records.name_of_names, records.names, scale, aliases.names))
    found += [DateComparison(name, d.year, d.month_day) for name, d in records.dates.items()]
    found += _locations(records, scale, aliases)
    found += [CategoryComparison(c, col, aliases.of(c)) for c, col in records.of_kind(Kind.CATEGORY).items()]
    for kind in (Kind.IDENTIFIER_NUMBER, Kind.PHONE):
        found += [NumberComparison(c, col) for c, col in records.of_kind(kind).items()]
    return found + [EmailComparison(c, col) for c, col in records.of_kind(Kind.EMAIL).items()]


def tested_comparisons(
    records: Records, levels: Mapping[str, Sequence[tuple[str, str, float, float]]]
) -> list[Comparison]:
    """Comparisons of single columns by tests: column → (label, how, bound, frequency weight) of every level.

    Raises ConfigError when the records lack such a column.
    """
    columns = {**records.columns, **{c: d.whole for c, d in records.dates.items()}}
    if missing := sorted(set(levels) - set(columns)):
        raise ConfigError(f"the records lack {', '.join(missing)}", fix="give these columns a kind")
    return [TestedComparison(c, columns[c], tuple(x[0] for x in of), [x[1:] for x in of]) for c, of in levels.items()]


def _locations(records: Records, scale: float, aliases: Aliases) -> list[Comparison]:
    """Postcodes and places pair up in the order in which they are named; the address goes with the first."""
    address = BagComparison(records.name_of_address, records.address, scale) if records.address else None
    postcodes, places = records.of_kind(Kind.POSTCODE), records.of_kind(Kind.PLACE)
    found: list[Comparison] = []
    for i, (postcode, place) in enumerate(zip_longest(postcodes, places)):
        of_first = address if i == 0 else None
        name = "+".join(n for n in (of_first and of_first.name, postcode, place) if n)
        found.append(
            LocationComparison(name, postcodes.get(postcode), places.get(place), of_first, aliases.of(place or ""))
        )
    if address and not found:
        found.append(LocationComparison(address.name, None, None, address))
    return found
