"""A source of three lines is a whole one, and every part of its preset can be changed."""

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from pydantic import TypeAdapter
from typer.testing import CliRunner

from cdp_spark.cli import app
from cdp_spark.config import load_config
from cdp_spark.config.presets import Preset, PresetProblems, adopted, preset, preset_names, preset_text
from cdp_spark.config.reads import FileRead
from cdp_spark.config.schemas import schemas
from cdp_spark.config.sources import Mapping, SourceConfig, Value
from cdp_spark.errors import ConfigError, UsageError

THREE_LINES = "source: site\npreset: segment\nfolder: segment-logs\n"


def loaded(folder: Path, text: str) -> SourceConfig:
    (folder / "sources").mkdir()
    (folder / "cdp.yml").write_text("name: acme")
    (folder / "sources" / "site.yml").write_text(text)
    return load_config(folder).sources["site"]


def folder_of(read: object) -> str:
    assert isinstance(read, FileRead)
    return read.path


def changed(**streams: Any) -> dict[str, Any]:
    after: dict[str, Any] = adopted({"source": "site", "preset": "segment", "streams": streams})["streams"]
    return after


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_is_a_whole_source_that_sets_columns_there_are(name: str, tmp_path: Path) -> None:
    source = loaded(tmp_path, f"source: site\npreset: {name}\nfolder: here\n")
    assert source.preset == preset(name).preset == name
    assert source.about and preset(name).documentation is not None
    for stream in source.streams.values():
        assert folder_of(stream.read).startswith("here")
        assert len({m.name for m in stream.mappings}) == len(stream.mappings)


def test_three_lines_are_a_source(tmp_path: Path) -> None:
    events = loaded(tmp_path, THREE_LINES).streams["events"]
    assert (folder_of(events.read), events.message_id) == ("segment-logs", "messageId")
    assert events.mappings[0].set["user_id"] == "userId"


def test_without_a_folder_the_files_lie_in_the_source_s_own(tmp_path: Path) -> None:
    assert folder_of(loaded(tmp_path, "source: site\npreset: segment\n").streams["events"].read) == "site"


def test_a_column_is_replaced_added_or_removed_and_the_rest_stays() -> None:
    before = preset("segment").streams["events"]["mappings"]["calls"]["set"]
    columns = {"user_id": {"const": "x"}, "is_bot": "context.bot", "utm_term": None}
    after = changed(events={"mappings": {"calls": {"set": columns}}})["events"]["mappings"]["calls"]["set"]
    assert after == {k: v for k, v in before.items() if k != "utm_term"} | {
        "user_id": {"const": "x"},
        "is_bot": "context.bot",
    }


def test_what_a_value_is_made_of_is_replaced_as_a_whole() -> None:
    """Two operations merged would be neither."""
    after = changed(
        events={"mappings": {"orders": {"set": {"status": {"text": "s"}}, "lines": {"set": {"sku": "id"}}}}}
    )
    orders = after["events"]["mappings"]["orders"]
    assert orders["set"]["status"] == {"text": "s"}
    assert orders["lines"]["set"] == preset("segment").streams["events"]["mappings"]["orders"]["lines"]["set"] | {
        "sku": "id"
    }


def test_mappings_and_streams_are_removed_and_whole_ones_added() -> None:
    mine = {"to": "events", "set": {"event": "e", "event_ts": "t"}}
    after = changed(
        events={"read": {"pattern": "*.json"}, "mappings": {"consent": None, "mine": mine}},
        more={"read": {"path": "more", "format": "csv"}, "mappings": [mine]},
    )
    assert "consent" not in after["events"]["mappings"]
    assert after["events"]["mappings"]["mine"] == mine
    assert (after["events"]["read"]["pattern"], after["more"]["read"]["path"]) == ("*.json", "site/more")


def test_another_way_of_reading_replaces_the_preset_s_own() -> None:
    topic = {"format": "kafka", "topic": "calls"}
    assert changed(events={"read": topic})["events"]["read"] == topic
    assert changed(events={"read": {"format": "parquet"}})["events"]["read"]["path"] == "site"


def test_a_preset_is_not_changed_by_those_who_adopt_it() -> None:
    changed(events={"mappings": {"calls": {"set": {"event": "other"}}}})
    assert changed()["events"]["mappings"]["calls"]["set"]["event"] == {"first": ["event", "name"]}


@pytest.mark.parametrize(
    ("streams", "problem"),
    [
        ({"evnts": {"unmatched": "skip"}}, "streams.evnts: the preset has no stream 'evnts'; did you mean events?"),
        ({"events": {"mappings": {"cals": {"set": {}}}}}, "streams.events.mappings.cals: the preset has no mapping"),
        (
            {"events": {"mappings": {"calls": {"set": {"emial": None}}}}},
            "streams.events.mappings.calls.set.emial: null removes what the preset has not",
        ),
    ],
)
def test_a_name_that_the_preset_has_not_is_a_problem(streams: dict[str, Any], problem: str) -> None:
    with pytest.raises(PresetProblems) as e:
        changed(**streams)
    assert e.value.problems[0].startswith(problem)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "source: site\npreset: segmnt\n",
            "sources/site.yml: preset: there is no preset 'segmnt'; did you mean segment?",
        ),
        ("source: site\npreset: segment\nfolder: 7\n", "sources/site.yml: folder: must be a folder"),
        (
            "source: site\npreset: segment\nfolder: ../x\n",
            "sources/site.yml: streams.events.read: path must lie below",
        ),
        (
            THREE_LINES + "streams: {events: {mappings: {calls: {set: {usr_id: userId}}}}}",
            "sources/site: streams.events.mappings.calls.set.usr_id: events has no column usr_id",
        ),
        (
            THREE_LINES + "streams: {events: {mappings: {calls: {set: {event: {fisrt: [a]}}}}}}",
            "sources/site.yml: streams.events.mappings.calls.set.event: has fisrt; needs a path or one of const, first",
        ),
        (
            THREE_LINES + "streams: {events: {mesage_id: x}}",
            "sources/site.yml: streams.events.mesage_id: is not known here",
        ),
    ],
)
def test_a_mistake_is_named_with_its_file_and_path(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ConfigError) as e:
        loaded(tmp_path, text)
    assert problem in str(e.value)


def test_the_schema_for_editors_takes_whole_sources_and_changes_of_a_preset() -> None:
    schema = schemas()["source.schema.json"]
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    whole = {"source": "s", "streams": {"a": {"read": {"path": "p", "format": "csv"}, "mappings": [{"to": "events"}]}}}
    over = {"source": "s", "preset": "segment", "folder": "f"}
    changes = {
        "events": {
            "read": {"pattern": "x"},
            "mappings": {"calls": {"set": {"event": "e", "type": None}}, "consent": None},
        }
    }
    moved = {"events": {"read": {"path": "calls"}}}
    for good in (whole, over, {**over, "streams": changes}, {**over, "streams": moved}):
        assert validator.is_valid(good), list(validator.iter_errors(good))
    bad = ({"source": "s"}, {**over, "preset": "segmnt"}, {**over, "streams": {"events": {"mesage_id": "x"}}})
    assert [validator.is_valid(b) for b in bad] == [False] * 3


def test_a_source_is_shown_as_it_is_used(tmp_path: Path) -> None:
    loaded(tmp_path, THREE_LINES + "streams: {events: {mappings: {calls: {set: {event: e}}}}}")
    shown = CliRunner().invoke(app, ["config", "show", "site", "--config", str(tmp_path)])
    text = yaml.safe_load(shown.output)
    assert text["streams"]["events"]["mappings"][0]["set"]["event"] == "e"
    assert SourceConfig.model_validate(text) == load_config(tmp_path).sources["site"]


def test_the_list_names_every_preset_and_what_it_expects() -> None:
    listed = CliRunner().invoke(app, ["presets"]).output
    assert all(name[:12] in listed for name in preset_names())
    assert "jsonl in" in listed


def test_the_readme_names_every_preset() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert [name for name in preset_names() if f"`{name}`" not in readme] == []


def test_the_readme_shows_values_and_mappings_that_the_configuration_takes() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    table = readme.split("| operation | example |")[1].split("\n\n")[0]
    shown = re.findall(r"`(\{.*?\})`", table)
    values = [TypeAdapter(Value).validate_python(yaml.safe_load(text)) for text in shown]
    assert len(values) == 13 and not any(isinstance(v, str) for v in values)
    [consent] = re.findall(r"```yaml\n( +- to: consent_events.*?)```", readme, re.DOTALL)
    assert Mapping.model_validate(yaml.safe_load(consent)[0]).to == "consent_events"


def test_a_preset_is_shown_whole_and_can_be_read_again() -> None:
    for name in preset_names():
        again = yaml.safe_load(preset_text(name))
        assert Preset.model_validate(again).streams == preset(name).streams
    with pytest.raises(UsageError, match="no preset 'shopfy'") as refused:
        preset_text("shopfy")
    assert "name shopify" in refused.value.fix
