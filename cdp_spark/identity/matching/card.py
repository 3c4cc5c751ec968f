"""A model's card: what it has learnt, for people to read and question."""

from collections.abc import Iterator, Sequence

import numpy as np

from cdp_spark.identity.matching.em import LEAST_WEIGHT
from cdp_spark.identity.matching.model import ComparisonModel, Level, MatchingModel
from cdp_spark.identity.matching.scoring import match_probability

_MOST_LEVELS = 24
_MOST_ALIASES = 200
_SEEN = 1e-4
_HOUSEHOLDS = " Two of one household are 1 pair in {:,.0f}; for them the bits count less than shown."


def model_card(model: MatchingModel) -> str:
    """The card as Markdown. Holds no value of any record but the aliases, each of which several clusters show."""
    return "\n".join(
        [
            f"# Matching model {model.version}",
            "",
            f"Learnt from {model.n_records:,} records, without labels. Two records taken by chance are one person with a "
            f"chance of 1 in {1 / model.matches:,.0f}: every pair starts at {_prior(model):+.1f} bits. A bit more or less "
            "doubles or halves the odds; at 0 bits a match is as likely as not."
            + (_HOUSEHOLDS.format(1 / model.households) if model.households else ""),
            "",
            *_kinds(model),
            *(line for c in model.comparisons for line in _levels(c)),
            *_examples(model),
            *_blocking(model),
            *_aliases(model),
        ]
    )


def _prior(model: MatchingModel) -> float:
    return float(np.log2(model.matches / (1 - model.matches)))


def weight(level: Level) -> float:
    """log2(m/u), as scoring uses it."""
    return float(max(np.log2(level.m / level.u), LEAST_WEIGHT))


def _kinds(model: MatchingModel) -> Iterator[str]:
    yield from ("## Columns", "", "| column | kind |", "|---|---|")
    yield from (f"| {c} | {k} |" for c, k in model.kinds.items())
    yield ""


def _levels(comparison: ComparisonModel) -> Iterator[str]:
    seen = [x for x in comparison.levels if x.m >= _SEEN or x.test]
    shown = sorted(sorted(seen, key=lambda x: -x.m)[:_MOST_LEVELS], key=lambda x: -weight(x))
    yield from (f"## {comparison.name}", "", "| level | m: one person | u: two persons | bits |", "|---|---|---|---|")
    yield from (f"| {x.label} | {x.m:.4f} | {x.u:.6f} | {weight(x):+.1f} |" for x in shown)
    if left_out := len(comparison.levels) - len(shown):
        yield f"\n{left_out} levels that hardly occur are left out."
    yield ""


def _examples(model: MatchingModel) -> Iterator[str]:
    yield from ("## Examples", "", "What the model says of pairs as they are typical, the rarity of values aside.", "")
    for title, of in (("one person", lambda x: x.m), ("two persons", lambda x: x.u)):
        levels = [max(c.levels, key=of) for c in model.comparisons]
        yield from _example(f"Typical of {title}", model, levels)
    if len(model.comparisons) > 1:
        agree = [max(c.levels, key=lambda x: x.m) for c in model.comparisons[:-1]]
        differ = max(model.comparisons[-1].levels, key=lambda x: x.u)
        yield from _example("Agreeing in all but the last", model, [*agree, differ])


def _example(title: str, model: MatchingModel, levels: Sequence[Level]) -> Iterator[str]:
    bits = _prior(model) + sum(weight(x) for x in levels)
    said = "; ".join(f"{c.name}: {x.label} ({weight(x):+.1f})" for c, x in zip(model.comparisons, levels, strict=True))
    yield f"- {title}: {said}. Together {bits:+.1f} bits, probability {match_probability(np.array([bits]))[0]:.4f}."


def _blocking(model: MatchingModel) -> Iterator[str]:
    yield from ("", "## Blocking", "", "Blocks with more records than the cap are passed over.", "")
    yield from ("| key | comparisons | blocks passed over | largest block |", "|---|---|---|---|")
    yield from (f"| {b.key} | {b.comparisons:,} | {b.passed_over:,} | {b.largest:,} |" for b in model.blocking)
    yield ""


def _aliases(model: MatchingModel) -> Iterator[str]:
    yield from ("## Aliases", "", "Learnt from clusters; some will be wrong. Take out of the file what misleads.", "")
    for what, pairs in (("names", model.name_aliases), *model.column_aliases.items()):
        if pairs:
            more = f" and {len(pairs) - _MOST_ALIASES} more" if len(pairs) > _MOST_ALIASES else ""
            yield f"- {what}: " + ", ".join(f"{a}/{b}" for a, b in pairs[:_MOST_ALIASES]) + more
    yield ""
