"""`cdp quality`: scores worst first, findings dearest first, of one source where it is named."""

import dataclasses
import io

import pytest
from rich.console import Console

from cdp_spark.config.sources import SourceConfig
from cdp_spark.errors import UsageError
from cdp_spark.reports.scorecard import scorecard
from cdp_spark.reports.terminal import scorecard_tables
from cdp_spark.runtime.published import Published
from cdp_spark.runtime.run import Run

STREAM = {"read": {"path": "x", "format": "jsonl"}, "mappings": [{"to": "events"}]}


def test_the_scorecard_in_the_terminal(run: Run, published: Published) -> None:
    sources = {n: SourceConfig.model_validate({"source": n, "streams": {"x": STREAM}}) for n in ("web", "pos")}
    config = dataclasses.replace(run.config, sources=sources)
    card = scorecard(published, config)
    assert [(source, points) for source, points, _ in card.scores] == [("crm", 74), ("web", 99), ("pos", 100)]
    console = Console(width=140, record=True, file=io.StringIO())
    console.print(scorecard_tables(card))
    text = console.export_text()
    assert text.index("nothing new for too long") < text.index("cannot be one") < text.index("robots")
    assert (
        "crm.x: 20 days" in text and "about 2 persons" in text and "for example [r1]" in text and "→ Do this." in text
    )
    only = scorecard(published, config, "web")
    assert ([s[0] for s in only.scores], [f["kind"] for f in only.findings]) == (["web"], ["bots"])
    with pytest.raises(UsageError, match="there is no source 'wbe'"):
        scorecard(published, config, "wbe")
