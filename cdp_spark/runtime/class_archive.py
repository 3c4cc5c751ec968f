"""Makes the class archives: each profile's session runs a little work once, and its JVM keeps the classes it loaded.

With one a session starts in half the time. It is a help, not a need: where none can be made, sessions start without.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from cdp_spark.errors import CdpError
from cdp_spark.runtime.jars import cds_archive
from cdp_spark.runtime.java import java
from cdp_spark.runtime.jvm import PROFILES, recording_option

_WORK = "--work"


def made_archives(profiles: tuple[str, ...] = PROFILES) -> list[str]:
    """Makes the missing archives, all at once; one line for each that could not be made."""
    sessions = []
    for profile in profiles:
        target = cds_archive(profile)
        if not target.is_file():
            recording = target.with_suffix(".recording")
            sessions.append((profile, target, recording, _session(profile, recording)))
    problems = []
    for profile, target, recording, session in sessions:
        said, _ = session.communicate()  # ends with the JVM, which writes when its last client has gone
        if session.returncode == 0 and recording.is_file():
            _replace_older(profile, target, recording)
        else:
            recording.unlink(missing_ok=True)
            last = said.strip().splitlines()[-1:] or ["no word"]
            problems.append(f"no class archive for profile {profile}, sessions start slower: {last[0]}")
    return problems


def _session(profile: str, recording: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "JAVA_HOME": str(java().home), "SPARK_SUBMIT_OPTS": recording_option(recording)}
    command = [sys.executable, "-m", "cdp_spark.runtime.class_archive", _WORK, profile]
    return subprocess.Popen(
        command, env=environment, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def _replace_older(profile: str, target: Path, recording: Path) -> None:
    # Those of an earlier Java or an earlier installation of Spark in the same place fit nothing any more.
    same_place = target.name.rsplit("-", 1)[0]
    for older in target.parent.glob(f"{same_place}-*.jsa"):
        older.unlink(missing_ok=True)
    recording.rename(target)


def _work(profile: str) -> None:
    """What most sessions do: read text, group, join, rank, write a Delta table, change and read it."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    from cdp_spark.runtime.doctor import table_round_trip
    from cdp_spark.runtime.session import open_session

    with tempfile.TemporaryDirectory(prefix="cdp-archive-") as scratch:
        spark = open_session("cdp-setup", "test" if profile == "test" else "local", "1g", Path(scratch))
        table_round_trip(spark, Path(scratch))
        numbers = spark.range(1000).select(
            "id", (F.col("id") % 7).alias("rest"), F.col("id").cast("string").alias("word")
        )
        numbers.write.json(f"{scratch}/lines")
        lines = spark.read.schema("id BIGINT, rest BIGINT, word STRING").json(f"{scratch}/lines")
        newest = lines.withColumn("rank", F.row_number().over(Window.partitionBy("rest").orderBy(F.desc("id"))))
        groups = lines.groupBy("rest").agg(F.countDistinct("word"), F.collect_set("word"), F.max_by("word", "id"))
        newest.filter(F.col("rank") == 1).join(groups, on="rest", how="left").orderBy("rest").collect()
        spark.stop()


def _main() -> None:
    if sys.argv[1:2] == [_WORK]:
        _work(sys.argv[2])
        return
    for problem in made_archives():
        sys.stderr.write(f"{problem}\n")


if __name__ == "__main__":
    try:
        _main()
    except CdpError as e:
        sys.stderr.write(f"{e}\n")
        sys.exit(e.exit_code)
