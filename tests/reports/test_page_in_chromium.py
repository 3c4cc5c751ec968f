"""The page in a real browser: it draws, and its console stays silent."""

import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from cdp_spark.reports.run_report import write_report
from cdp_spark.runtime.published import Published
from cdp_spark.runtime.run import Run

QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--enable-logging=stderr",
    "--v=0",
)


@pytest.fixture(scope="module")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        pytest.skip("no chromium on this machine; install one to see the page drawn")
    return found


def test_the_page_draws_without_a_word_in_the_console(
    chromium: str, run: Run, published: Published, tmp_path: Path
) -> None:
    page = write_report(run, published, tmp_path / "run")
    picture = tmp_path / "page.png"
    shot = subprocess.run(
        [
            chromium,
            *QUIET,
            f"--user-data-dir={tmp_path / 'browser'}",
            f"--screenshot={picture}",
            "--window-size=1200,3000",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "CONSOLE" not in shot.stderr
    drawn = Image.open(picture).convert("RGB")
    colours = drawn.getcolors(maxcolors=drawn.width * drawn.height) or []
    most = max(n for n, _ in colours)
    assert drawn.size == (1200, 3000)
    assert most < 0.9 * drawn.width * drawn.height and len(colours) > 200
    assert any(c == (0, 114, 178) and n > 2_000 for n, c in colours), "no blue bar is drawn"
