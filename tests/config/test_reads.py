"""`read` of every kind: what is wrong is told by its place, as if there were one kind only."""

from pathlib import Path

import pytest

from cdp_spark.config import load_config
from cdp_spark.config.sources import SourceConfig
from cdp_spark.errors import ConfigError

SOURCE = """
source: s
streams:
  a: {read: {format: kafka, topic: "x y", servers: h}, mappings: [{to: events}]}
  b: {read: {format: jdbc, url: "jdbc:postgresql://h/d", table: "t;", key: [id], password: hunter2}, mappings: [{to: events}]}
  c: {read: {format: xml, path: x}, mappings: [{to: events}]}
  d: {read: {format: delta, tabel: x}, mappings: [{to: events}]}
  e: {read: {path: x}, mappings: [{to: events}]}
"""


def test_each_problem_is_named_by_its_place_and_no_secret_is_repeated(tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    (tmp_path / "cdp.yml").write_text("name: acme")
    (tmp_path / "sources" / "s.yml").write_text(SOURCE)
    with pytest.raises(ConfigError) as e:
        load_config(tmp_path)
    found = [p.removeprefix("sources/s.yml: streams.") for p in e.value.facts["problems"]]  # type: ignore[attr-defined]
    assert [f.split(":")[0] for f in found] == [
        "a.read.servers", "a.read.topic", "b.read.password", "b.read.table", "c.read.format", "d.read.table",
        "d.read.tabel", "e.read.format",
    ]  # fmt: skip
    assert "jsonl, csv, parquet, kafka, jdbc, delta" in str(e.value) and "hunter2" not in str(e.value)


@pytest.mark.parametrize(("overlap", "seconds"), [("1h", 3600.0), ("2d", 172_800.0), (5, None), (None, None)])
def test_an_overlap_is_a_duration_or_a_number(overlap: object, seconds: float | None) -> None:
    read = {"format": "jdbc", "url": "jdbc:x:y", "table": "t", "key": ["id"], "cursor": "at", "overlap": overlap}
    source = SourceConfig.model_validate(
        {"source": "s", "streams": {"a": {"read": read, "mappings": [{"to": "events"}]}}}
    )
    found = source.streams["a"].read.model_dump()["overlap"]
    assert (found.total_seconds() if seconds else found) == (seconds or overlap)
    again = SourceConfig.model_validate(source.model_dump())
    assert again == source
