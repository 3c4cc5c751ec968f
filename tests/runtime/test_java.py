from pathlib import Path

import pytest

from cdp_spark.errors import SetupError
from cdp_spark.runtime import java


def installed(home: Path, build: str, modules: str = "java.base jdk.incubator.vector") -> Path:
    program = home / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho java.base@11\n")
    program.chmod(0o755)
    (home / "release").write_text(f'JAVA_RUNTIME_VERSION="{build}"\nMODULES="{modules}"\n')
    return home


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without Java; what a test puts below ``jvm`` lies in a usual place."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(java, "_USUAL_PLACES", (str(tmp_path / "jvm" / "*"),))
    return tmp_path


def test_without_any_java_the_error_says_what_to_install(nowhere: Path) -> None:
    with pytest.raises(
        SetupError, match=r"no Java was found\. Fix: install Java 17 or 21.*openjdk-17-jre-headless"
    ) as e:
        java.java()
    assert e.value.exit_code == 2


def test_java_home_wins(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(nowhere / "jvm" / "a", "17.0.1+1")
    monkeypatch.setenv("JAVA_HOME", str(installed(nowhere / "mine", "21.0.2+3")))
    found = java.java()
    assert (found.home, found.build, found.version) == (nowhere / "mine", "21.0.2+3", 21)


def test_a_java_home_that_does_not_fit_is_said_and_not_passed_over(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(nowhere / "jvm" / "a", "17.0.1+1")
    monkeypatch.setenv("JAVA_HOME", str(installed(nowhere / "old", "1.8.0_392-b08")))
    with pytest.raises(SetupError, match=r"is 1\.8\.0_392-b08, Spark 4\.2 needs 17 or 21\. Fix: point JAVA_HOME"):
        java.java()


def test_a_java_on_the_path_that_does_not_fit_is_passed_over(nowhere: Path) -> None:
    newer = installed(nowhere / "newer", "25.0.3+9")
    (nowhere / "bin").mkdir()
    (nowhere / "bin" / "java").symlink_to(newer / "bin" / "java")
    fitting = installed(nowhere / "jvm" / "b", "17.0.15+6")
    assert java.java().home == fitting


def test_a_stripped_java_is_refused_by_the_module_it_lacks(nowhere: Path) -> None:
    installed(nowhere / "jvm" / "stripped", "17.0.15+6", modules="java.base java.sql")
    with pytest.raises(SetupError, match=r"17\.0\.15\+6 at .*/stripped lacks the module jdk\.incubator\.vector"):
        java.java()


def test_without_a_release_file_the_program_is_asked_for_its_modules(nowhere: Path) -> None:
    home = installed(nowhere / "jvm" / "bare", "")
    (home / "release").unlink()
    found = java.described(home)
    assert found is not None
    assert found.modules == {"java.base"}
    assert found.problem is not None
