"""Who may call whom, one writer, one clock, no text that becomes SQL: held by reading the code."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "cdp_spark"
STAGES = {
    "ingest", "normalize", "consent", "identity", "profiles", "audiences", "activation", "measurement",
    "quality", "privacy", "simulate", "reports",
}  # fmt: skip
SHARED = {"contracts", "config", "runtime", "errors", "presets"}
MODULES = sorted(PACKAGE.rglob("*.py"))


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{a.name}" for a in node.names)


def called(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def offenders(test: "object", allowed: set[str]) -> list[str]:
    found = []
    for path in MODULES:
        name = path.relative_to(PACKAGE).as_posix()
        if name not in allowed and test(parsed(path)):  # type: ignore[operator]  # a predicate
            found.append(name)
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_a_stage_imports_the_shared_packages_and_itself_only(path: Path) -> None:
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    used = {m.split(".")[1] for m in imported(parsed(path)) if m.startswith("cdp_spark.")}
    if room in STAGES:
        assert used <= SHARED | {room}
    elif room in SHARED:
        assert used <= SHARED


def test_only_runtime_tables_touches_delta() -> None:
    def touches(tree: ast.Module) -> bool:
        text = ast.unparse(tree)
        return any(m.split(".")[0] == "delta" for m in imported(tree)) or '"delta"' in text or "'delta'" in text

    # refusals: Delta's exceptions; foreign: tables of others, read only; reads: the word of the configuration for them.
    allowed = {"tables", "refusals", "warehouse", "doctor", "jars", "foreign"}
    assert offenders(touches, {*(f"runtime/{m}.py" for m in allowed), "config/reads.py"}) == []


def test_only_runtime_clock_reads_the_time() -> None:
    forbidden = {
        "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "datetime.datetime.now",
        "F.current_timestamp", "F.current_date", "F.now",
    }  # fmt: skip
    assert offenders(lambda tree: any(c in forbidden for c in called(tree)), {"runtime/clock.py"}) == []


def test_only_runtime_reads_the_environment() -> None:
    def reads(tree: ast.Module) -> bool:
        return "os.environ" in ast.unparse(tree)

    assert [o for o in offenders(reads, set()) if not o.startswith("runtime/")] == []


def test_no_text_becomes_sql() -> None:
    forbidden = {"F.expr", "expr", "selectExpr"}

    def makes_sql(tree: ast.Module) -> bool:
        return any(c in forbidden or c.endswith((".selectExpr", ".sql")) for c in called(tree))

    # query: parsed and checked first; tables: CREATE and DROP SCHEMA of names that contracts and a pattern fix; sql_functions:
    # printed from Columns of this package.
    allowed = {"runtime/query.py", "runtime/tables.py", "runtime/sql_functions.py"}
    assert offenders(makes_sql, allowed) == []


def test_nothing_leaves_the_dataframe_api() -> None:
    def leaves(tree: ast.Module) -> bool:
        names = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
        return bool(names & {"rdd", "_jvm", "_jdf", "sparkContext", "_sc", "_jsc"})

    # plain_files, delta_commit: Delta Kernel and Delta's transactions have no other way in from Python, and without one the
    # files give way to Delta's reader and writer.
    allowed = {f"runtime/{m}.py" for m in ("session", "doctor", "sql_functions", "plain_files", "delta_commit")}
    found = [o for o in offenders(leaves, allowed) if not o.startswith("identity/components/graphframes")]
    assert found == []


def test_ids_do_not_depend_on_partitions_or_chance() -> None:
    forbidden = {"F.monotonically_increasing_id", "F.rand", "F.randn", "F.uuid", "F.shuffle"}
    found = offenders(lambda tree: any(c in forbidden for c in called(tree)), set())
    # ingest numbers the records of one split, which a task reads alone and in order.
    assert [o for o in found if not o.startswith("ingest/")] == []


def test_only_the_edges_open_connections() -> None:
    network = {"httpx", "requests", "urllib", "socket", "smtplib", "ftplib", "paramiko", "confluent_kafka"}

    def connects(tree: ast.Module) -> bool:
        return any(
            m.split(".")[0] in network and m != "urllib.parse" and not m.startswith("urllib.parse")
            for m in imported(tree)
        )

    found = offenders(connects, set())
    assert [o for o in found if not o.startswith(("activation/destinations/", "ingest/", "runtime/jars"))] == []


def test_no_module_is_named_by_nothing() -> None:
    nothing = {"utils", "helpers", "common", "misc", "util", "helper"}
    assert [p for p in MODULES if p.stem in nothing or p.parent.name in nothing] == []
