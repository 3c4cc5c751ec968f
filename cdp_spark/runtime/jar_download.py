"""Fills the jar folder, once: the Ivy that Spark brings along resolves Maven coordinates and checks the sums.

``CDP_MAVEN_REPOSITORY`` names a repository to use instead of Maven Central.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit
from xml.sax.saxutils import quoteattr

from cdp_spark.errors import CdpError, SetupError
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
    target = jars.folder()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".filling-", dir=target.parent) as work:
            fresh = _resolved_set(Path(work))
            (Path(work) / "jars" / jars.MANIFEST).write_text(fresh.text(), encoding="utf-8")
            _put_in_place(Path(work) / "jars", target)
    except OSError as e:
        raise SetupError(
            f"the jar folder {target} cannot be written ({e.strerror})",
            fix="make it writable, or set CDP_JARS_DIR to a folder that is",
        ) from e
    return fresh


def _resolved_set(work: Path) -> jars.JarSet:
    for name, coordinates in jars.GRAPHFRAMES.items():
        wanted = [*jars.DELTA, *coordinates]
        missing = _resolve(wanted, work)
        if not missing:
            return jars.JarSet(name, tuple(_described(c, work / "jars") for c in wanted))
        if set(missing) - set(coordinates):
            break
    raise SetupError(
        f"{_repository_name()} does not serve {', '.join(missing)}",
        fix="name a repository that does in CDP_MAVEN_REPOSITORY, such as your company's mirror of Maven Central",
        missing=missing,
    )


def _resolve(coordinates: Sequence[str], work: Path) -> list[str]:
    """Downloads the jars to ``work/jars``, all or none; returns the coordinates that the repository does not serve."""
    (work / "settings.xml").write_text(_settings(work / "cache"), encoding="utf-8")
    (work / "ivy.xml").write_text(_module(coordinates), encoding="utf-8")
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


def _module(coordinates: Sequence[str]) -> str:
    lines = []
    for coordinate in coordinates:
        group, name, version = (quoteattr(part) for part in coordinate.split(":"))
        lines.append(f'<dependency org={group} name={name} rev={version} transitive="false"/>')
    return (
        '<ivy-module version="2.0"><info organisation="cdp" module="jars"/>'
        f'<dependencies defaultconf="default->master">{"".join(lines)}</dependencies></ivy-module>'
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


def _put_in_place(fresh: Path, target: Path) -> None:
    if target.exists():
        shutil.rmtree(target)  # a folder without a whole manifest is what an interrupted copy left
    try:
        fresh.rename(target)
    except OSError:
        if jars.jar_set() is None:  # else another set-up was faster
            raise


def _repository_name() -> str:
    repository = os.environ.get("CDP_MAVEN_REPOSITORY")
    if not repository:
        return "Maven Central"
    address = urlsplit(repository)  # a user name and password in it are nobody's business
    return f"the Maven repository {address.hostname or address.path}"


def _main() -> None:
    found = filled_folder()
    megabytes = sum(jar.size for jar in found.jars) / 1e6
    sys.stdout.write(f"{len(found.jars)} jars, {megabytes:.0f} MB, GraphFrames {found.graphframes}: {jars.folder()}\n")


if __name__ == "__main__":
    try:
        _main()
    except CdpError as e:
        sys.stderr.write(f"{e}\n")
        sys.exit(e.exit_code)
