"""Which Java runs Spark: 17 or 21 with the module that Spark's launcher asks for.

Standard library only and quick (it reads the ``release`` file of a JDK, it starts nothing unless that file is
silent), since the set-up script runs it before anything is installed, and every session does.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cdp_spark.errors import CdpError, SetupError

VERSIONS = (17, 21)
MODULE = "jdk.incubator.vector"
FIX = (
    "install Java 17 or 21, complete with the module jdk.incubator.vector "
    "(Debian, Ubuntu: apt-get install openjdk-17-jre-headless), or point JAVA_HOME to one"
)
_FIX_HOME = "point JAVA_HOME to a Java 17 or 21 that has jdk.incubator.vector, or unset it and one is looked for"
_USUAL_PLACES = (
    "/usr/lib/jvm/*",
    "/opt/java/*",
    "/opt/jdk*",
    "/Library/Java/JavaVirtualMachines/*/Contents/Home",
    "/opt/homebrew/opt/openjdk@*/libexec/openjdk.jdk/Contents/Home",
    "~/.sdkman/candidates/java/*",
)


@dataclass(frozen=True)
class Java:
    """A Java installation and what its ``release`` file says."""

    home: Path
    build: str
    modules: frozenset[str]

    @property
    def version(self) -> int | None:
        """The feature version, such as 17."""
        number = re.match(r"(?:1\.)?(\d+)", self.build)
        return int(number[1]) if number else None

    @property
    def problem(self) -> str | None:
        """Why Spark cannot run on it, None when it can."""
        if self.version not in VERSIONS:
            return f"Java at {self.home} is {self.build or 'of an unknown version'}, Spark 4.2 needs 17 or 21"
        if MODULE not in self.modules:
            return f"Java {self.build} at {self.home} lacks the module {MODULE}"
        return None


def java() -> Java:
    """The Java to use: JAVA_HOME when set, else the first fitting one of PATH and the usual places.

    Raises SetupError when there is none; a JAVA_HOME that does not fit is said, not passed over.
    """
    if named := os.environ.get("JAVA_HOME"):
        found = described(Path(named))
        if found is None:
            raise SetupError(f"JAVA_HOME is {named}, and there is no bin/java in it", fix=_FIX_HOME)
        if found.problem:
            raise SetupError(found.problem, fix=_FIX_HOME)
        return found
    seen = [found for home in _homes() if (found := described(home))]
    for found in seen:
        if found.problem is None:
            return found
    raise SetupError(str(seen[0].problem) if seen else "no Java was found", fix=FIX)


def described(home: Path) -> Java | None:
    """The Java at ``home``, None when there is no program to run."""
    program = home / "bin" / "java"
    if not os.access(program, os.X_OK):
        return None
    said = _release(home)
    modules = said.get("MODULES", "").split() or _listed_modules(program)
    return Java(home, said.get("JAVA_RUNTIME_VERSION") or said.get("JAVA_VERSION", ""), frozenset(modules))


def _homes() -> Iterator[Path]:
    if on_path := shutil.which("java"):
        yield Path(on_path).resolve().parents[1]
    for place in _USUAL_PLACES:
        pattern = Path(place).expanduser()
        yield from sorted(Path(pattern.anchor).glob(str(pattern.relative_to(pattern.anchor))))


def _release(home: Path) -> dict[str, str]:
    try:
        text = (home / "release").read_text(encoding="utf-8")
    except OSError:
        return {}
    return dict(re.findall(r'^(\w+)="(.*)"$', text, re.MULTILINE))


def _listed_modules(program: Path) -> list[str]:
    listing = subprocess.run([program, "--list-modules"], capture_output=True, text=True, check=False)
    return [line.split("@")[0] for line in listing.stdout.splitlines()]


if __name__ == "__main__":
    try:
        sys.stdout.write(f"{java().home}\n")
    except CdpError as e:
        sys.stderr.write(f"{e}\n")
        sys.exit(e.exit_code)
