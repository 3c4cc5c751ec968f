"""Expectation maximisation against a case solved by hand, and what holds for every model."""

import math

import numpy as np
import pytest

from cdp_spark.identity.matching.comparisons import UNKNOWN
from cdp_spark.identity.matching.em import Patterns, estimates, pattern_weights, patterns


def test_one_round_is_what_the_formulas_give_by_hand() -> None:
    """100 pairs; 10 agree on both fields and start as matches, 10 on the first alone, 80 on none.

    Start: λ = .1; m of agreement (10 + ¼) / (10 + ½) = 41/42 in both fields. Random pairs are all pairs: of the first
    field 20 agree, less 10 × 41/42 matches leaves 215/21 and ½ on top is 451/42; 80 − 10/42 + ½ differ.
    """
    seen = patterns([np.array([0] * 20 + [1] * 80), np.array([0] * 10 + [1] * 90)], [2, 2])
    random = [np.array([20.0, 80.0]), np.array([10.0, 90.0])]
    seeds = (seen.levels == 0).all(axis=1)

    start = estimates(seen, seeds, random, 100.0, rounds=0)
    m, u_first = 41 / 42, (451 / 42) / (451 / 42 + 80 - 10 / 42 + 0.5)
    u_second = (10 - 10 * m + 0.5) / (10 - 10 * m + 0.5 + 90 - 10 * (1 - m) + 0.5)
    assert start.matches == pytest.approx(0.1)
    assert [x[0] for x in start.m] == pytest.approx([m, m])
    assert [x[0] for x in start.u] == pytest.approx([u_first, u_second])

    def share(first: bool, second: bool) -> float:
        match = 0.1 * (m if first else 1 - m) * (m if second else 1 - m)
        other = 0.9 * (u_first if first else 1 - u_first) * (u_second if second else 1 - u_second)
        return match / (match + other)

    after = estimates(seen, seeds, random, 100.0, rounds=1)
    both, one, none = 10 * share(True, True), 10 * share(True, False), 80 * share(False, False)
    total = both + one + none
    assert after.matches == pytest.approx(total / 100)
    assert [x[0] for x in after.m] == pytest.approx(
        [(both + one + 0.25) / (total + 0.5), (both + 0.25) / (total + 0.5)]
    )


def test_an_unknown_level_has_the_factor_1() -> None:
    seen = patterns([np.array([0, 0, 1]), np.array([0, UNKNOWN, 1])], [2, 2])
    model = estimates(seen, (seen.levels[:, 0] == 0), [np.array([2.0, 8.0]), np.array([3.0, 7.0])], 10.0, rounds=2)
    weights = model.weights
    of_pairs = pattern_weights(seen.levels, weights)[seen.of_pair]
    assert of_pairs == pytest.approx([weights[0][0] + weights[1][0], weights[0][0], weights[0][1] + weights[1][1]])


def test_shares_of_a_comparison_add_up_and_the_prior_is_the_odds() -> None:
    seen = Patterns(np.array([[0, 2], [1, 0], [1, UNKNOWN]]), np.array([5.0, 3.0, 2.0]), np.arange(3))
    model = estimates(
        seen, np.array([True, False, False]), [np.array([4.0, 96.0]), np.array([1.0, 0.0, 99.0])], 1000.0, 4
    )
    for shares in (*model.m, *model.u):
        assert shares.sum() == pytest.approx(1)
        assert (shares > 0).all()
    assert model.prior == pytest.approx(math.log2(model.matches / (1 - model.matches)))
