"""Scores against every pair counted by hand, and mistakes by cause."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdp_spark.simulate.mistakes import glued_pairs, missed_pairs
from cdp_spark.simulate.scores import partition_scores

LABELS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=40)


@given(labels=LABELS)
@settings(max_examples=150, deadline=None)
def test_scores_are_those_of_all_pairs_and_items_counted_one_by_one(labels: list[tuple[int, int]]) -> None:
    true, found = (np.array(side, dtype=np.int64) for side in zip(*labels, strict=True))
    scores = partition_scores(true, found)
    pairs = list(combinations(labels, 2))
    right = sum(a[0] == b[0] and a[1] == b[1] for a, b in pairs)
    together, belonging = sum(a[1] == b[1] for a, b in pairs), sum(a[0] == b[0] for a, b in pairs)
    assert (scores.right_pairs, scores.found_pairs, scores.true_pairs) == (right, together, belonging)
    assert scores.precision == (right / together if together else 1)
    shares = [
        (sum(o == item for o in labels), sum(o[1] == item[1] for o in labels), sum(o[0] == item[0] for o in labels))
        for item in labels
    ]
    assert scores.bcubed_precision == pytest.approx(sum(both / mine for both, mine, _ in shares) / len(labels))
    assert scores.bcubed_recall == pytest.approx(sum(both / own for both, _, own in shares) / len(labels))
    members = [{i for i, label in enumerate(labels) if label[side] == value} for side in (0, 1) for value in range(6)]
    assert scores.exact_clusters == sum(a in members[6:] for a in members[:6] if a)
    assert scores.biggest_found == max(len(cluster) for cluster in members[6:])


def _identifiers(*rows: tuple[str, str, str, str, str, int]) -> pd.DataFrame:
    columns = ["namespace", "status", "person", "household", "found", "linkable"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(node_id=range(len(frame)))


def test_missed_pairs_say_what_held_them_apart() -> None:
    identifiers = _identifiers(
        ("user_id", "active", "P1", "H1", "a", 0),
        ("email", "active", "P1", "H1", "b", 0),
        ("phone", "shared", "P1", "H1", "alone 2", 0),
        ("anonymous_id", "active", "P1", "H1", "c", 1),
        ("user_id", "active", "P2", "H1", "d", 2),
    )
    assert missed_pairs(identifiers) == {
        "held apart: email and user_id": 1,
        "phone taken for shared": 2,
        "no record shows them together: anonymous_id and user_id": 1,
        "no record shows them together: anonymous_id and email": 1,
        "no record shows them together: anonymous_id and phone": 1,
    }


def test_glued_pairs_say_what_glued_them() -> None:
    identifiers = _identifiers(
        ("user_id", "active", "P1", "H1", "a", 0),
        ("user_id", "active", "P2", "H1", "a", 1),
        ("user_id", "active", "P3", "H3", "b", 2),
        ("user_id", "active", "P4", "H4", "b", 3),
        ("email", "active", "P5", "H5", "c", 4),
    )
    others = pd.DataFrame({"found": ["a", "a"], "namespace": ["phone", "email"], "kind": ["household", "household"]})
    assert glued_pairs(identifiers, others) == {
        "one household, by household email + household phone": 1,
        "strangers, by their own identifiers": 1,
    }
