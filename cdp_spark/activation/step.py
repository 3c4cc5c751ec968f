"""Plans the differences of all syncs, holds what a guard holds, delivers, and records what is held now."""

from collections.abc import Iterator
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.storagelevel import StorageLevel

from cdp_spark.activation.consent import granted_contact_points
from cdp_spark.activation.desired import candidates, desired_state, identifier_fields, sync_id
from cdp_spark.activation.destinations.file import FileDelivery, Payload
from cdp_spark.activation.guards import SyncCounts, check_guard
from cdp_spark.activation.plan import ADD, REMOVE, UPDATE, planned_operations, released_values
from cdp_spark.config.destinations import DestinationConfig, Sync
from cdp_spark.contracts.gold import AUDIENCE_MEMBERS, CONTACT_POINTS, PROFILES
from cdp_spark.contracts.identity import MEMBERSHIPS, NODES
from cdp_spark.contracts.ops import ACKNOWLEDGED, OUTBOX
from cdp_spark.contracts.silver import CONSENT_STATE
from cdp_spark.contracts.traits import contract_of_traits
from cdp_spark.runtime.run import Counts, Run, Step
from cdp_spark.runtime.tables import FEW_ROWS

Syncs = list[tuple[DestinationConfig, Sync]]


def activate(run: Run) -> Counts:
    """Brings every destination to what it should hold. Raises GuardHeld before anything is sent."""
    syncs: Syncs = [(d, s) for d in run.config.destinations.values() for s in d.syncs]
    if not syncs:
        return Counts()
    candidate_rows, desired = _wanted(run, syncs)
    desired = desired.persist(StorageLevel.MEMORY_AND_DISK)
    acknowledged = run.tables.read(ACKNOWLEDGED)
    fields = {sync_id(d, s): identifier_fields(d) for d, s in syncs}
    operations = released_values(planned_operations(desired, acknowledged, candidate_rows), desired, fields)
    operations = operations.persist(StorageLevel.MEMORY_AND_DISK)
    try:
        counts = _sync_counts(syncs, candidate_rows, desired, acknowledged, operations)
        if not run.accept_guard:
            for destination, sync in syncs:
                check_guard(counts[sync_id(destination, sync)], destination.guard)
        changed = sum(c.added + c.updated + c.removed for c in counts.values())
        if changed:
            run.tables.append(OUTBOX, operations.withColumn("run_id", F.lit(run.run_id)), few=changed <= FEW_ROWS)
            _deliver(run, syncs, operations, counts)
            held = sum(c.desired for c in counts.values())
            run.tables.replace(ACKNOWLEDGED, desired, few=held <= FEW_ROWS)
    finally:
        operations.unpersist()
        desired.unpersist()
    return _counts(counts.values(), changed)


def _wanted(run: Run, syncs: Syncs) -> tuple[DataFrame, DataFrame]:
    read = run.tables.read
    profiles, traits = read(PROFILES), read(contract_of_traits(run.config.traits))
    members, contact_points = read(AUDIENCE_MEMBERS), read(CONTACT_POINTS)
    unasked = run.config.consent.granted_unasked
    granted = granted_contact_points(
        contact_points, read(CONSENT_STATE), read(NODES), read(MEMBERSHIPS), run.as_of, unasked
    )
    granted = granted.persist(StorageLevel.MEMORY_AND_DISK)
    per_sync = [(d, s, candidates(d, s, members)) for d, s in syncs]
    desired = [desired_state(d, s, c, profiles, traits, granted) for d, s, c in per_sync]
    return reduce(DataFrame.unionByName, [c for _, _, c in per_sync]), reduce(DataFrame.unionByName, desired)


def _sync_counts(
    syncs: Syncs, candidate_rows: DataFrame, desired: DataFrame, acknowledged: DataFrame, operations: DataFrame
) -> dict[str, SyncCounts]:
    kinds = [
        candidate_rows.select(
            "sync_id", F.when(F.col("is_suppressed"), "suppressed").otherwise("candidate").alias("kind")
        ),
        desired.select("sync_id", F.lit("desired").alias("kind")),
        acknowledged.select("sync_id", F.lit("held").alias("kind")),
        operations.select("sync_id", F.col("op").alias("kind")),
        operations.filter(F.col("reason") == "no_consent").select("sync_id", F.lit("lost_consent").alias("kind")),
    ]
    rows = reduce(DataFrame.unionByName, kinds).groupBy("sync_id", "kind").count().collect()
    found: dict[str, dict[str, int]] = {}
    for r in rows:
        found.setdefault(r["sync_id"], {})[r["kind"]] = r["count"]
    return {i: _of_sync(i, found.get(i, {})) for i in (sync_id(d, s) for d, s in syncs)}


def _of_sync(name: str, n: dict[str, int]) -> SyncCounts:
    return SyncCounts(
        sync_id=name,
        held=n.get("held", 0),
        desired=n.get("desired", 0),
        added=n.get(ADD, 0),
        updated=n.get(UPDATE, 0),
        removed=n.get(REMOVE, 0),
        lost_consent=n.get("lost_consent", 0),
        withheld=n.get("candidate", 0) - n.get("desired", 0),
        suppressed=n.get("suppressed", 0),
    )


def _deliver(run: Run, syncs: Syncs, operations: DataFrame, counts: dict[str, SyncCounts]) -> None:
    deliveries: dict[str, FileDelivery] = {}
    for destination, sync in syncs:
        n = counts[sync_id(destination, sync)]
        folder = f"{run.config.output}/destinations/{destination.destination}/{run.run_id}"
        own = operations.filter(F.col("sync_id") == sync_id(destination, sync))
        for name, column, rows in (
            ("add", "payload", n.added + n.updated),
            ("remove", "removed_payload", n.removed + n.updated),
        ):
            if rows:
                delivery = deliveries.setdefault(destination.destination, FileDelivery(destination, folder))
                delivery.deliver(f"{sync.audience}_{name}", _payloads(own, column, rows))
    for delivery in deliveries.values():
        delivery.finish(run.run_id)


def _payloads(operations: DataFrame, column: str, n_rows: int) -> Iterator[Payload]:
    rows = operations.filter(F.col(column).isNotNull()).select("op_id", column)
    # Few come by one task; of many Spark would first look where to part them.
    in_order = rows.coalesce(1).sortWithinPartitions("op_id") if n_rows <= FEW_ROWS else rows.orderBy("op_id")
    return (row[column] for row in in_order.toLocalIterator())


def _counts(syncs: object, changed: int) -> Counts:
    all_syncs: list[SyncCounts] = list(syncs)  # type: ignore[call-overload]  # dict values of SyncCounts
    details: dict[str, int] = {}
    for c in all_syncs:
        shown = {"held": c.desired, "added": c.added, "updated": c.updated, "removed": c.removed}
        shown |= {"withheld": c.withheld, "suppressed": c.suppressed, "lost_consent": c.lost_consent}
        details |= {f"{c.sync_id}.{kind}": n for kind, n in shown.items()}
    kept = sum(c.desired for c in all_syncs)
    suppressed = sum(c.withheld + c.suppressed for c in all_syncs)
    return Counts(rows_in=kept + suppressed, kept=kept, suppressed=suppressed, changed=changed, details=details)


STEP = Step(
    name="activation",
    about="send differences to destinations",
    run=activate,
    reads=lambda c: (
        AUDIENCE_MEMBERS,
        PROFILES,
        contract_of_traits(c.traits),
        CONTACT_POINTS,
        CONSENT_STATE,
        NODES,
        MEMBERSHIPS,
    ),
    writes=lambda c: (OUTBOX, ACKNOWLEDGED),
    settings=lambda c: {"destinations": c.destinations, "unasked": c.consent.granted_unasked},
    follows_time=True,
    sends_out=True,
)
