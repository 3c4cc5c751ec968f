"""The identity stage: reads silver.identifiers, writes the identity tables."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import chain

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from cdp_spark.contracts.identity import (
    DECISIONS,
    DEVICE_SLICES,
    HELD_LINKS,
    HOUSEHOLD_MEMBERSHIPS,
    IDENTITY,
    IDENTITY_LOG,
    LINKS,
    MEMBERSHIPS,
    MODELS,
    NODES,
    PERSONS,
    REDIRECTS,
)
from cdp_spark.contracts.silver import CUSTOMERS, IDENTIFIERS
from cdp_spark.identity.changes import STEP_NAME, changed_nodes
from cdp_spark.identity.claims import ACTIVE, claims, origins, part_persons, parts_of
from cdp_spark.identity.decisions import Decisions, decisions_in_force
from cdp_spark.identity.device_slices import device_slices, shared_devices
from cdp_spark.identity.faults import refuse_faults
from cdp_spark.identity.graph import Graph, Solution, graph_of, solution_of
from cdp_spark.identity.households import household_nodes
from cdp_spark.identity.hygiene import SHARED
from cdp_spark.identity.matching.linked import is_matched_as_before, matched_records
from cdp_spark.identity.memberships import OF_HOUSEHOLDS, next_memberships
from cdp_spark.identity.namespaces import Namespaces
from cdp_spark.identity.persons import (
    MERGED,
    RETIRED,
    chained,
    log_entries,
    next_persons,
    next_redirects,
    touched_persons,
)
from cdp_spark.identity.touched import Before, Touched, touched_by
from cdp_spark.runtime.run import Counts, Run, Step, changed_rows
from cdp_spark.runtime.side_by_side import pair
from cdp_spark.runtime.staging import measured, staged, staged_keys
from cdp_spark.runtime.tables import FEW_ROWS, Written

_COUNTED = {ACTIVE: "persons", MERGED: "merged_persons", RETIRED: "retired_persons"}


@dataclass(frozen=True)
class _Persons:
    """What a run makes of the persons: their rows, and node_id, person_id, raw_component of every active identifier."""

    persons: DataFrame
    members: DataFrame
    counts: dict[str, int]
    written: tuple[Written, ...] = ()


@dataclass(frozen=True)
class _Scope:
    """The stored rows that a run may change: all of them, or those of the touched identifiers."""

    nodes: DataFrame
    links: DataFrame
    held: DataFrame
    memberships: DataFrame
    persons: DataFrame
    """The persons that hold a touched identifier."""
    minted: DataFrame
    """The persons ever minted for one."""
    ended: DataFrame
    """The persons that had ended before and whose redirect may change."""
    redirects: DataFrame
    """Their redirects."""
    is_few: bool = False
    """Whether it is of few identifiers."""


def run_identity(run: Run) -> Counts:
    """Resolves the evidence up to ``as_of``, as far as something touched it since the last success, and writes the rows
    that differ.

    When a run dies between two of the tables the next one resolves everything and ends where this one would have: persons
    are written before memberships, since ids follow from persons alone.
    """
    decisions = decisions_in_force(run.tables)
    changed = changed_nodes(run)
    if changed is not None and not changed.n and is_matched_as_before(run, run.since.get(STEP_NAME)):
        return Counts()
    config, identifiers, customers = run.config.identity, run.tables.read(IDENTIFIERS), _customers(run)
    matched = _matched(run)
    if changed is None or matched is not None:
        return _run_over(
            run,
            lambda: graph_of(identifiers, config, run.as_of, decisions, customers, matched),
            decisions,
            touched=None,
        )
    before = Before(run.tables.read(NODES), run.tables.read(MEMBERSHIPS))
    touched = touched_by(changed.nodes, before, identifiers, config, run.as_of, decisions, customers)
    return _run_over(run, touched.graph, decisions, touched)


def _matched(run: Run) -> DataFrame | None:
    matching = run.config.identity.matching
    if not matching.enabled or run.tables.version(CUSTOMERS) is None:
        return None
    return matched_records(run.tables.read(CUSTOMERS), run.tables.read(MODELS), matching, run.as_of)


def _customers(run: Run) -> DataFrame | None:
    if not run.config.identity.tell_people_apart or run.tables.version(CUSTOMERS) is None:
        return None
    return run.tables.read(CUSTOMERS)


def _run_over(run: Run, graph_of_run: Callable[[], Graph], decisions: Decisions, touched: Touched | None) -> Counts:
    write = run.tables.replace

    def solved() -> tuple[Graph, Solution]:
        graph = graph_of_run()
        return graph, solution_of(graph, run.config.identity, decisions)

    scope, (graph, solution) = pair(run.spark, lambda: _scope(run, touched), solved)
    run.progress.note(f"identity: components by {solution.engine.name}, {solution.engine.reason}")
    of_graph, persons = pair(
        run.spark,
        lambda: [
            write(NODES, graph.nodes, scope.nodes, scope.is_few),
            write(LINKS, graph.links, scope.links, scope.is_few),
            write(HELD_LINKS, solution.held, scope.held, scope.is_few),
        ],
        lambda: _written_persons(run, solution, graph.counts["active"], scope),
    )
    of_groups = pair(run.spark, lambda: _write_households(run), lambda: _write_device_slices(run))
    written = [*of_graph, *persons.written, *chain.from_iterable(of_groups)]
    rows = graph.counts["rows"]
    details = {name: n for name, n in graph.counts.items() if name not in ("rows", "drawn")} | persons.counts
    details["split_components"] = solution.n_split
    return Counts(rows_in=rows, kept=rows, changed=changed_rows(*written), details=details)


def _scope(run: Run, touched: Touched | None) -> _Scope:
    nodes, links, held, memberships, persons, redirects = (
        run.tables.read(c) for c in (NODES, LINKS, HELD_LINKS, MEMBERSHIPS, PERSONS, REDIRECTS)
    )
    if touched is None:
        every = staged(persons)
        return _Scope(nodes, links, held, memberships, every, every, every.limit(0), redirects)
    theirs = staged(touched.of_nodes(memberships))
    holders = staged_keys(theirs.filter("is_current").select("person_id").distinct())
    about = staged(touched_persons(persons, redirects, touched.nodes, holders))
    ended = about.filter("is_ended").select(*PERSONS.column_names)
    return _Scope(
        nodes=touched.before,
        links=touched.of_links(links),
        held=touched.of_held(held),
        memberships=theirs,
        persons=about.filter("is_holder").select(*PERSONS.column_names),
        minted=about.filter("is_minted").select(*PERSONS.column_names),
        ended=ended,
        redirects=redirects.join(ended.select(F.col("person_id").alias("old_person_id")), "old_person_id", "left_semi"),
        is_few=touched.n <= FEW_ROWS,
    )


def _resolved(run: Run, solution: Solution, n_identifiers: int, scope: _Scope) -> _Persons:
    """Raises ContractError when one of the active identifiers has not exactly one active person, two parts have one person,
    or a stored redirect leads to another.
    """
    namespaces = Namespaces(run.config.identity)
    before, memberships = scope.persons, scope.memberships
    parts = parts_of(solution.members, namespaces)
    claimed = staged(claims(solution.members, before, memberships))
    from_whom = origins(solution.members, claimed, before, memberships)
    n_rows = F.count(F.lit(1)).alias("rows")
    holders, of_parts = measured(
        part_persons(parts, claimed, from_whom, scope.minted, run.as_of),
        n_rows,
        F.count_if("is_new").alias("new_persons"),
    )
    held_by = solution.members.join(holders.select("part", "person_id"), on="part")
    members, of_members = measured(held_by.select("node_id", "person_id", "raw_component"), n_rows)
    persons, of_persons = measured(
        next_persons(holders, claimed, before),
        n_rows,
        *[F.count_if(F.col("status") == status).alias(name) for status, name in _COUNTED.items()],
    )
    n_ids, n_chained = _ids_and_chained(persons, run.tables.read(REDIRECTS))
    faults = {
        "double person ids": of_persons.pop("rows") - n_ids,
        "parts without exactly one person": abs(of_parts["rows"] - of_persons["persons"]),
        "redirects to redirected ids": n_chained,
        "identifiers without exactly one person": abs(of_members["rows"] - n_identifiers),
    }
    refuse_faults("persons", faults)
    return _Persons(persons, members, {**of_persons, "new_persons": of_parts["new_persons"]})


def _ids_and_chained(persons: DataFrame, redirects: DataFrame) -> tuple[int, int]:
    """How many ids the persons have, and how many stored redirects lead to another."""
    of_persons = persons.agg(F.count_distinct("person_id").alias("ids"))
    row = of_persons.crossJoin(chained(redirects).agg(F.count(F.lit(1)).alias("chained"))).first()
    return (row["ids"], row["chained"]) if row else (0, 0)


def _written_persons(run: Run, solution: Solution, n_identifiers: int, scope: _Scope) -> _Persons:
    found = _resolved(run, solution, n_identifiers, scope)
    of_persons, of_past = pair(
        run.spark,
        lambda: [_write_persons(run, found, scope), _write_memberships(run, found, scope)],
        lambda: [_write_redirects(run, found, scope), _write_log(run, found)],
    )
    return replace(found, written=(*of_persons, *of_past))


def _write_persons(run: Run, found: _Persons, scope: _Scope) -> Written:
    return run.tables.replace(PERSONS, found.persons, scope.persons, scope.is_few)


def _write_memberships(run: Run, found: _Persons, scope: _Scope) -> Written:
    memberships = next_memberships(found.members, scope.memberships, run.as_of)
    return run.tables.replace(MEMBERSHIPS, memberships, scope.memberships, scope.is_few)


def _write_redirects(run: Run, found: _Persons, scope: _Scope) -> Written:
    """Where ids that ended lead."""
    redirects = next_redirects(found.persons.unionByName(scope.ended), found.members, scope.redirects, run.as_of)
    return run.tables.replace(REDIRECTS, redirects, scope.redirects, scope.is_few)


def _write_log(run: Run, found: _Persons) -> Written:
    """What happened to persons. No entry is newer than the one with its key, so that the stored ones stay."""
    return run.tables.merge(IDENTITY_LOG, log_entries(found.persons, run.run_id, run.as_of), newer_by=IDENTITY_LOG.key)


def _write_households(run: Run) -> list[Written]:
    """Households follow from the tables that were just written; the identifiers that persons share are few."""
    stored, version = run.tables.read(HOUSEHOLD_MEMBERSHIPS), run.tables.version(HOUSEHOLD_MEMBERSHIPS)
    shared = run.tables.read(NODES).filter(F.col("status") == SHARED)
    if not shared.isEmpty():
        held, memberships = run.tables.read(HELD_LINKS), run.tables.read(MEMBERSHIPS)
        found = household_nodes(held, shared, memberships, run.config.identity)
    elif version is not None and stored.isEmpty():
        return []
    else:
        found = stored.limit(0)
    after = next_memberships(found, stored, run.as_of, OF_HOUSEHOLDS)
    return [run.tables.replace(HOUSEHOLD_MEMBERSHIPS, after)]


def _write_device_slices(run: Run) -> list[Written]:
    """Whose shared devices were follows from the tables that were just written, too; their records are few."""
    read, config, version = run.tables.read, run.config.identity, run.tables.version(DEVICE_SLICES)
    stored, nodes = read(DEVICE_SLICES), read(NODES)
    shared = shared_devices(nodes, config)
    if config.shared_devices == "nobody" or shared.isEmpty():
        is_empty = version is not None and stored.isEmpty()
        return [] if is_empty else [run.tables.replace(DEVICE_SLICES, stored.limit(0))]
    most = config.households.max_persons
    slices = device_slices(read(IDENTIFIERS), shared, nodes, read(MEMBERSHIPS), most, run.as_of)
    return [run.tables.replace(DEVICE_SLICES, slices)]


STEP = Step(
    name=STEP_NAME,
    about="who is who",
    run=run_identity,
    reads=lambda config: (
        IDENTIFIERS,
        CUSTOMERS,
        DECISIONS,
        *((MODELS,) if config.identity.matching.enabled else ()),
    ),
    writes=lambda _: IDENTITY,
    settings=lambda config: config.identity,
    follows_time=True,
)
