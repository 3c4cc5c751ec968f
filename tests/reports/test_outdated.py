"""Which records an older mapping took: those of the landings while it was in use."""

from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from cdp_spark.contracts import TableContract
from cdp_spark.contracts.bronze import bronze_contract
from cdp_spark.contracts.ops import MAPPINGS
from cdp_spark.contracts.silver import QUARANTINE, REDRIVEN
from cdp_spark.reports.outdated import outdated
from cdp_spark.runtime.published import Published
from cdp_spark.runtime.rows import frame_of_rows
from tests.ingest.company import Company, stream

BRONZE = "record_id STRING, landing_id BIGINT, stream STRING, fault STRING"
HELD = "record_id STRING, source STRING, stream STRING, mapping_version STRING"


class _Rows(Published):
    """What a run published, of which only these rows matter."""

    def __init__(self, frames: dict[str, DataFrame]) -> None:
        self.frames, self.versions = frames, dict.fromkeys(frames, 0)

    def read(self, contract: TableContract) -> DataFrame:
        return self.frames[contract.name]


@pytest.mark.parametrize(
    ("used", "records"),
    [
        ([(1, "today's")], 0),
        ([(1, "another")], 4),
        ([(1, "another"), (3, "today's")], 2),
        # Tried, taken back: what came between is of the other one.
        ([(1, "today's"), (2, "another"), (4, "today's")], 2),
        ([(1, "today's"), (4, "another")], 1),
    ],
)
def test_records_of_landings_while_another_mapping_was_in_use(
    spark: SparkSession, tmp_path: Path, used: list[tuple[int, str]], records: int
) -> None:
    company = Company(spark, tmp_path, {"in": stream()})
    today = company.config.mapping_versions["web", "in"]
    mappings = [("web", "in", first, today if which == "today's" else which) for first, which in used]
    landed: list[tuple[str, int, str, str | None]] = [(f"r{n}", n, "in", None) for n in (1, 2, 3, 4)]
    landed += [("f", 1, "in", "malformed_json"), ("o", 1, "other", None)]
    frames = {
        MAPPINGS.name: frame_of_rows(spark, MAPPINGS.schema, [*mappings, ("gone", "in", 1, "another")]),
        bronze_contract("web").name: frame_of_rows(spark, BRONZE, landed),
    }
    assert outdated(_Rows(frames), company.config).taken == ({("web", "in"): records} if records else {})


@pytest.mark.parametrize(
    ("held", "left", "records"),
    [
        ([], [("r1", "web", "in", True, None)], 1),
        ([], [("r1", "web", "in", False, "today's")], 1),
        # The mapping has changed once more since they passed, or they passed before that was kept.
        ([], [("r1", "web", "in", False, "another"), ("r2", "web", "in", False, None)], 2),
        ([("r2", "web", "in", "another")], [("r1", "web", "in", False, "today's")], 0),
        ([], [("r1", "shop", "in", False, "today's")], 2),
    ],
)
def test_what_an_older_mapping_refused_it_did_not_take(
    spark: SparkSession,
    tmp_path: Path,
    held: list[tuple[str, ...]],
    left: list[tuple[str, str, str, bool, str | None]],
    records: int,
) -> None:
    company = Company(spark, tmp_path, {"in": stream()})
    today = company.config.mapping_versions["web", "in"]
    passed = [(*row, today if by == "today's" else by) for *row, by in left]
    frames = {
        MAPPINGS.name: frame_of_rows(spark, MAPPINGS.schema, [("web", "in", 1, "another")]),
        bronze_contract("web").name: frame_of_rows(spark, BRONZE, [("r1", 1, "in", None), ("r2", 1, "in", None)]),
        QUARANTINE.name: frame_of_rows(spark, HELD, held),
        REDRIVEN.name: frame_of_rows(
            spark, "record_id STRING, source STRING, stream STRING, discarded BOOLEAN, passed_as STRING", passed
        ),
    }
    assert outdated(_Rows(frames), company.config).taken == ({("web", "in"): records} if records else {})
