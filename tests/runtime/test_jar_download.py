"""The real Ivy on a repository made of files: Java is needed, a network is not."""

import hashlib
from pathlib import Path

import pytest

from cdp_spark.errors import SetupError
from cdp_spark.runtime import jars
from cdp_spark.runtime.jar_download import filled_folder, filled_optional_folder


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CDP_JARS_DIR", str(tmp_path / "jars"))
    monkeypatch.setenv("CDP_MAVEN_REPOSITORY", (tmp_path / "repository").as_uri())
    return tmp_path / "repository"


def serve(repository: Path, *coordinates: str) -> None:
    for coordinate in coordinates:
        group, name, version = coordinate.split(":")
        folder = repository / group.replace(".", "/") / name / version
        folder.mkdir(parents=True)
        (folder / f"{name}-{version}.jar").write_text(coordinate)
        (folder / f"{name}-{version}.pom").write_text(
            f"<project><modelVersion>4.0.0</modelVersion><groupId>{group}</groupId><artifactId>{name}</artifactId>"
            f"<version>{version}</version><dependencies><dependency><groupId>com.fasterxml.jackson.core</groupId>"
            "<artifactId>jackson-databind</artifactId><version>2.13.5</version></dependency></dependencies></project>"
        )


def test_the_official_graphframes_is_taken_where_it_is_served(repository: Path) -> None:
    serve(repository, *jars.DELTA, *jars.GRAPHFRAMES["official"], *jars.GRAPHFRAMES["compat"])
    found = filled_folder()
    assert found.graphframes == "official"
    assert [jar.coordinate for jar in found.jars] == [*jars.DELTA, *jars.GRAPHFRAMES["official"]]


def test_else_the_compatible_one_and_nothing_that_its_pom_asks_for(repository: Path) -> None:
    serve(repository, *jars.DELTA, *jars.GRAPHFRAMES["compat"])
    found = filled_folder()
    assert found == jars.jar_set()
    assert found.graphframes == "compat"
    assert sorted(p.name for p in jars.folder().glob("*.jar")) == sorted(jar.file for jar in found.jars)
    assert found.jars[0].sha256 == hashlib.sha256(jars.DELTA[0].encode()).hexdigest()


def test_a_jar_that_is_not_served_is_named(repository: Path) -> None:
    serve(repository, *jars.DELTA[1:], *jars.GRAPHFRAMES["compat"])
    with pytest.raises(
        SetupError, match=r"does not serve .*io\.delta:delta-spark_4\.2_2\.13:4\.4\.0.*CDP_MAVEN_REPOSITORY"
    ):
        filled_folder()
    assert jars.jar_set() is None


def test_no_graphframes_at_all_is_said_too(repository: Path) -> None:
    serve(repository, *jars.DELTA)
    with pytest.raises(SetupError, match=r"does not serve org\.apache\.sedona"):
        filled_folder()


def test_a_jar_that_differs_from_its_checksum_is_refused(repository: Path) -> None:
    serve(repository, *jars.DELTA, *jars.GRAPHFRAMES["compat"])
    jar = next(repository.rglob("delta-storage-*.jar"))
    jar.with_name(f"{jar.name}.sha1").write_text("0" * 40)
    with pytest.raises(SetupError, match="delta-storage"):
        filled_folder()
    assert jars.jar_set() is None


def test_a_repository_that_does_not_answer_is_no_reason_to_take_other_jars(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDP_JARS_DIR", str(tmp_path))
    monkeypatch.setenv("CDP_MAVEN_REPOSITORY", "http://me:hush@127.0.0.1:9/maven")
    with pytest.raises(SetupError, match=r"repository 127\.0\.0\.1 does not answer") as e:
        filled_folder()
    assert "hush" not in str(e.value)


def test_what_an_interrupted_run_left_is_filled_again(repository: Path) -> None:
    serve(repository, *jars.DELTA, *jars.GRAPHFRAMES["compat"])
    first = filled_folder()
    (jars.folder() / first.jars[0].file).write_text("half")
    assert filled_folder() == first == jars.jar_set()
    assert [p.name for p in jars.folder().parent.iterdir()] == [jars.folder().name]


def test_a_full_folder_is_left_alone(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(repository, *jars.DELTA, *jars.GRAPHFRAMES["compat"])
    first = filled_folder()
    monkeypatch.setenv("CDP_MAVEN_REPOSITORY", "http://127.0.0.1:9/")
    assert filled_folder() == first


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CDP_JARS_DIR", str(tmp_path / "file"))
    with pytest.raises(SetupError, match=r"cannot be written .*CDP_JARS_DIR"):
        filled_folder()


def test_an_optional_set_has_a_folder_of_its_own(repository: Path) -> None:
    with pytest.raises(SetupError, match=r"does not serve org\.postgresql:postgresql"):
        filled_optional_folder("postgresql")
    serve(repository, *jars.OPTIONAL["postgresql"])
    (jar,) = filled_optional_folder("postgresql")
    assert jar.read_text() == jars.OPTIONAL["postgresql"][0]
    assert jars.optional_jars("postgresql") == (jar,) and jars.jar_set() is None
