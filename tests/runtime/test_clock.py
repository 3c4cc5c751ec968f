"""Times from the command line."""

from datetime import UTC, datetime

import pytest

from cdp_spark.errors import UsageError
from cdp_spark.runtime.clock import as_of_time


def test_as_of_is_taken_to_utc() -> None:
    assert as_of_time("2026-03-01T01:00:00+01:00") == datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-03-01", "2026-03-01T00:00:00", "yesterdayZ"])
def test_a_time_without_zone_or_sense_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="write it like"):
        as_of_time(text)
