"""Tables of the ``cdp identity`` commands for the terminal; personal data masked unless asked for."""

from collections.abc import Sequence

from pyspark.sql import Row
from rich.console import Group, RenderableType

from cdp_spark.identity.explain import Explanation
from cdp_spark.identity.plan import Plan
from cdp_spark.runtime.terminal import moment, new_table, shown


def decisions_table(rows: Sequence[Row], in_clear: bool) -> RenderableType:
    """All decisions, newest first."""
    table = new_table("decisions", ["id", "kind", "about", "by", "reason", "at", "revoked"])
    for r in rows:
        ends = [_end(r[f"{e}_namespace"], r[f"{e}_value"], in_clear) for e in ("a", "b") if r[f"{e}_node"] is not None]
        revoked = f"{moment(r['revoked_at'])} by {r['revoked_by']}" if r["revoked_at"] else ""
        table.add_row(
            r["decision_id"], r["kind"], "\n".join(ends), r["actor"], r["reason"], moment(r["created_at"]), revoked
        )
    return table


def _end(namespace: str | None, value: str | None, in_clear: bool) -> str:
    return "a value never seen" if namespace is None or value is None else f"{namespace}:{shown(value, in_clear)}"


def explanation_text(said: Explanation, in_clear: bool) -> RenderableType:
    """The path hop by hop, what is weakest in it and what would separate the two, or what stands between them."""
    table = new_table(
        _verdict(said), ["from", "to", "rule", "tier", "weight", "records", "seen", "sources", "example", "held"]
    )
    at = said.one.node_id
    for hop in said.path:
        to = hop.dst if hop.src == at else hop.src
        ends = [_end(*said.names[n], in_clear) for n in (at, to)]
        seen = f"{moment(hop.first_seen)} to {moment(hop.last_seen)}" if hop.first_seen else ""
        weight = "" if hop.weight is None else f"{hop.weight:.2f}"
        figures = [_tier(hop.tier), weight, "" if hop.n_obs is None else str(hop.n_obs)]
        table.add_row(
            *ends, hop.rule, *figures, seen, ", ".join(hop.sources), hop.example_record_id or "", hop.reason or ""
        )
        at = to
    return Group(table, *_consequences(said, in_clear))


_TIERS = ("manual", "authenticated", "deterministic", "device", "probabilistic")


def _tier(tier: int | None) -> str:
    return "" if tier is None else f"{tier} {_TIERS[tier]}"


def _verdict(said: Explanation) -> str:
    if said.is_one_person:
        return f"one person, {said.one.person_id}, by {len(said.path)} link(s)"
    persons = [r.person_id or f"nobody ({r.status})" for r in (said.one, said.other)]
    return f"not one person: {persons[0]} and {persons[1]}"


def _consequences(said: Explanation, in_clear: bool) -> list[str]:
    if not said.path:
        return (
            []
            if said.one.node_id == said.other.node_id
            else ["No link leads from one to the other, held ones included."]
        )
    if not said.is_one_person:
        held = [h for h in said.path if h.reason]
        return [f"{len(held)} held link(s) stand between them: {', '.join(sorted({h.reason or '' for h in held}))}.",
                "To join them: cdp identity merge <one> <other> --reason …"]  # fmt: skip
    lines = []
    if said.weakest:
        ends = " and ".join(_end(*said.names[n], in_clear) for n in (said.weakest.src, said.weakest.dst))
        rest = (
            "others connect its ends, too"
            if said.sides is None
            else f"without it {said.sides[0]} and {said.sides[1]} identifiers part"
        )
        lines.append(f"The weakest link is between {ends}; {rest}.")
    return [*lines, "To separate them: cdp identity unmerge <one> <other> --reason …"]


def plan_text(plan: Plan, in_clear: bool) -> RenderableType:
    """What other settings would change, the largest moves with their evidence, and audiences."""
    said = (
        f"{plan.before:,} persons now, {plan.after:,} then: {plan.unchanged:,} unchanged, {plan.merged:,} merged into others, "
        f"{plan.split:,} split off, {plan.gone:,} left without identifiers. Nothing was written."
    )
    moves = new_table("largest moves", ["from", "to", "identifiers", "because of", "between"])
    for m in plan.moves:
        because = f"{m.evidence.rule}, {m.evidence.reason or 'kept'}" if m.evidence else ""
        ends = [_end(*e, in_clear) for e in (m.evidence.one, m.evidence.other) if e] if m.evidence else []
        moves.add_row(m.old or "nobody", m.new or "nobody", f"{m.identifiers:,}", because, "\n".join(ends))
    audiences = new_table(
        "audiences, estimated from today's members: merged ones count once, split-off persons not",
        ["audience", "now", "then"],
    )
    for name, now, then in plan.audiences:
        audiences.add_row(name, f"{now:,}", f"{then:,}")
    return Group(said, moves, audiences)
