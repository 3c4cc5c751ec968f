"""Where identity and the truth part: what held apart or glued together what.

Works on one row an identifier that is truly one person's: node_id, namespace, status, person (in truth), household, found
(the person identity gave, or a label of its own where it gave none), linkable (the part of the person's identifiers
between which landed records lead; no rule could know that two parts are one person).
"""

from collections import Counter

import numpy as np
import pandas as pd

ACTIVE = "active"


def missed_pairs(identifiers: pd.DataFrame) -> Counter[str]:
    """Pairs of one person that identity holds apart, by cause."""
    pairs = _pairs_within(identifiers, "person")
    apart = pairs[pairs["found_a"] != pairs["found_b"]]
    return Counter(_why_apart(apart))


def glued_pairs(identifiers: pd.DataFrame, others: pd.DataFrame) -> Counter[str]:
    """Pairs of two persons in one found person, by what else is in it.

    `others` are the identifiers that are not one person's alone: found, namespace, kind (household, recycled, placeholder,
    …, unknown where the truth does not name it).
    """
    persons = identifiers.groupby("found")["person"].nunique()
    mixed = identifiers[identifiers["found"].isin(persons[persons > 1].index)]
    pairs = _pairs_within(mixed, "found")
    wrong = pairs[pairs["person_a"] != pairs["person_b"]]
    glue = _glue_of(others)
    home = np.where(wrong["household_a"] == wrong["household_b"], "one household", "strangers")
    by = wrong["found_a"].map(glue).fillna("their own identifiers")
    return Counter(f"{where}, by {what}" for where, what in zip(home.tolist(), by.tolist(), strict=True))


def _glue_of(others: pd.DataFrame) -> "pd.Series[str]":
    """What the not-personal identifiers of each found person are, in order of their names."""
    named = others.assign(glue=others["kind"] + " " + others["namespace"])[["found", "glue"]]
    return named.drop_duplicates().sort_values("glue").groupby("found")["glue"].agg(" + ".join)


def _pairs_within(identifiers: pd.DataFrame, by: str) -> pd.DataFrame:
    sides = [identifiers.add_suffix(f"_{side}") for side in "ab"]
    pairs = sides[0].merge(sides[1], left_on=f"{by}_a", right_on=f"{by}_b")
    return pairs[pairs["node_id_a"] < pairs["node_id_b"]]


def _why_apart(apart: pd.DataFrame) -> list[str]:
    columns = [apart[f"{name}_{side}"].tolist() for name in ("namespace", "status", "linkable") for side in "ab"]
    causes: list[str] = []
    for a, b, status_a, status_b, part_a, part_b in zip(*columns, strict=True):
        taken = [f"{name} taken for {status}" for name, status in ((a, status_a), (b, status_b)) if status != ACTIVE]
        names = " and ".join(sorted((a, b)))
        held = taken[0] if taken else f"held apart: {names}"
        causes.append(held if part_a == part_b else f"no record shows them together: {names}")
    return causes
