"""Blocking: which pairs of records are worth comparing, and how many there would be.

A key is a set of records that share something; a rare word is a key by itself, a common one only together with a
date or a place. A key that more than ``LARGEST_BLOCK`` records share says too little and is passed over.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cdp_spark.config.matching import Kind
from cdp_spark.errors import ConfigError, GuardHeld
from cdp_spark.identity.matching.arrays import Ints, distinct
from cdp_spark.identity.matching.columns import NULL, Coded, crossed
from cdp_spark.identity.matching.records import Records
from cdp_spark.identity.matching.tokens import Bags
from cdp_spark.identity.matching.values import district, local_part

LARGEST_BLOCK = 150
# Up to so many records all pairs are compared: that is a second's work, and typos in every key hide nobody.
FEW_RECORDS = 1_500
_PREFIX = 3


@dataclass(frozen=True)
class BlockingKey:
    """Rows and what each of them is blocked by; a row may come several times."""

    name: str
    rows: Ints
    codes: Ints


@dataclass(frozen=True)
class Forecast:
    """What a key costs: comparisons, blocks passed over since they were too large, the largest of all."""

    key: str
    comparisons: int
    passed_over: int
    largest: int


def blocking_keys(records: Records) -> Iterator[BlockingKey]:
    """All keys that the kinds of the columns give, the most telling last."""
    partners = _partners(records)
    if records.names:
        yield from _keys_of_words("name word", records.names, partners)
        ends = records.names.ends
        yield _key("first and last name", ends.codes)
    if records.address:
        yield from _keys_of_words("address word", records.address, partners)
    yield from _keys_of_dates(partners)
    for kind in (Kind.POSTCODE, Kind.IDENTIFIER_NUMBER, Kind.PHONE, Kind.EMAIL):
        for name, column in records.of_kind(kind).items():
            yield _key(name, column.codes)
    for name, column in records.of_kind(Kind.EMAIL).items():
        yield _key(f"{name} before the @", column.mapped(local_part).codes)


def forecasts(records: Records) -> list[Forecast]:
    """The cost of every key, before any pair is made. Pairs that two keys share count in both."""
    return [_forecast(key) for key in blocking_keys(records)]


def candidate_pairs(records: Records, max_comparisons: int) -> tuple[Ints, Ints]:
    """Rows (left < right) of all pairs that share a key, each once, in ascending order.

    Raises ConfigError when the kinds give no key, GuardHeld naming the costliest key when the keys forecast more than
    ten times ``max_comparisons``, or the distinct pairs are more.
    """
    if len(records) <= FEW_RECORDS:
        return np.divmod(_allowed(_every_pair(len(records)), records), max(1, len(records)))
    found = forecasts(records)
    if not found:
        raise ConfigError(
            f"nothing blocks: the kinds are {', '.join(sorted(set(records.kinds.values())))}",
            fix="give at least one column the kind of a name, street, postcode, e-mail, phone or number, or a date and a place",
        )
    _refuse(found, sum(f.comparisons for f in found), max_comparisons * 10)
    pairs: Ints = np.empty(0, dtype=np.int64)
    for key in blocking_keys(records):
        pairs = distinct(np.concatenate([pairs, _allowed(_pairs(key, len(records)), records)]))
        _refuse(found, len(pairs), max_comparisons)
    return np.divmod(pairs, max(1, len(records)))


def _refuse(found: list[Forecast], comparisons: int, at_most: int) -> None:
    if comparisons > at_most:
        worst = max(found, key=lambda f: f.comparisons)
        raise GuardHeld(
            f"matching would compare {comparisons:,} pairs and more, above {at_most:,}; the blocking key "
            f"{worst.key!r} alone gives {worst.comparisons:,}",
            fix="train on fewer records, take that column out of matching.kinds, or raise matching.max_comparisons",
            key=worst.key,
        )


def _partners(records: Records) -> dict[str, Coded]:
    found: dict[str, Coded] = {}
    for name, date in records.dates.items():
        found |= {f"date {name}": date.whole, f"year of {name}": date.year, f"day of {name}": date.month_day}
    found |= {f"district of {c}": col.mapped(district) for c, col in records.of_kind(Kind.POSTCODE).items()}
    return found | {f"place {c}": col for c, col in records.of_kind(Kind.PLACE).items()}


def _keys_of_words(label: str, bags: Bags, partners: dict[str, Coded]) -> Iterator[BlockingKey]:
    rows, words = bags.exploded()
    yield BlockingKey(label, rows, words)
    vocabulary = Coded(words, bags.vocabulary)
    prefixes = vocabulary.mapped(lambda w: w[:_PREFIX])
    for name, partner in partners.items():
        yield _known(f"{label} and {name}", rows, crossed(words, partner.codes[rows], len(partner.values)))
        if name.startswith(("date", "district", "place")):
            codes = crossed(prefixes.codes, partner.codes[rows], len(partner.values))
            yield _known(f"start of {label} and {name}", rows, codes)


def _keys_of_dates(partners: dict[str, Coded]) -> Iterator[BlockingKey]:
    places = {k: v for k, v in partners.items() if k.startswith(("district", "place"))}
    for d, date in partners.items():
        if d.startswith("date"):
            yield _key(d, date.codes)
            for p, place in places.items():
                yield _key(f"{d} and {p}", crossed(date.codes, place.codes, len(place.values)))


def _key(name: str, codes: Ints) -> BlockingKey:
    return _known(name, np.arange(len(codes)), codes)


def _known(name: str, rows: Ints, codes: Ints) -> BlockingKey:
    known = codes != NULL
    return BlockingKey(name, rows[known], codes[known])


def _blocks(key: BlockingKey, n: int) -> tuple[Ints, Ints, Ints]:
    """Rows sorted by block, each row once a block; where blocks start; their sizes."""
    codes, rows = np.divmod(distinct(key.codes * n + key.rows), n)
    starts = np.flatnonzero(np.append(True, np.diff(codes) != 0)) if len(codes) else np.empty(0, dtype=np.int64)
    return rows, starts, np.diff(np.append(starts, len(codes)))


def _forecast(key: BlockingKey) -> Forecast:
    _, _, sizes = _blocks(key, int(key.rows.max(initial=0)) + 1)
    kept = sizes[sizes <= LARGEST_BLOCK]
    comparisons = int((kept * (kept - 1) // 2).sum())
    return Forecast(key.name, comparisons, len(sizes) - len(kept), int(sizes.max(initial=0)))


def _pairs(key: BlockingKey, n: int) -> Ints:
    rows, starts, sizes = _blocks(key, n)
    found = [np.empty(0, dtype=np.int64)]
    for size in np.unique(sizes[(sizes > 1) & (sizes <= LARGEST_BLOCK)]):
        members = rows[starts[sizes == size][:, None] + np.arange(size)]
        i, j = np.triu_indices(int(size), 1)
        found.append((members[:, i] * n + members[:, j]).ravel())
    return distinct(np.concatenate(found))


def _every_pair(n: int) -> Ints:
    i, j = np.triu_indices(n, 1)
    return np.asarray(i * n + j, dtype=np.int64)


def _allowed(pairs: Ints, records: Records) -> Ints:
    left, right = records.source[pairs // len(records)], records.source[pairs % len(records)]
    allowed: Ints = pairs[(left != right) | (left == NULL)]
    return allowed
