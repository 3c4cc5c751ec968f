"""The JVM half of Delta and GraphFrames: which jars, where they lie, and the class archives beside them.

``scripts/jars`` fills one folder per set of versions, with only the jars that Spark lacks: everything else
that their POMs name is older than what Spark ships and would shadow it. On clusters the folder is missing
and jars come from the cluster. What only some sources need lies in folders of its own. Standard library only.
"""

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from cdp_spark.runtime.java import java

GraphFramesSet = Literal["official", "compat"]

DELTA = (
    "io.delta:delta-spark_4.2_2.13:4.4.0",
    "io.delta:delta-storage:4.4.0",
    "io.delta:delta-kernel-api:4.4.0",
    "io.delta:delta-kernel-defaults:4.4.0",
    "io.delta:delta-kernel-unitycatalog:4.4.0",
    "io.unitycatalog:unitycatalog-client:0.6.0",
    "io.unitycatalog:unitycatalog-hadoop:0.6.0",
)
# Tried in this order. Not every repository serves the official jars; the shaded Sedona jar carries the
# classes of GraphFrames 0.9 under their own names.
GRAPHFRAMES: dict[GraphFramesSet, tuple[str, ...]] = {
    "official": (
        "io.graphframes:graphframes-spark4_2.13:0.12.3",
        "io.graphframes:graphframes-graphx-spark4_2.13:0.12.3",
    ),
    "compat": ("org.apache.sedona:sedona-spark-shaded-4.0_2.13:1.8.0",),
}
OptionalSet = Literal["kafka", "postgresql", "kafka_broker"]
# Handed to a session as ``spark.jars``, not on its class path, so that the class archives fit with and without them.
OPTIONAL: dict[OptionalSet, tuple[str, ...]] = {
    "kafka": (
        "org.apache.spark:spark-sql-kafka-0-10_2.13:4.2.0",
        "org.apache.spark:spark-token-provider-kafka-0-10_2.13:4.2.0",
        "org.apache.kafka:kafka-clients:3.9.2",
        "org.apache.commons:commons-pool2:2.13.1",
    ),
    "postgresql": ("org.postgresql:postgresql:42.7.14",),
    # A broker of its own for tests and benchmarks, see scripts/kafka.
    "kafka_broker": ("org.apache.kafka:kafka_2.13:4.2.0", "org.slf4j:slf4j-simple:1.7.36"),
}
# Programs rather than parts of a session: taken with everything that their POMs name.
PROGRAMS: tuple[OptionalSet, ...] = ("kafka_broker",)
SOURCE_JARS: tuple[OptionalSet, ...] = ("kafka", "postgresql")
# The release of graphframes-py that calls what the jars of the set offer.
WRAPPERS: dict[GraphFramesSet, str] = {"official": "0.12.3", "compat": "0.9.3"}
MANIFEST = "jars.json"


@dataclass(frozen=True)
class Jar:
    """One jar of the folder."""

    coordinate: str
    file: str
    sha256: str
    size: int


@dataclass(frozen=True)
class JarSet:
    """What the folder holds, as its manifest says."""

    graphframes: GraphFramesSet
    jars: tuple[Jar, ...]

    def text(self) -> str:
        """The manifest."""
        return json.dumps(asdict(self), indent=2) + "\n"


def folder() -> Path:
    """Where the jars of these versions belong; below ``CDP_JARS_DIR`` or ``~/.cache/cdp-spark/jars``."""
    wanted = "\n".join([*DELTA, *GRAPHFRAMES["official"], *GRAPHFRAMES["compat"]])
    delta = DELTA[0].split(":")[-1]
    return _root() / f"delta-{delta}-{_short(wanted)}"


def optional_folder(name: OptionalSet) -> Path:
    """Where the jars of an optional set belong."""
    wanted = "\n".join(OPTIONAL[name])
    return _root() / f"{name}-{OPTIONAL[name][0].split(':')[-1]}-{_short(wanted)}"


def optional_jars(name: OptionalSet) -> tuple[Path, ...]:
    """The jars of an optional set; none when they are not there whole."""
    where = optional_folder(name)
    try:
        sizes = json.loads((where / MANIFEST).read_text(encoding="utf-8"))
        whole = all((where / file).stat().st_size == size for file, size in sizes.items())
    except (OSError, ValueError, AttributeError):
        return ()
    return tuple(where / file for file in sizes) if whole else ()


def jar_set() -> JarSet | None:
    """The jars in the folder; None when it is missing or a jar of its manifest is not there whole."""
    try:
        said = json.loads((folder() / MANIFEST).read_text(encoding="utf-8"))
        found = JarSet(said["graphframes"], tuple(Jar(**jar) for jar in said["jars"]))
        whole = all((folder() / jar.file).stat().st_size == jar.size for jar in found.jars)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if whole else None


def driver_classpath() -> str:
    """The jars' paths, colon-joined; empty when the folder is missing."""
    found = jar_set()
    return ":".join(str(folder() / jar.file) for jar in found.jars) if found else ""


def graphframes_set() -> GraphFramesSet | None:
    """Which GraphFrames the folder holds."""
    found = jar_set()
    return found.graphframes if found else None


def spark_jars() -> Path | None:
    """The folder of Spark's own jars, None where pyspark is not installed or brings none."""
    spec = find_spec("pyspark")
    if spec is None or not spec.submodule_search_locations:
        return None
    found = Path(spec.submodule_search_locations[0]) / "jars"
    return found if found.is_dir() else None


def cds_archive(profile: str) -> Path:
    """Where the class archive of a session profile belongs.

    An archive is valid for one build of Java and one exact class path, so both are in its name: the jars in
    the order in which Java takes them, with their sizes and times, which Java compares too.

    Raises SetupError without a fitting Java.
    """
    own = spark_jars()
    place = str(own)
    listed = [driver_classpath(), java().build, str(java().home)]
    if own:
        with os.scandir(own) as entries:  # unsorted, as Java's own reading of jars/*
            listed += [f"{e.name} {e.stat().st_size} {e.stat().st_mtime_ns}" for e in entries]
    return folder() / f"{profile}-{_short(place)}-{_short(chr(10).join(listed))}.jsa"


def _root() -> Path:
    return Path(os.environ.get("CDP_JARS_DIR") or Path.home() / ".cache" / "cdp-spark" / "jars")


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
