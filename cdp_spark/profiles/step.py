"""The profiles stage: golden records, contact points and traits."""

from cdp_spark.config import Config
from cdp_spark.contracts import TableContract
from cdp_spark.contracts.gold import CONTACT_POINTS, PROFILES
from cdp_spark.contracts.identity import MEMBERSHIPS, NODES
from cdp_spark.contracts.silver import CONSENT_STATE, CUSTOMERS, IDENTIFIERS
from cdp_spark.contracts.traits import contract_of_traits
from cdp_spark.profiles.contact_points import contact_points
from cdp_spark.profiles.golden import profiles
from cdp_spark.profiles.persons import identifier_sources, person_identifiers, persons
from cdp_spark.profiles.records import current_records, people_of_customers, records_of_persons
from cdp_spark.profiles.traits_step import traits_inputs, traits_settings, write_traits
from cdp_spark.runtime.decisions import decisions
from cdp_spark.runtime.run import Counts, Run, Step, changed_rows
from cdp_spark.runtime.side_by_side import side_by_side
from cdp_spark.runtime.tables import Written


def run_profiles(run: Run) -> Counts:
    """Makes every person's profile, contact points and traits as of the run and writes the rows that differ."""
    of_people, traits = side_by_side(
        run.spark,
        lambda: {"profiles": _write_profiles(run), "contact_points": _write_contact_points(run)},
        lambda: {"traits": write_traits(run)},
    )
    written = of_people | traits
    details = {f"{table}_{what}": n for table, w in written.items() for what, n in _operations(w).items() if n}
    return Counts(changed=changed_rows(*written.values()), details=details)


def _write_profiles(run: Run) -> Written:
    read = run.tables.read
    customers, nodes, memberships = read(CUSTOMERS), read(NODES), read(MEMBERSHIPS)
    people = people_of_customers(customers, nodes, memberships)
    records = records_of_persons(current_records(customers, run.as_of), people)
    sources = identifier_sources(read(IDENTIFIERS), run.as_of)
    everybody = persons(person_identifiers(nodes, memberships), sources, _strong(run.config))
    return run.tables.replace(PROFILES, profiles(everybody, records, run.config.profiles.groups))


def _write_contact_points(run: Run) -> Written:
    read = run.tables.read
    identifiers = person_identifiers(read(NODES), read(MEMBERSHIPS))
    said = decisions(read(CONSENT_STATE), run.as_of)
    # The profiles just written: what they show is what is preferred.
    points = contact_points(identifiers, said, read(PROFILES), run.config.profiles.contact_points)
    return run.tables.replace(CONTACT_POINTS, points)


def _operations(written: Written) -> dict[str, int]:
    return {"inserted": written.inserted, "updated": written.updated, "deleted": written.deleted}


def _strong(config: Config) -> tuple[str, ...]:
    return tuple(name for name, namespace in config.identity.namespaces.items() if namespace.strong)


def _inputs(config: Config) -> tuple[TableContract, ...]:
    own = (CUSTOMERS, IDENTIFIERS, NODES, MEMBERSHIPS, CONSENT_STATE)
    return (*own, *(t for t in traits_inputs(config) if t not in own))


STEP = Step(
    name="profiles",
    about="the golden records",
    run=run_profiles,
    reads=_inputs,
    writes=lambda config: (PROFILES, CONTACT_POINTS, contract_of_traits(config.traits)),
    settings=lambda config: (config.profiles, _strong(config), traits_settings(config)),
    follows_time=True,
)
