"""Progress for people and for machines."""

import io
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cdp_spark.runtime.progress import Progress


def test_plain_lines_and_one_json_line_an_event(tmp_path: Path) -> None:
    out = io.StringIO()
    with Progress("r1", "auto", tmp_path, out) as progress:
        progress.started("ingest", "take in files")
        progress.finished("ingest", "done", {"in": 1200, "kept": 1199}, 1.5)
        progress.note("2 files were rewritten")
    lines = out.getvalue().splitlines()
    assert lines[0].startswith("ingest") and "in 1,200" in lines[1]
    events = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert [e["event"] for e in events] == ["step_started", "step_finished", "note"]
    assert events[1]["in"] == 1200


class _Hesitant(io.StringIO):
    """Lets others write between any two writes."""

    def write(self, text: str) -> int:
        time.sleep(0.002)
        return super().write(text)


def test_what_steps_say_at_once_comes_line_by_line(tmp_path: Path) -> None:
    out = _Hesitant()
    with Progress("r1", "plain", tmp_path, out) as progress, ThreadPoolExecutor(4) as threads:
        for i in range(20):
            threads.submit(progress.started, f"step{i}", "of many")
    assert sorted(line.split() for line in out.getvalue().splitlines()) == sorted(
        [f"step{i}", "of", "many", "…"] for i in range(20)
    )
