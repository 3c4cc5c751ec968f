"""The stage on a warehouse: run, run again, facts that change."""

from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from cdp_spark.config.attribution import AttributionConfig
from cdp_spark.config.consent import ConsentConfig
from cdp_spark.config.identity import IdentityConfig
from cdp_spark.config.load import Config
from cdp_spark.config.profiles import ProfilesConfig
from cdp_spark.config.project import ProjectConfig
from cdp_spark.config.traits import TraitsConfig
from cdp_spark.contracts.gold import CONTACT_POINTS, PROFILES
from cdp_spark.contracts.identity import MEMBERSHIPS
from cdp_spark.contracts.silver import CONSENT_STATE
from cdp_spark.contracts.traits import contract_of_traits
from cdp_spark.profiles.step import STEP
from cdp_spark.runtime.clock import FixedClock
from cdp_spark.runtime.progress import Progress
from cdp_spark.runtime.run import Counts, Run
from cdp_spark.runtime.tables import Tables
from tests.profiles.facts import Facts, day

CONFIG = Config(
    folder=Path("conf"),
    project=ProjectConfig(name="test"),
    sources={},
    identity=IdentityConfig(),
    consent=ConsentConfig(),
    profiles=ProfilesConfig(),
    traits=TraitsConfig.model_validate({"traits": {"orders_count": {"kind": "count", "orders": True}}}),
    audiences={},
    destinations={},
    attribution=AttributionConfig(),
)


class World:
    """Facts in a warehouse on which the stage is run."""

    def __init__(self, spark: SparkSession, tables: Tables) -> None:
        self.spark, self.tables, self.runs = spark, tables, 0
        self.facts = Facts()
        self.consent: list[dict[str, Any]] = []
        self.facts.owns("ana", user_id="ana", email="ana@x.com", phone="+431")
        self.facts.owns("bob", anonymous_id="c2", device_id="d2")
        self.facts.customer(
            "r1", "c1", day(1), {"email": "ana@x.com"}, email="ana@x.com", first_name="Ana", city="Wien"
        )
        self.facts.seen("web", day(1), anonymous_id="c2", device_id="d2")
        self.says("e1", 1, "granted", until=4)
        self.says("e2", 4, "withdrawn")

    def says(self, event: str, at: int, status: str, until: int | None = None) -> None:
        """A decision of ana's address for advertising, from day ``at`` to before day ``until``."""
        self.consent.append(
            {"namespace": "email", "value": "ana@x.com", "purpose": "ads", "valid_from": day(at),
             "valid_to": None if until is None else day(until), "status": status, "decided_by": event, "rule": "latest"}
        )  # fmt: skip

    def run(self, at: int) -> Counts:
        """Writes the facts and runs the stage on day ``at``."""
        frames = self.facts.frames(self.spark)
        for contract in STEP.reads(CONFIG):
            if contract.name in frames:
                self.tables.replace(contract, frames[contract.name])
        self.tables.replace(CONSENT_STATE, self.facts.frame(self.spark, CONSENT_STATE, self.consent))
        self.runs += 1
        name = f"r{self.runs}"
        clock = FixedClock(day(at))
        return STEP.run(Run(self.spark, CONFIG, self.tables, clock, Progress(name, "quiet"), name, self.runs, day(at)))

    def versions(self) -> list[int | None]:
        """Versions of the tables that the stage writes."""
        return [self.tables.version(c) for c in STEP.writes(CONFIG)]

    def consent_of_ana(self) -> dict[str, str]:
        """What her address says now."""
        rows = self.tables.read(CONTACT_POINTS).filter("value = 'ana@x.com'").collect()
        return rows[0]["consent"]  # type: ignore[no-any-return]  # a map


@pytest.fixture
def world(spark: SparkSession, tables: Tables) -> World:
    """Ana with a record and consent, Bob with a device."""
    return World(spark, tables)


def test_the_stage_run_again_changes_no_row_and_time_alone_moves_consent(world: World) -> None:
    first = world.run(at=3)
    assert first.details == {"profiles_inserted": 2, "contact_points_inserted": 3, "traits_inserted": 2}
    assert world.consent_of_ana() == {"ads": "granted"}
    before = world.versions()
    assert world.run(at=3).changed == 0
    assert world.versions() == before
    assert world.run(at=4).details == {"contact_points_updated": 1}
    assert world.consent_of_ana() == {"ads": "withdrawn"}


def test_a_merge_leaves_one_profile_and_taking_it_back_two(world: World) -> None:
    world.run(at=3)
    before = sorted(map(repr, world.tables.read(PROFILES).collect()))
    bobs = [i for i, p in world.facts.owners.items() if p == "bob"]
    world.facts.owners.update(dict.fromkeys(bobs, "ana"))
    assert world.run(at=3).details["profiles_deleted"] == 1
    merged = world.tables.read(PROFILES).collect()
    assert [(r["person_id"], r["n_identifiers"], r["sources"]) for r in merged] == [("ana", 5, ["web"])]
    assert {r["person_id"] for r in world.tables.read(CONTACT_POINTS).collect()} == {"ana"}
    world.facts.owners.update(dict.fromkeys(bobs, "bob"))
    world.run(at=3)
    assert sorted(map(repr, world.tables.read(PROFILES).collect())) == before


def test_every_person_has_one_profile_and_shows_own_contact_points_only(world: World) -> None:
    world.run(at=3)
    people = [r["person_id"] for r in world.tables.read(PROFILES).collect()]
    current = {r["person_id"] for r in world.tables.read(MEMBERSHIPS).collect()}
    assert sorted(people) == sorted(current)
    assert len(people) == world.tables.read(contract_of_traits(CONFIG.traits)).count()
    preferred = {
        (r["person_id"], r["value"]) for r in world.tables.read(CONTACT_POINTS).filter("is_preferred").collect()
    }
    shown = {(r["person_id"], r[f]) for r in world.tables.read(PROFILES).collect() for f in ("email", "phone") if r[f]}
    assert preferred == shown == {("ana", "ana@x.com"), ("ana", "+431")}
