"""A model outlives its file, says what it is, and models of others are taken over or refused by name."""

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from cdp_spark.config.matching import Kind, MatchingConfig
from cdp_spark.errors import ConfigError, ContractError, GuardHeld, UsageError
from cdp_spark.identity.matching.blocking import LARGEST_BLOCK, candidate_pairs, forecasts
from cdp_spark.identity.matching.card import model_card
from cdp_spark.identity.matching.matched import matched_by
from cdp_spark.identity.matching.model import model_from_json, model_of
from cdp_spark.identity.matching.records import prepared_records
from cdp_spark.identity.matching.splink import model_from_splink
from cdp_spark.identity.matching.trainer import kinds_of_options, trained_on_file
from cdp_spark.identity.matching.training import trained
from tests.identity.matching.variants import historical

LIMIT = 40_000_000
NAMES = {"first_name": Kind.GIVEN_NAME, "surname": Kind.FAMILY_NAME}


def test_a_model_read_back_from_its_file_gives_the_clusters_of_the_training() -> None:
    truth = historical(25)
    records = prepared_records(truth.records, truth.kinds, "id")
    learnt, matched = trained(records, LIMIT)
    model = model_of(records, learnt, forecasts(records))
    again = model_from_json(model.to_json(), "a file")
    assert again == model and again.version == model.version
    found = matched_by(records, again, LIMIT)
    assert np.array_equal(found.weights, matched.weights) and np.array_equal(found.labels, matched.labels)
    with pytest.raises(ConfigError, match="the records give first_name"):
        matched_by(prepared_records(truth.records, NAMES, "id"), model, LIMIT)


def test_a_card_names_levels_blocking_and_no_record() -> None:
    truth = historical(25)
    records = prepared_records(truth.records, truth.kinds, "id")
    model = model_of(records, trained(records, LIMIT, learn_aliases=False)[0], forecasts(records))
    card = model_card(model)
    assert "| year equal, day equal |" in card and "| name word |" in card and model.version in card
    words = {w for names in truth.records["surname"].to_pylist() for w in names.split() if len(w) > 5}
    assert not [w for w in words if w in card]


def test_a_broken_file_is_refused_with_its_place() -> None:
    with pytest.raises(ConfigError, match=r"m\.json is no matching model: n_records: Field required"):
        model_from_json('{"kinds": {}, "matches": 0.1, "scale": 3, "comparisons": []}', "m.json")


def test_names_alone_are_enough() -> None:
    records = prepared_records(named_people(), NAMES, "id")
    _, matched = trained(records, LIMIT)
    together = {records.ids[i]: records.ids[x] for i, x in enumerate(matched.labels) if i != x}
    assert together == {f"b{i}": f"a{i}" for i in range(10)}


def named_people() -> pa.Table:
    """Fifty persons, ten of them with a second record in which the names stand the other way round; one without a name."""
    firsts = [f"{a}{b}a" for a in ("mar", "jul", "hel", "sof", "ver", "kat", "len") for b in ("i", "on", "ett", "ul")]
    lasts = [f"{a}{b}" for a in ("gruber", "novak", "tanner", "wells", "ostrow") for b in ("", "son", "ini", "ard")]
    people = [(firsts[i % 28], lasts[i * 7 % 20]) for i in range(50)]
    rows = [(f"a{i}", *p) for i, p in enumerate(people)] + [(f"b{i}", *p[::-1]) for i, p in enumerate(people[:10])]
    rows.append(("c", None, ""))  # type: ignore[arg-type]  # null and empty are the case
    ids, first_names, surnames = zip(*rows, strict=True)
    return pa.table({"id": ids, "first_name": first_names, "surname": surnames})


def test_scores_are_symmetric_and_what_is_unknown_adds_nothing() -> None:
    truth = historical(20)
    records = prepared_records(truth.records, truth.kinds, "id")
    learnt, _ = trained(records, LIMIT)
    left, right = np.triu_indices(len(records), 1)
    for comparison in learnt.comparisons:
        one, other = comparison.compared(left, right), comparison.compared(right, left)
        assert np.array_equal(one.levels, other.levels), comparison.name
        assert np.allclose(one.frequency_bits, other.frequency_bits)
        assert not one.frequency_bits[one.levels < 0].any()


def test_an_id_that_is_missing_or_double_is_refused() -> None:
    for ids in (["a", "a"], ["a", None]):
        with pytest.raises(ContractError, match="one id twice"):
            prepared_records(pa.table({"id": ids, "surname": ["x", "y"]}), NAMES, "id")


def test_records_without_any_column_of_a_kind_are_refused() -> None:
    with pytest.raises(ConfigError, match="first_name, surname"):
        prepared_records(pa.table({"id": ["a"]}), NAMES, "id")


def test_a_key_that_gives_too_many_pairs_is_named() -> None:
    n = 2_000
    table = pa.table({"id": [str(i) for i in range(n)], "surname": [f"s{i % 40:03d}" for i in range(n)]})
    records = prepared_records(table, NAMES, "id")
    with pytest.raises(GuardHeld, match="blocking key 'name word'"):
        candidate_pairs(records, 10_000)
    # 50 records a name stay below the cap; above it a block is passed over.
    assert len(candidate_pairs(records, LIMIT)[0]) == 40 * 50 * 49 // 2
    crowded = prepared_records(table.set_column(1, "surname", pa.array(["same"] * n)), NAMES, "id")
    assert n > LARGEST_BLOCK and len(candidate_pairs(crowded, LIMIT)[0]) == 0


def test_nothing_that_blocks_is_refused() -> None:
    table = pa.table({"id": [str(i) for i in range(2_000)], "gender": ["f", "m"] * 1_000})
    with pytest.raises(ConfigError, match="nothing blocks"):
        candidate_pairs(prepared_records(table, {"gender": Kind.CATEGORY}, "id"), LIMIT)


def test_a_file_of_records_gives_model_card_and_clusters(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    rows = named_people().to_pylist()
    text = "key, first,last\n" + "".join(f"{r['id']},{r['first_name'] or ''},{r['surname']}\n" for r in rows)
    file.write_text(text, encoding="utf-8")
    kinds = kinds_of_options(["first=given_name", "last=family_name"])
    written = trained_on_file(file, "key", kinds, tmp_path / "out", MatchingConfig(), None)
    assert [f.suffix for f in written.files] == [".json", ".md", ".csv"]
    with written.files[2].open(newline="") as clusters:
        cluster = {r["record_id"]: r["cluster_id"] for r in csv.DictReader(clusters)}
    assert cluster["b3"] == "a3" and cluster["a11"] == "a11" and len(cluster) == 61
    with pytest.raises(UsageError, match="person_name, given_name"):
        kinds_of_options(["first=forename"])


SPLINK: dict[str, Any] = {
    "link_type": "dedupe_only",
    "probability_two_random_records_match": 0.01,
    "comparisons": [
        {
            "output_column_name": "first_name",
            "comparison_levels": [
                {"sql_condition": '"first_name_l" IS NULL OR "first_name_r" IS NULL', "is_null_level": True},
                {
                    "sql_condition": '"first_name_l" = "first_name_r"', "label_for_charts": "Exact match",
                    "m_probability": 0.8, "u_probability": 0.01, "tf_adjustment_column": "first_name",
                    "tf_adjustment_weight": 0.0,
                },
                {
                    "sql_condition": 'jaro_winkler_similarity("first_name_l", "first_name_r") >= 0.9',
                    "m_probability": 0.15, "u_probability": 0.02,
                },
                {"sql_condition": "ELSE", "m_probability": 0.05, "u_probability": 0.97},
            ],
        },
        {
            "output_column_name": "surname",
            "comparison_levels": [
                {"sql_condition": "surname_l IS NULL", "is_null_level": True},
                {"sql_condition": "surname_l = surname_r", "m_probability": 0.9, "u_probability": 0.001},
                {"sql_condition": "levenshtein(surname_l, surname_r) <= 2", "m_probability": 0.08, "u_probability": 0.004},
                {"sql_condition": "ELSE", "m_probability": 0.02, "u_probability": 0.995},
            ],
        },
    ],
}  # fmt: skip


def test_a_splink_model_scores_as_its_weights_say() -> None:
    table = pa.table(
        {
            "id": list("abcd"),
            "first_name": ["martha", "marhta", "zoe", None],
            "surname": ["jones", "jonse", "jones", "jones"],
        }
    )
    records = prepared_records(table, NAMES, "id")
    model = model_from_splink(json.dumps(SPLINK), NAMES, len(records))
    found = matched_by(records, model, LIMIT)
    weights = {
        (records.ids[a], records.ids[b]): w for a, b, w in zip(found.left, found.right, found.weights, strict=True)
    }
    prior = math.log2(0.01 / 0.99)
    assert weights["a", "b"] == pytest.approx(prior + math.log2(0.15 / 0.02) + math.log2(0.08 / 0.004), abs=0.01)
    assert weights["a", "c"] == pytest.approx(prior + math.log2(0.05 / 0.97) + math.log2(0.9 / 0.001), abs=0.01)
    assert weights["a", "d"] == pytest.approx(prior + math.log2(0.9 / 0.001), abs=0.01)


def test_what_a_splink_model_has_beyond_that_is_named() -> None:
    other = json.loads(json.dumps(SPLINK))
    other["comparisons"][1]["comparison_levels"][2]["sql_condition"] = "abs(surname_l - surname_r) < 3"
    with pytest.raises(ConfigError, match=r"comparison 'surname' is not supported: abs\(surname_l - surname_r\) < 3"):
        model_from_splink(json.dumps(other), NAMES, 10)
    del other["comparisons"][1]["comparison_levels"][1]["m_probability"]
    with pytest.raises(ConfigError, match="is not trained"):
        model_from_splink(json.dumps(other), NAMES, 10)
