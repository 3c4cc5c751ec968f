"""What became different since identity last succeeded, where that can be told."""

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.contracts.identity import DECISIONS, IDENTITY, NODES
from cdp_spark.contracts.silver import IDENTIFIERS
from cdp_spark.identity.decisions import Kind
from cdp_spark.identity.evidence import recent_evidence
from cdp_spark.identity.ids import node_ids
from cdp_spark.runtime.rows import frame_of_rows
from cdp_spark.runtime.run import Run, Since
from cdp_spark.runtime.staging import counted, hinted

STEP_NAME = "identity"

# Above this share of all identifiers, resolving everything costs less than finding out what is touched.
_MOST = 0.2


@dataclass(frozen=True)
class Changed:
    """node_id, namespace and value of the changed identifiers, and how many they are; of those named by a decision node_id."""

    nodes: DataFrame
    n: int


def changed_nodes(run: Run) -> Changed | None:
    """The identifiers whose evidence came or went since the last success (added, taken away, passed by ``as_of`` or left
    behind by the window), and those of which people decided.

    None where all has to be resolved: after other settings or code, an interrupted run, without a change feed, after a
    value was blocked or unblocked (which counts for all it ever met), or where too much changed.
    """
    since = run.since.get(STEP_NAME)
    if since is None or not _is_as_left(run, since):
        return None
    decided = _decided_since(run, since)
    if any(kind not in (Kind.MUST_LINK, Kind.MUST_NOT_LINK) for kind, *_ in decided):
        return None
    feed = run.tables.changes(IDENTIFIERS, since.inputs[IDENTIFIERS.name], run.tables.version(IDENTIFIERS) or 0)
    if feed is None:
        return None
    passed = run.tables.read(IDENTIFIERS).filter(_is_passed(run, since))
    rows = feed.unionByName(passed)
    values = rows.select("namespace", "value").distinct()
    nodes = values.select(node_ids(F.col("namespace"), F.col("value")).alias("node_id"), "namespace", "value")
    if decided:
        named = {(node, None, None) for _, *pair in decided for node in pair}
        nodes = nodes.unionAll(
            frame_of_rows(run.spark, "node_id BIGINT, namespace STRING, value STRING", sorted(named))
        )
    found, n = counted(nodes)
    changed = Changed(hinted(found, n), n)
    return changed if changed.n <= _MOST * run.tables.read(NODES).count() else None


def _decided_since(run: Run, since: Since) -> list[tuple[Kind, int, int]]:
    """Kind and nodes of the decisions made or revoked; no Spark job where there were none."""
    before, now = since.inputs.get(DECISIONS.name), run.tables.version(DECISIONS)
    if now is None or now == before:
        return []
    feed = None if before is None else run.tables.changes(DECISIONS, before, now)
    rows = (
        (run.tables.read(DECISIONS) if feed is None else feed).select("kind", "a_node", "b_node").distinct().collect()
    )
    return [(Kind(r["kind"]), r["a_node"], r["b_node"] or r["a_node"]) for r in rows]


def _is_as_left(run: Run, since: Since) -> bool:
    """Whether the tables are those of the last success: an interrupted run may have written some of them."""
    now = {c.name: run.tables.version(c) for c in IDENTITY}
    return IDENTIFIERS.name in since.inputs and all(since.outputs.get(name) == v for name, v in now.items())


def _is_passed(run: Run, since: Since) -> Column:
    """Evidence that ``as_of`` or the start of its window passed since then, forwards or backwards."""
    first, last = min(since.as_of, run.as_of), max(since.as_of, run.as_of)
    passed = (F.col("seen_at") > F.lit(first)) & (F.col("seen_at") <= F.lit(last))
    before, now = (recent_evidence(run.config.identity, as_of) for as_of in (since.as_of, run.as_of))
    return passed if before is None or now is None else passed | (before != now)
