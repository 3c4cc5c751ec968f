"""Advice follows the reasons: every reason that the code can give has advice, and every advice a reason."""

import ast
from pathlib import Path

from cdp_spark.contracts.reasons import ADVICE, Reason, advice

PACKAGE = Path(__file__).parents[2] / "cdp_spark"
GIVERS = [p for room in ("ingest", "normalize") for p in (PACKAGE / room).rglob("*.py")]


def literals(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def named(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute) and ast.unparse(n.value) == "Reason"}


def test_every_reason_has_advice() -> None:
    assert set(ADVICE) == set(Reason)
    assert all(a.text.endswith(".") and ("cdp redrive" in a.text or not a.redrive) for a in ADVICE.values())


def test_every_reason_is_given_somewhere_and_by_its_name() -> None:
    assert set().union(*(named(p) for p in GIVERS)) == {r.name for r in Reason}
    kinds = {r.value for r in Reason}
    # warnings share the form, so a literal with a colon is one of a reason only if its kind is
    spelt = {
        (p.name, s) for p in GIVERS for s in literals(p) if (":" in s and s.split(":", 1)[0] in kinds) or s in kinds
    }
    assert {(n, s) for n, s in spelt if s not in ("missing", "unreadable", "placeholder")} == set()


def test_a_reason_about_a_column_is_advised_on_by_its_kind() -> None:
    assert advice(Reason.MISSING.about("order_id")) == ADVICE[Reason.MISSING]
    assert "cdp quarantine show" in advice("a rule of somebody").text
