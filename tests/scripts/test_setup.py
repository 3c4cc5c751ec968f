"""scripts/setup on machines that lack something: one line with the remedy, exit code 2, no stack trace."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.runtime.test_java import installed

REPOSITORY = Path(__file__).parents[2]
TOOLS = ("bash", "env", "dirname", "cat", "cksum", "id", "awk", "grep", "rm", "pwd")
LINE = re.compile(r"\[CDP120\] [^\n]+\. Fix: [^\n]+\n\Z")


class Machine:
    """A copy of what the script needs, and a PATH that holds nothing but plain tools."""

    def __init__(self, root: Path) -> None:
        self.root = root / "project"
        self.bin = root / "bin"
        self.bin.mkdir()
        for tool in TOOLS:
            (self.bin / tool).symlink_to(str(shutil.which(tool)))
        for path in ("scripts", "cdp_spark/__init__.py", "cdp_spark/errors.py", "cdp_spark/runtime", "pyproject.toml"):
            source, target = REPOSITORY / path, self.root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
        self.environment = {
            "PATH": str(self.bin),
            "HOME": str(root),
            "JAVA_HOME": str(installed(root / "java", "17.0.15+6")),
        }

    def program(self, name: str, text: str) -> None:
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def with_python(self, before: str = "") -> None:
        base = getattr(sys, "_base_executable", sys.executable)
        self.program("python3.11", f'{before}\nexec "{base}" "$@"')

    def run(self, script: str = "scripts/setup", **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.root / script], env=self.environment | environment, capture_output=True, text=True, check=False,
            stdin=subprocess.DEVNULL, timeout=120,
        )  # fmt: skip


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def told(done: subprocess.CompletedProcess[str]) -> str:
    """The one line, after holding that it is one."""
    assert done.returncode == 2, done.stderr
    assert LINE.match(done.stderr), done.stderr
    return done.stderr


def test_no_python(machine: Machine) -> None:
    assert "no Python 3.11 or 3.12 was found" in told(machine.run())


def test_a_python_of_another_version(machine: Machine) -> None:
    machine.program("python3", "exit 1")  # what the version question says of 3.9 and 3.13
    assert "apt-get install python3.11" in told(machine.run())
    assert "looked for /opt/python3.9" in told(machine.run(CDP_PYTHON="/opt/python3.9"))


def test_a_java_home_without_java(machine: Machine) -> None:
    machine.with_python()
    assert "JAVA_HOME is /nowhere, and there is no bin/java in it" in told(machine.run(JAVA_HOME="/nowhere"))


def test_a_java_that_is_too_old(machine: Machine, tmp_path: Path) -> None:
    machine.with_python()
    old = installed(tmp_path / "old", "11.0.20+8")
    assert "is 11.0.20+8, Spark 4.2 needs 17 or 21" in told(machine.run(JAVA_HOME=str(old)))


def test_a_python_without_its_venv_module(machine: Machine) -> None:
    machine.with_python('[ "$2" = venv ] && { echo "Traceback: No module named venv" >&2; exit 1; }')
    assert "apt-get install python3-venv" in told(machine.run())


def test_a_registry_that_does_not_answer(machine: Machine) -> None:
    machine.with_python()
    done = machine.run(PIP_INDEX_URL="http://127.0.0.1:9/simple", NO_PROXY="127.0.0.1")
    assert "the package registry does not answer" in told(done)
    assert "PIP_INDEX_URL" in done.stderr


def test_jars_before_set_up(machine: Machine) -> None:
    assert "run scripts/setup" in told(machine.run("scripts/jars"))


@pytest.mark.skipif(os.getuid() != 0, reason="only root is allowed to install Java")
def test_root_on_debian_gets_java_installed_and_a_failing_apt_is_one_line(machine: Machine) -> None:
    machine.with_python(f'[ "$2" = cdp_spark.runtime.java ] && {{ [ -e "{machine.bin}/installed" ] || '
                        "{ echo '[CDP120] no Java was found. Fix: install Java 17 or 21' >&2; exit 2; }; exit 0; }\n"
                        '[ "$2" = venv ] && exit 1')  # fmt: skip
    del machine.environment["JAVA_HOME"]
    machine.program("apt-get", "exit 100")
    assert "no Java was found" in told(machine.run("scripts/setup"))
    machine.program("apt-get", f'case "$*" in *openjdk-17-jre-headless) : >"{machine.bin}/installed";; esac')
    assert "python3-venv" in told(machine.run("scripts/setup"))  # so Java's step was passed
