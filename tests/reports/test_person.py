"""What `cdp person` says of one person: what makes them one, what was refused, and with whom they share."""

from io import StringIO
from pathlib import Path

import pytest
from pyspark.sql import Row as SparkRow
from pyspark.sql import SparkSession
from rich.console import Console

from cdp_spark.contracts import TableContract, gold, identity
from cdp_spark.contracts.traits import contract_of_traits
from cdp_spark.errors import UsageError
from cdp_spark.reports.person import PersonView, person_view
from cdp_spark.reports.terminal import person_tables
from cdp_spark.runtime.published import Published
from cdp_spark.runtime.rows import frame_of_rows
from cdp_spark.runtime.tables import Tables
from cdp_spark.runtime.warehouse import Warehouse
from tests.reports.conftest import Row, a_config, rows_of

ANA, MAIL, CARD, TABLET, BEN = 1, 2, 3, 4, 5
NAMES = {
    ANA: "user_id:ana",
    MAIL: "email:ana@example.com",
    CARD: "loyalty_id:L-1",
    TABLET: "anonymous_id:tablet",
    BEN: "user_id:ben",
}


def _link(link_id: int, src: int, dst: int, **said: object) -> Row:
    return {"link_id": link_id, "src": src, "dst": dst, "rule": "same_record", **said}


ROWS: dict[TableContract, list[Row]] = {
    identity.NODES: [
        {"node_id": n, "namespace": name.split(":")[0], "value": name.split(":")[1], "priority": n, "status": "active"}
        for n, name in NAMES.items()
    ],
    identity.MEMBERSHIPS: [
        {"node_id": n, "person_id": "p_ben" if n == BEN else "p_ana", "is_current": True} for n in NAMES if n != TABLET
    ],
    identity.REDIRECTS: [{"old_person_id": "p_old", "person_id": "p_ana"}],
    identity.LINKS: [
        _link(i, src, dst, n_obs=1, sources=["crm"])
        for i, src, dst in ((1, ANA, MAIL), (2, MAIL, CARD), (3, MAIL, BEN))
    ],
    identity.HELD_LINKS: [
        _link(2, MAIL, CARD, reason="bridge_review"),
        _link(3, MAIL, BEN, reason="namespace_limit"),
        _link(4, ANA, TABLET, reason="shared_identifier"),
        _link(5, TABLET, BEN, reason="shared_identifier"),
    ],
    identity.HOUSEHOLD_MEMBERSHIPS: [
        {"node_id": n, "household_id": "h1", "basis": ["anonymous_id"], "is_current": True} for n in (ANA, BEN)
    ],
    gold.PROFILES: [{"person_id": "p_ana", "email": "ana@example.com"}],
    gold.CONTACT_POINTS: [],
    gold.AUDIENCE_MEMBERS: [],
    gold.SESSIONS: [],
    gold.TOUCHPOINTS: [],
}


@pytest.fixture(scope="module")
def published(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Published:
    folder = tmp_path_factory.mktemp("person")
    tables = Tables(spark, Warehouse(str(folder / "warehouse")))
    traits = contract_of_traits(a_config(folder).traits)
    versions = {}
    for contract, rows in {**ROWS, traits: []}.items():
        schema = contract.schema.replace(" NOT NULL", "")
        tables.append(contract, frame_of_rows(spark, schema, rows_of(contract, rows)).coalesce(1))
        versions[contract.name] = tables.version(contract) or 0
    return Published(tables, versions)


def _ends(links: list[SparkRow]) -> list[tuple[str, str, str | None]]:
    return [(k["from"], k["to"], k["held"]) for k in links]


@pytest.fixture(scope="module")
def ana(published: Published, tmp_path_factory: pytest.TempPathFactory) -> PersonView:
    return person_view(published, a_config(tmp_path_factory.mktemp("conf")), "email:Ana@example.com")


def test_links_say_what_makes_one_person_and_what_was_refused(ana: PersonView) -> None:
    assert [i["value"] for i in ana.identifiers] == ["ana", "ana@example.com", "L-1"]
    assert _ends(ana.links) == [
        (NAMES[MAIL], NAMES[CARD], "bridge_review"),
        (NAMES[ANA], NAMES[MAIL], None),
    ]
    assert _ends(ana.refused) == [
        (NAMES[MAIL], NAMES[BEN], "namespace_limit"),
        (NAMES[ANA], NAMES[TABLET], "shared_identifier"),
    ]


def test_a_household_names_the_others(ana: PersonView) -> None:
    assert [(h["household_id"], h["basis"], h["others"]) for h in ana.household] == [
        ("h1", ["anonymous_id"], ["p_ben"])
    ]


def test_what_is_shown_is_masked_unless_asked_for(ana: PersonView) -> None:
    def text(in_clear: bool) -> str:
        console = Console(width=200, record=True, file=StringIO())
        console.print(person_tables(ana, in_clear=in_clear))
        return console.export_text()

    masked, clear = text(False), text(True)
    assert "ana@example.com" in clear and "ana@example.com" not in masked
    for said in ("why they are one person", "namespace_limit", "shares without being one person", "p_ben"):
        assert said in masked


def test_an_old_id_leads_there_and_what_is_nobody_s_is_said_so(published: Published, tmp_path: Path) -> None:
    config = a_config(tmp_path)
    assert person_view(published, config, "p_old").person_id == "p_ana"
    with pytest.raises(UsageError, match="leads to no person"):
        person_view(published, config, "tablet")
