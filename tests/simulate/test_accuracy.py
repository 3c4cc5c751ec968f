"""Published persons of a handful of identifiers, held against a truth written by hand."""

from datetime import datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from cdp_spark.contracts.identity import MEMBERSHIPS, NODES
from cdp_spark.contracts.silver import IDENTIFIERS
from cdp_spark.errors import UsageError
from cdp_spark.runtime.rows import frame_of_rows
from cdp_spark.runtime.tables import Published, Tables
from cdp_spark.simulate.accuracy import accuracy

T0 = datetime(2026, 1, 1)  # noqa: DTZ001  # Spark's rows are naive
# value: namespace, the person identity gave (None: it links nobody)
FOUND = {
    "u1": ("user_id", "A"), "a@x": ("email", "A"), "cookie1": ("anonymous_id", "B"), "u2": ("user_id", "A"),
    "c2": ("crm_contact_id", "C"), "fam@x": ("email", "A"), "+43": ("phone", None),
}  # fmt: skip
RECORDS = [("r1", "u1"), ("r1", "a@x"), ("r2", "u1"), ("r2", "fam@x"), ("r3", "u2"), ("r3", "fam@x"), ("r4", "u2"),
           ("r4", "+43"), ("r5", "c2"), ("r5", "+43"), ("r6", "cookie1")]  # fmt: skip
TRUTH = """namespace,value,persons,kind
user_id,u1,P1,personal
email,a@x,P1,personal
anonymous_id,cookie1,P1,personal
user_id,u2,P2,personal
crm_contact_id,c2,P2,personal
phone,+43,P2,personal
email,fam@x,P1;P2,household
"""


@pytest.fixture
def published(spark: SparkSession, tables: Tables) -> Published:
    node_rows: list[tuple[object, ...]] = []
    member_rows: list[tuple[object, ...]] = []
    for node, (value, (namespace, person)) in enumerate(FOUND.items()):
        status = "active" if person else "shared"
        node_rows.append((node, namespace, value, 0, status, None, 1, T0, T0))
        member_rows += [(node, T0, None, person, 0, True)] if person else []
    seen: list[tuple[object, ...]] = [(r, FOUND[v][0], v, "s", "s", "events", T0, 1) for r, v in RECORDS]
    written = {}
    for contract, rows in ((NODES, node_rows), (MEMBERSHIPS, member_rows), (IDENTIFIERS, seen)):
        tables.append(contract, frame_of_rows(spark, contract.schema, rows))
        written[contract.name] = tables.version(contract) or 0
    return Published(tables, written)


def _truth(folder: Path) -> Path:
    (folder / "identifiers.csv").write_text(TRUTH)
    (folder / "persons.csv").write_text("person,household\nP1,H1\nP2,H1\n")
    return folder


def test_scores_and_causes_of_a_small_world(published: Published, tmp_path: Path) -> None:
    found = accuracy(published, _truth(tmp_path))
    assert (found.of_truth.items, found.of_truth.true_clusters) == (6, 2)
    assert (found.of_truth.true_pairs, found.of_truth.found_pairs, found.of_truth.right_pairs) == (6, 3, 1)
    assert found.of_evidence.true_pairs == 4  # no record shows P1's cookie with anything
    assert found.glued == {"one household, by household email": 2}
    assert found.missed == {
        "no record shows them together: anonymous_id and user_id": 1,
        "no record shows them together: anonymous_id and email": 1,
        "held apart: crm_contact_id and user_id": 1,
        "phone taken for shared": 2,
    }
    assert "precision 0.3333, recall 0.1667" in "\n".join(found.lines())


def test_a_folder_without_truth_is_refused(published: Published, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no identifiers\.csv"):
        accuracy(published, tmp_path)


def test_the_truth_of_another_company_is_refused(published: Published, tmp_path: Path) -> None:
    (_truth(tmp_path) / "identifiers.csv").write_text("namespace,value,persons,kind\nuser_id,u9,P1,personal\n")
    with pytest.raises(UsageError, match="none of the published"):
        accuracy(published, tmp_path)
