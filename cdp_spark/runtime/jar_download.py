"""Fills the jar folders, once: the Ivy that Spark brings along resolves Maven coordinates and checks the sums.

``CDP_MAVEN_REPOSITORY`` names a repository to use instead of Maven Central.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit
from xml.sax.saxutils import quoteattr

from cdp_spark.errors import CdpError, SetupError, UsageError
from cdp_spark.runtime import jars
from cdp_spark.runtime.java import java

_UNREACHABLE = re.compile(r"Server access error|Host \S+ not found|Connection refused|timed? ?out", re.IGNORECASE)
_MISSING = re.compile(r"^\s*:: ([^#\s]+)#([^;\s]+);([^:!\s]+)(?:: not found|!)", re.MULTILINE)
_FILE = "[organisation]_[artifact]-[revision].[ext]"


def filled_folder() -> jars.JarSet:
    """Makes sure that the folder holds the jars, and says which.

    Raises SetupError when a repository does not answer or does not serve a jar.
    """
    found = jars.jar_set()
    if found is not None:
        return found
    with _filling(jars.folder(), lambda: jars.jar_set() is not None) as work:
        fresh = _resolved_set(work)
        (work / "jars" / jars.MANIFEST).write_text(fresh.text(), encoding="utf-8")
    return fresh


def filled_optional_folder(name: jars.OptionalSet) -> tuple[Path, ...]:
    """Makes sure that the jars of an optional set are there, and says which.

    Raises SetupError as :func:`filled_folder` does.
    """
    if not jars.optional_jars(name):
        with _filling(jars.optional_folder(name), lambda: bool(jars.optional_jars(name))) as work:
            if missing := _resolve(jars.OPTIONAL[name], work, with_dependencies=name in jars.PROGRAMS):
                raise _not_served(missing)
            sizes = {p.name: p.stat().st_size for p in sorted((work / "jars").glob("*.jar"))}
            (work / "jars" / jars.MANIFEST).write_text(json.dumps(sizes, indent=2) + "\n", encoding="utf-8")
    return jars.optional_jars(name)


@contextmanager
def _filling(target: Path, is_filled: Callable[[], bool]) -> Iterator[Path]:
    """A folder to work in, whose ``jars`` become the target."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".filling-", dir=target.parent) as work:
            yield Path(work)
            _put_in_place(Path(work) / "jars", target, is_filled)
    except OSError as e:
        raise SetupError(
            f"the jar folder {target} cannot be written ({e.strerror})",
            fix="make it writable, or set CDP_JARS_DIR to a folder that is",
        ) from e


def _resolved_set(work: Path) -> jars.JarSet:
    for name, coordinates in jars.GRAPHFRAMES.items():
        wanted = [*jars.DELTA, *coordinates]
        missing = _resolve(wanted, work)
        if not missing:
            return jars.JarSet(name, tuple(_described(c, work / "jars") for c in wanted))
        if set(missing) - set(coordinates):
            break
    raise _not_served(missing)


def _not_served(missing: list[str]) -> SetupError:
    return SetupError(
        f"{_repository_name()} does not serve {', '.join(missing)}",
        fix="name a repository that does in CDP_MAVEN_REPOSITORY, such as your company's mirror of Maven Central",
        missing=missing,
    )


def _resolve(coordinates: Sequence[str], work: Path, with_dependencies: bool = False) -> list[str]:
    """Downloads the jars to ``work/jars``, all or none; returns the coordinates that the repository does not serve."""
    (work / "settings.xml").write_text(_settings(work / "cache"), encoding="utf-8")
    (work / "ivy.xml").write_text(_module(coordinates, with_dependencies), encoding="utf-8")
    files = ["-settings", f"{work}/settings.xml", "-ivy", f"{work}/ivy.xml", "-retrieve", f"{work}/jars/{_FILE}"]
    command = [f"{java().home}/bin/java", "-jar", str(_ivy_jar()), "-novalidate", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode == 0:
        return []
    if _UNREACHABLE.search(said := done.stdout + done.stderr):
        raise SetupError(
            f"{_repository_name()} does not answer",
            fix="check the network and its proxy (Java reads it from JAVA_TOOL_OPTIONS=-Dhttps.proxyHost=…), "
            "or name a repository that can be reached in CDP_MAVEN_REPOSITORY",
        )
    missing = [":".join(m) for m in dict.fromkeys(_MISSING.findall(said))]
    if not missing:
        last = next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "no word")
        raise SetupError(
            f"the jars could not be downloaded, Ivy says: {last}", fix="try again; then check the repository"
        )
    return missing


def _settings(cache: Path) -> str:
    repository = os.environ.get("CDP_MAVEN_REPOSITORY")
    root = f" root={quoteattr(repository.rstrip('/') + '/')}" if repository else ""
    return (
        f'<ivysettings><settings defaultResolver="repository"/><caches defaultCacheDir={quoteattr(str(cache))}/>'
        f'<resolvers><ibiblio name="repository" m2compatible="true" useMavenMetadata="false" checksums="sha1"{root}/>'
        "</resolvers></ivysettings>"
    )


def _module(coordinates: Sequence[str], with_dependencies: bool) -> str:
    transitive, wanted = ("true", "default") if with_dependencies else ("false", "master")
    lines = []
    for coordinate in coordinates:
        group, name, version = (quoteattr(part) for part in coordinate.split(":"))
        lines.append(f'<dependency org={group} name={name} rev={version} transitive="{transitive}"/>')
    return (
        '<ivy-module version="2.0"><info organisation="cdp" module="jars"/>'
        f'<dependencies defaultconf="default->{wanted}">{"".join(lines)}</dependencies></ivy-module>'
    )


def _ivy_jar() -> Path:
    own = jars.spark_jars()
    found = sorted(own.glob("ivy-*.jar")) if own else []
    if not found:
        raise SetupError("pyspark with its jars is not installed", fix="run scripts/setup")
    return found[-1]


def _described(coordinate: str, where: Path) -> jars.Jar:
    group, name, version = coordinate.split(":")
    path = where / f"{group}_{name}-{version}.jar"
    with path.open("rb") as file:
        return jars.Jar(coordinate, path.name, hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size)


def _put_in_place(fresh: Path, target: Path, is_filled: Callable[[], bool]) -> None:
    if target.exists():
        shutil.rmtree(target)  # a folder without a whole manifest is what an interrupted copy left
    try:
        fresh.rename(target)
    except OSError:
        if not is_filled():  # else another set-up was faster
            raise


def _repository_name() -> str:
    repository = os.environ.get("CDP_MAVEN_REPOSITORY")
    if not repository:
        return "Maven Central"
    address = urlsplit(repository)  # a user name and password in it are nobody's business
    return f"the Maven repository {address.hostname or address.path}"


def _main(names: list[str]) -> None:
    if unknown := [n for n in names if n not in jars.OPTIONAL]:
        raise UsageError(f"there is no optional set {unknown[0]!r}", fix=f"use {', '.join(jars.OPTIONAL)}")
    found = filled_folder()
    megabytes = sum(jar.size for jar in found.jars) / 1e6
    sys.stdout.write(f"{len(found.jars)} jars, {megabytes:.0f} MB, GraphFrames {found.graphframes}: {jars.folder()}\n")
    for name in names:
        more = filled_optional_folder(cast("jars.OptionalSet", name))
        sys.stdout.write(f"{len(more)} jars for {name}: {more[0].parent}\n")


if __name__ == "__main__":
    try:
        _main(sys.argv[1:])
    except CdpError as e:
        sys.stderr.write(f"{e}\n")
        sys.exit(e.exit_code)
