"""The built wheel under a real spark-submit, started in a folder without the project."""

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cdp_spark.runtime import jars
from cdp_spark.runtime.java import java
from cdp_spark.runtime.session import INTERPRETED
from cdp_spark.simulate import Company, write_company

ROOT = Path(__file__).parents[2]
END = datetime(2026, 3, 1, tzinfo=UTC)
SUBMIT = Path(sys.executable).with_name("spark-submit")
# With the cluster profile all of this is left to whoever submits.
OPTIONS = {**INTERPRETED, "spark.sql.shuffle.partitions": "2", "spark.ui.enabled": "false"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([str(ROOT / "scripts" / "wheel"), str(folder)], check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def submitted(folder: Path, wheel: Path, job: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The job, run by spark-submit in ``folder``."""
    options = [part for name, value in OPTIONS.items() for part in ("--conf", f"{name}={value}")]
    command = [
        str(SUBMIT), "--master", "local[2]", "--driver-memory", "2g", "--driver-java-options", "-XX:TieredStopAtLevel=1",
        "--driver-class-path", jars.driver_classpath() or "", *options, "--py-files", str(wheel), str(job), *arguments,
    ]  # fmt: skip
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYSPARK_", "SPARK_", "PYTHONPATH"))}
    environment |= {"JAVA_HOME": str(java().home), "PYSPARK_PYTHON": sys.executable}
    return subprocess.run(
        command, cwd=folder, env=environment, text=True, capture_output=True, timeout=600, check=False
    )


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    write_company(Company(people=150, days=28, seed=15, end=END), folder / "data/landing", folder / "data/truth")
    shutil.copytree(ROOT / "conf", folder / "conf")
    settings = folder / "conf" / "cdp.yml"
    settings.write_text(settings.read_text().replace("profile: local", "profile: cluster"))
    return folder


@pytest.mark.slow
def test_the_wheel_runs_the_whole_way_under_spark_submit(company: Path, wheel: Path) -> None:
    job = company / "job.py"
    job.write_text(
        "import runpy, cdp_spark\n"
        "print('package:', cdp_spark.__file__)\n"
        f"runpy.run_path({str(ROOT / 'jobs' / 'run_pipeline.py')!r}, run_name='__main__')\n"
    )
    run = submitted(
        company, wheel, job, "--config", "conf", "--as-of", f"{END:%Y-%m-%dT%H:%M:%SZ}", "--run-id", "nightly"
    )
    assert run.returncode == 0, run.stdout[-3000:]
    assert f"{wheel.name}/cdp_spark" in run.stdout
    report = json.loads((company / "data/output/runs/nightly/report.json").read_text())
    assert report["run_id"] == "nightly"
    assert report["as_of"] == f"{END:%Y-%m-%d %H:%M} UTC"
    assert (company / "data/output/destinations/newsletter_tool/nightly/manifest.json").is_file()


def test_a_stage_that_cannot_run_says_so_and_ends_with_its_code(company: Path, wheel: Path) -> None:
    run = submitted(company, wheel, ROOT / "jobs" / "ingest.py", "--config", "nowhere")
    assert run.returncode == 2
    assert "nowhere" in run.stdout + run.stderr
    assert "Traceback" not in run.stderr
