"""The options of the driver's JVM by session profile, shared by the session and the set-up script."""

from pathlib import Path

from cdp_spark.runtime.jars import cds_archive

# Spark makes code and drops it all the time, and Java looks through all of it for what was dropped each time that a
# small part of a small cache has filled: up to an eighth of the processor's time.
_ROOM_FOR_CODE = ("-XX:ReservedCodeCacheSize=512m", "-XX:SweeperThreshold=10")
# Compiling little starts fast and runs at half the speed: right for tests, wrong for data.
_OPTIONS = {
    "test": (*_ROOM_FOR_CODE, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"),
    "local": (
        *_ROOM_FOR_CODE,
        "-XX:+UseParallelGC",
        # A heap that grows step by step is collected more often: a quarter of the time that collecting takes.
        "-XX:InitialRAMPercentage=25",
        # Spark's generated methods are often too long for Java's liking; interpreted, they take twice the time.
        "-XX:-DontCompileHugeMethods",
        # Much of what Spark plans with runs some thousand times and never again. Ten times Java's own thresholds, so
        # that its costly compiler waits for what runs on: of a whole run's processor time four times take a tenth, ten
        # times another sixteenth.
        "-XX:Tier4InvocationThreshold=50000",
        "-XX:Tier4MinInvocationThreshold=6000",
        "-XX:Tier4CompileThreshold=150000",
        "-XX:Tier4BackEdgeThreshold=400000",
        # It spends a third less on what it compiles when it draws less into it, and what comes out runs as fast.
        "-XX:MaxInlineLevel=9",
        "-XX:FreqInlineSize=150",
        "-XX:InlineSmallCode=1200",
    ),
}
PROFILES = tuple(_OPTIONS)
# Without a word should the archive not fit: Java says so on standard output, among a command's own lines.
_SILENT = ("-Xshare:auto", "-Xlog:disable", "-Xlog:all=error:stderr")


def java_options(profile: str) -> str:
    """The profile's options, with its class archive where one was made; empty for profiles it leaves alone.

    Raises SetupError without a fitting Java.
    """
    if profile not in _OPTIONS:
        return ""
    options = [*_OPTIONS[profile]]
    archive = cds_archive(profile)
    if archive.is_file():
        options += [_quoted(f"-XX:SharedArchiveFile={archive}"), *_SILENT]
    return " ".join(options)


def recording_option(archive: Path) -> str:
    """The option that makes Java write the archive when it ends."""
    return _quoted(f"-XX:ArchiveClassesAtExit={archive}")


def _quoted(option: str) -> str:
    return f'"{option}"' if " " in option else option
