"""The audiences step: reads profiles, traits, events and identity, writes members and changes."""

from pyspark.sql import DataFrame

from cdp_spark.audiences.changes import At, changes, definition_rows, differences, last_versions, members, unfinished
from cdp_spark.audiences.counters import event_counts
from cdp_spark.audiences.definitions import Definition, definitions, event_leaves
from cdp_spark.audiences.evaluation import evaluated
from cdp_spark.config import Config
from cdp_spark.contracts import TableContract
from cdp_spark.contracts.gold import AUDIENCE_CHANGES, AUDIENCE_MEMBERS, PROFILES
from cdp_spark.contracts.identity import MEMBERSHIPS, NODES, REDIRECTS
from cdp_spark.contracts.silver import EVENTS, IDENTIFIERS
from cdp_spark.contracts.traits import contract_of_traits
from cdp_spark.runtime.conditions.windows import Moment
from cdp_spark.runtime.people import people_of_records, slice_tables, slices_in_use
from cdp_spark.runtime.run import Counts, Run, Step, changed_rows


def _run(run: Run) -> Counts:
    defined = definitions(run.config.audiences, run.config.traits.traits)
    versions_before = _take_up(run)
    at = At(run.run_id, run.sequence, run.as_of)
    people = _evaluated(run, defined).persist()
    stored = run.tables.read(AUDIENCE_MEMBERS)
    differing = differences(people, stored, definition_rows(run.spark, defined, versions_before)).persist()
    try:
        # The log first: a run that dies in between is found by its log rows.
        logged = run.tables.merge(AUDIENCE_CHANGES, changes(differing, people, run.tables.read(REDIRECTS), at))
        written = run.tables.replace(AUDIENCE_MEMBERS, members(differing, at))
    finally:
        differing.unpersist()
        people.unpersist()
    details = {"audiences": len(defined), "entered": written.inserted, "exited": written.deleted}
    return Counts(changed=changed_rows(written, logged), details=details)


def _evaluated(run: Run, defined: list[Definition]) -> DataFrame:
    read, moment = run.tables.read, Moment(run.as_of, run.config.project.timezone)
    asked, counts = list(event_leaves(defined)), None
    if asked:
        people = people_of_records(read(IDENTIFIERS), read(NODES), read(MEMBERSHIPS), slices_in_use(run))
        counts = event_counts(read(EVENTS), people, asked, moment)
    traits = run.config.traits
    return evaluated(read(PROFILES), read(contract_of_traits(traits)), counts, defined, traits.traits, moment)


def _take_up(run: Run) -> dict[str, str]:
    """Takes back what a run that died had logged. Returns audience → the version its members were last found by."""
    log, stored = run.tables.read(AUDIENCE_CHANGES), run.tables.read(AUDIENCE_MEMBERS)
    found = last_versions(log, stored).collect()
    last = max((r["sequence"] for r in found if r["sequence"] is not None), default=None)
    if last is not None:
        dead = unfinished(log, stored, last)
        if not dead.isEmpty():
            run.tables.replace(AUDIENCE_CHANGES, log.join(dead, on=list(AUDIENCE_CHANGES.key), how="left_anti"))
            return _take_up(run)
    return {r["audience"]: r["version"] for r in found}


def _reads(config: Config) -> tuple[TableContract, ...]:
    own = (PROFILES, contract_of_traits(config.traits), REDIRECTS, EVENTS, IDENTIFIERS, NODES, MEMBERSHIPS)
    return (*own, *slice_tables(config))


STEP = Step(
    name="audiences",
    about="who is in which audience, since when and why",
    run=_run,
    reads=_reads,
    writes=lambda _: (AUDIENCE_MEMBERS, AUDIENCE_CHANGES),
    settings=lambda config: (config.audiences, config.traits, config.project.timezone),
    follows_time=True,
)
