"""Files: whole or not there, rows by the longest list, a manifest last."""

import hashlib
import json
from pathlib import Path

import pytest

from cdp_spark.activation.destinations.file import FileDelivery, file_rows
from cdp_spark.config.destinations import DestinationConfig
from cdp_spark.errors import StorageError


def destination(**choices: object) -> DestinationConfig:
    base = {
        "destination": "ads",
        "fields": {"email": {"contact_points": "email"}, "name": {"profile": "first_name"}},
        "syncs": [{"audience": "a", "purposes": ["advertising"]}],
    }
    return DestinationConfig.model_validate(base | choices)


def test_a_list_becomes_rows_and_a_single_value_repeats() -> None:
    rows = list(file_rows({"email": ["a", "b"], "name": ["Ana"]}, ["email", "name"]))
    assert rows == [{"email": "a", "name": "Ana"}, {"email": "b", "name": "Ana"}]
    assert list(file_rows({}, ["email"])) == []


def test_a_csv_file_and_its_manifest(tmp_path: Path) -> None:
    delivery = FileDelivery(destination(), str(tmp_path / "out"))
    assert delivery.deliver("a_add", [{"email": ["a@example.com"], "name": ['Quote " and, comma']}]) == 1
    assert not (tmp_path / "out/manifest.json").exists()
    delivery.finish("r1")
    text = (tmp_path / "out/a_add.csv").read_bytes()
    assert text.decode() == 'email,name\na@example.com,"Quote "" and, comma"\n'
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    assert manifest["files"]["a_add.csv"] == {"rows": 1, "sha256": hashlib.sha256(text).hexdigest()}
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["a_add.csv", "manifest.json"]


def test_json_lines_hold_only_what_is_there(tmp_path: Path) -> None:
    delivery = FileDelivery(destination(format="jsonl"), str(tmp_path))
    delivery.deliver("a_add", [{"email": ["ä@example.com"]}])
    assert (tmp_path / "a_add.jsonl").read_text() == '{"email": "ä@example.com"}\n'


@pytest.mark.parametrize("cell", ["=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1", "\r=1"])
def test_cells_that_a_spreadsheet_would_execute_are_guarded_where_asked(tmp_path: Path, cell: str) -> None:
    FileDelivery(destination(excel_safe=True), str(tmp_path)).deliver("safe", [{"name": [cell]}])
    FileDelivery(destination(), str(tmp_path)).deliver("machine", [{"name": ["+436641234567"]}])
    assert b"'" + cell.encode() in (tmp_path / "safe.csv").read_bytes()
    assert b",+436641234567" in (tmp_path / "machine.csv").read_bytes()


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        FileDelivery(destination(), str(tmp_path / "file" / "out")).deliver("a_add", [{"email": ["a"]}])
