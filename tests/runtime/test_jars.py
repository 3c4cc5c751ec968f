import json
from pathlib import Path

import pytest

from cdp_spark.errors import SetupError
from cdp_spark.runtime import jars, jvm, session
from tests.runtime.test_java import installed


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty jar folder of its own, and a Java of a known build."""
    monkeypatch.setenv("CDP_JARS_DIR", str(tmp_path / "jars"))
    monkeypatch.setenv("JAVA_HOME", str(installed(tmp_path / "java", "17.0.15+6")))
    jars.folder().mkdir(parents=True)
    return jars.folder()


def fill(place: Path, *names: str) -> None:
    for name in names:
        (place / name).write_bytes(b"jar")
    listed = tuple(jars.Jar(f"g:{name}:1", name, "0" * 64, 3) for name in names)
    (place / jars.MANIFEST).write_text(jars.JarSet("compat", listed).text())


def test_a_missing_folder_means_that_jars_come_from_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDP_JARS_DIR", str(tmp_path / "nowhere"))
    assert (jars.jar_set(), jars.driver_classpath(), jars.graphframes_set()) == (None, "", None)


def test_the_class_path_keeps_the_order_of_the_manifest(place: Path) -> None:
    fill(place, "b.jar", "a.jar")
    assert jars.driver_classpath() == f"{place}/b.jar:{place}/a.jar"
    assert jars.graphframes_set() == "compat"


def test_a_jar_that_is_not_in_the_manifest_stays_off_the_class_path(place: Path) -> None:
    fill(place, "a.jar")
    (place / "jackson-databind-2.13.5.jar").write_bytes(b"jar")
    assert jars.driver_classpath() == f"{place}/a.jar"


@pytest.mark.parametrize("harm", ["cut", "gone", "no manifest", "broken manifest", "foreign manifest"])
def test_a_folder_that_is_not_whole_counts_as_missing(place: Path, harm: str) -> None:
    fill(place, "a.jar", "b.jar")
    manifest = place / jars.MANIFEST
    match harm:
        case "cut":
            (place / "b.jar").write_bytes(b"j")
        case "gone":
            (place / "b.jar").unlink()
        case "no manifest":
            manifest.unlink()
        case "broken manifest":
            manifest.write_text(manifest.read_text()[:20])
        case _:
            manifest.write_text(json.dumps({"jars": [{"name": "a"}], "graphframes": "compat"}))
    assert jars.jar_set() is None


def test_every_set_of_graphframes_has_its_wrapper() -> None:
    assert set(jars.WRAPPERS) == set(jars.GRAPHFRAMES)


def test_an_archive_is_named_by_profile_java_and_jars_in_their_order(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(place, "a.jar", "b.jar")
    first = jars.cds_archive("test")
    assert first == jars.cds_archive("test")
    names = {first, jars.cds_archive("local")}
    fill(place, "b.jar", "a.jar")
    names.add(jars.cds_archive("test"))
    monkeypatch.setenv("JAVA_HOME", str(installed(tmp_path / "newer", "17.0.16+8")))
    names.add(jars.cds_archive("test"))
    assert len(names) == 4


def test_an_archive_is_asked_for_only_where_it_was_made(place: Path) -> None:
    fill(place, "a.jar")
    assert "SharedArchiveFile" not in jvm.java_options("test")
    jars.cds_archive("test").write_bytes(b"classes")
    assert f"-XX:SharedArchiveFile={jars.cds_archive('test')} -Xshare:auto" in jvm.java_options("test")
    assert "SharedArchiveFile" not in jvm.java_options("local")


def test_a_path_with_a_blank_reaches_java_as_one_option(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDP_JARS_DIR", str(tmp_path / "my jars"))
    monkeypatch.setenv("JAVA_HOME", str(installed(tmp_path / "java", "17.0.15+6")))
    archive = jars.cds_archive("local")
    archive.parent.mkdir(parents=True)
    archive.write_bytes(b"classes")
    assert f'"-XX:SharedArchiveFile={archive}"' in jvm.java_options("local")
    assert jvm.recording_option(archive) == f'"-XX:ArchiveClassesAtExit={archive}"'


def test_a_cluster_keeps_its_own_options() -> None:
    assert jvm.java_options("cluster") == ""


def test_what_a_source_needs_goes_along_with_the_session_and_never_on_its_class_path(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(place, "a.jar")
    archive = jars.cds_archive("local")
    with pytest.raises(SetupError, match=r"jars of kafka, and they are not there.*scripts/jars kafka"):
        session._options("local", "1g", None, ("kafka",))
    folder = jars.optional_folder("kafka")
    folder.mkdir()
    for name in ("k.jar", "c.jar"):
        (folder / name).write_bytes(b"jar")
    (folder / jars.MANIFEST).write_text(json.dumps({"k.jar": 3, "c.jar": 3}))
    options = session._options("local", "1g", None, ("kafka",))
    assert options["spark.jars"] == f"{folder}/k.jar,{folder}/c.jar"
    assert "k.jar" not in options["spark.driver.extraClassPath"] and jars.cds_archive("local") == archive
    assert "spark.jars" not in session._options("local", "1g", None, ())
    (folder / "c.jar").write_bytes(b"")
    assert jars.optional_jars("kafka") == ()
