"""Published persons of a handful of identifiers, held against a truth written by hand."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from cdp_spark.contracts.identity import MEMBERSHIPS, NODES
from cdp_spark.errors import UsageError
from cdp_spark.runtime.published import Published
from cdp_spark.runtime.rows import frame_of_rows
from cdp_spark.runtime.tables import Tables
from cdp_spark.simulate.accuracy import accuracy

T0 = datetime(2026, 1, 1, tzinfo=UTC)
# value: namespace, the person identity gave (None: it links nobody)
FOUND = {
    "u1": ("user_id", "A"), "a@x": ("email", "A"), "cookie1": ("anonymous_id", "B"), "u2": ("user_id", "A"),
    "c2": ("crm_contact_id", "C"), "fam@x": ("email", "A"), "+43": ("phone", None),
}  # fmt: skip
TRUTH = """namespace,value,persons,kind
user_id,u1,P1,personal
email,a@x,P1,personal
anonymous_id,cookie1,P1,personal
user_id,u2,P2,personal
crm_contact_id,c2,P2,personal
phone,+43,P2,personal
crm_contact_id,d2,P2,personal
crm_contact_id,never seen,P2,personal
email,fam@x,P1;P2,household
subscriber_id,s1,P1,carried
"""
SHOWN = """person,identifiers
P1,email=a@x;user_id=u1
P1,email=fam@x;user_id=u1
P1,anonymous_id=cookie1;email=fam@x
P1,email=a@x;subscriber_id=s1
P2,anonymous_id=cookie1;subscriber_id=s1
P2,email=fam@x;user_id=u2
P2,phone=+43;user_id=u2
P2,birth date and address=1980-05-17 1070 Gasse 1;crm_contact_id=c2;phone=+43
P2,birth date and address=1980-05-17 1070 Gasse 1;crm_contact_id=d2
"""


@pytest.fixture
def published(spark: SparkSession, tables: Tables) -> Published:
    node_rows: list[tuple[object, ...]] = []
    member_rows: list[tuple[object, ...]] = []
    for node, (value, (namespace, person)) in enumerate(FOUND.items()):
        status = "active" if person else "shared"
        node_rows.append((node, namespace, value, 0, status, None, 1, T0, T0))
        member_rows += [(node, T0, None, person, 0, True)] if person else []
    written = {}
    for contract, rows in ((NODES, node_rows), (MEMBERSHIPS, member_rows)):
        tables.append(contract, frame_of_rows(spark, contract.schema, rows))
        written[contract.name] = tables.version(contract) or 0
    return Published(tables, written)


def _truth(folder: Path) -> Path:
    (folder / "identifiers.csv").write_text(TRUTH)
    (folder / "shown.csv").write_text(SHOWN)
    (folder / "persons.csv").write_text("person,household\nP1,H1\nP2,H1\n")
    return folder


def test_scores_and_causes_of_a_small_world(published: Published, tmp_path: Path) -> None:
    found = accuracy(published, _truth(tmp_path))
    assert (found.of_truth.items, found.of_truth.true_clusters) == (7, 2)  # d2 too, which was not published
    assert (found.of_truth.true_pairs, found.of_truth.found_pairs, found.of_truth.right_pairs) == (9, 3, 1)
    assert found.of_linkable.true_pairs == 7  # to P1's cookie leads nothing but the family's address
    assert found.glued == {"one household, by household email": 2}
    assert found.missed == {
        "no record shows them together: anonymous_id and user_id": 1,
        "no record shows them together: anonymous_id and email": 1,
        "held apart: crm_contact_id and user_id": 1,
        "phone taken for shared": 2,
        "crm_contact_id taken for not published": 3,
    }
    assert "precision 0.3333, recall 0.1111 of all 9 pairs, 0.1429 of the 7 linkable ones" in "\n".join(found.lines())


def test_what_is_linkable_does_not_hang_on_what_identity_found(
    published: Published, tables: Tables, tmp_path: Path
) -> None:
    before = accuracy(published, _truth(tmp_path)).of_linkable
    found = tables.read(MEMBERSHIPS)
    tables.replace(MEMBERSHIPS, found.withColumn("person_id", F.lit("A")), found)
    glued = Published(tables, published.versions | {MEMBERSHIPS.name: tables.version(MEMBERSHIPS) or 0})
    after = accuracy(glued, _truth(tmp_path)).of_linkable
    assert (after.true_pairs, after.true_clusters) == (before.true_pairs, before.true_clusters)
    assert after.found_pairs > before.found_pairs


def test_a_followed_link_leads_to_the_device_it_was_followed_on(published: Published, tmp_path: Path) -> None:
    before = accuracy(published, _truth(tmp_path)).of_linkable
    shown = SHOWN + "P1,anonymous_id=cookie1;subscriber_id=s1\n"
    (tmp_path / "shown.csv").write_text(shown)
    after = accuracy(published, tmp_path).of_linkable
    assert (after.items, after.true_pairs) == (before.items, before.true_pairs + 2)  # the id itself is not scored


def test_a_folder_without_truth_is_refused(published: Published, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no identifiers\.csv"):
        accuracy(published, tmp_path)


def test_the_truth_of_another_company_is_refused(published: Published, tmp_path: Path) -> None:
    (_truth(tmp_path) / "identifiers.csv").write_text("namespace,value,persons,kind\nuser_id,u9,P1,personal\n")
    with pytest.raises(UsageError, match="none of the published"):
        accuracy(published, tmp_path)
