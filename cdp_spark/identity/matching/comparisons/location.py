"""Home: street, postcode and place together. Who moves changes all, and a household agrees on all at once."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cdp_spark.identity.matching.arrays import Ints, Texts, per_distinct_pair
from cdp_spark.identity.matching.columns import Coded
from cdp_spark.identity.matching.comparisons import UNKNOWN, Compared
from cdp_spark.identity.matching.comparisons.bags import BagComparison
from cdp_spark.identity.matching.frequencies import frequency_bits
from cdp_spark.identity.matching.similarity import is_alike, is_one_edit
from cdp_spark.identity.matching.values import area, district, sector

_POSTCODES = ("postcode equal", "postcode one edit off", "same sector", "same district", "same area", "postcode differs", "postcode unknown")  # fmt: skip
_PLACES = ("place equal", "place an alias", "place alike", "place differs", "place unknown")
_P_EQUAL, _P_EDIT, _P_SECTOR, _P_DISTRICT, _P_AREA, _P_DIFFERS, _P_UNKNOWN = range(7)
_EQUAL, _ALIAS, _ALIKE, _DIFFERS, _UNKNOWN = range(5)
_ADDRESSES = ("address same", "address alike", "address differs", "address unknown")
_SAME_BITS, _ALIKE_BITS = 5, 3


@dataclass(frozen=True)
class LocationComparison:
    """Postcode {equal, one edit, sector, district, area, else, unknown} × place {equal, alias, alike, else, unknown},
    and where there is a street × address {same, alike, else, unknown}. Any of them may be missing.
    """

    name: str
    postcode: Coded | None
    place: Coded | None
    address: BagComparison | None = None
    aliases: frozenset[tuple[str, str]] = frozenset()

    is_about_home: bool = True
    is_shared_at_home: bool = True

    @property
    def labels(self) -> tuple[str, ...]:
        """Postcode × place, × address where there is one."""
        home = tuple(f"{z}, {p}" for z in _POSTCODES for p in _PLACES)
        return tuple(f"{h}, {a}" for h in home for a in _ADDRESSES) if self.address else home

    @property
    def agreements(self) -> Mapping[str, frozenset[int]]:
        """Equal postcodes, equal places, the same address."""
        marks = [level.split(", ") for level in self.labels]
        wanted = {"postcode": _POSTCODES[_P_EQUAL], "place": _PLACES[_EQUAL], "address": _ADDRESSES[0]}
        present = {"postcode": self.postcode, "place": self.place, "address": self.address}
        return {
            f"{self.name}:{field}": frozenset(i for i, mark in enumerate(marks) if label in mark)
            for field, label in wanted.items()
            if present[field] is not None
        }

    def compared(self, left: Ints, right: Ints) -> Compared:
        """Levels; the rarity of a place counts where the postcode and the address say little."""
        postcodes, places = self._postcodes(left, right), self._places(left, right)
        levels = postcodes * len(_PLACES) + places
        unknown = (postcodes == _P_UNKNOWN) & (places == _UNKNOWN)
        rare = (postcodes >= _P_DIFFERS) & (places == _EQUAL)
        if self.address:
            addresses = _address_levels(self.address.compared(left, right).levels)
            levels, unknown = levels * len(_ADDRESSES) + addresses, unknown & (addresses == len(_ADDRESSES) - 1)
            rare &= addresses > 1
        bits = np.where(rare, frequency_bits(self.place, left), 0.0) if self.place else np.zeros(len(left))
        return Compared(np.where(unknown, UNKNOWN, levels), bits)

    def _postcodes(self, left: Ints, right: Ints) -> Ints:
        levels = np.full(len(left), _P_UNKNOWN, dtype=np.int64)
        if self.postcode is None:
            return levels
        one, other = self.postcode.codes[left], self.postcode.codes[right]
        known = (one >= 0) & (other >= 0)
        levels[known] = per_distinct_pair(one[known], other[known], self.postcode.values, _postcode_levels)
        return levels

    def _places(self, left: Ints, right: Ints) -> Ints:
        levels = np.full(len(left), _UNKNOWN, dtype=np.int64)
        if self.place is None:
            return levels
        one, other = self.place.codes[left], self.place.codes[right]
        known = (one >= 0) & (other >= 0)
        levels[known] = per_distinct_pair(one[known], other[known], self.place.values, self._place_levels)
        return levels

    def _place_levels(self, left: Texts, right: Texts) -> Ints:
        levels = np.where(is_alike(left, right), _ALIKE, _DIFFERS)
        if self.aliases:
            alias = [(a, b) in self.aliases for a, b in zip(left, right, strict=True)]
            levels[np.array(alias, dtype=bool)] = _ALIAS
        levels[left == right] = _EQUAL
        return levels


def _postcode_levels(left: Texts, right: Texts) -> Ints:
    levels = np.full(len(left), _P_DIFFERS, dtype=np.int64)
    for level, of in ((_P_AREA, area), (_P_DISTRICT, district), (_P_SECTOR, sector)):
        part = {v: of(v) for v in {*left, *right}}
        same = [part[a] is not None and part[a] == part[b] for a, b in zip(left, right, strict=True)]
        levels[np.array(same, dtype=bool)] = level
    levels[is_one_edit(left, right)] = _P_EDIT
    levels[left == right] = _P_EQUAL
    return levels


def _address_levels(of_bags: Ints) -> Ints:
    """The levels of a bag, (bits, contradiction), as same, alike, different, unknown."""
    bits, contradiction = np.divmod(of_bags, 3)
    same = (bits >= _SAME_BITS) & (contradiction < 2)
    return np.where(of_bags == UNKNOWN, 3, np.where(same, 0, np.where(bits >= _ALIKE_BITS, 1, 2)))
