"""Tables on a terminal: times in UTC, and values on a line."""

from datetime import UTC, datetime
from io import StringIO

import pytest
from pyspark.sql import SparkSession
from rich.console import Console

from cdp_spark.reports.terminal import rows_table
from cdp_spark.runtime.rows import frame_of_rows
from cdp_spark.runtime.terminal import moment, wide_console

ROWS = [("p_0123456789abcdef", "2026-03-01 10:00:00", "newsletter and shop"), ("p_1", "", "")]


def shown(width: int) -> str:
    console = Console(width=width, file=StringIO(), record=True)
    console.print(rows_table(["person_id", "entered_at", "because"], ROWS, more=True, has_times=True))
    return console.export_text()


def test_a_time_is_shown_in_utc_wherever_the_machine_stands(far_east: None) -> None:
    as_spark_hands_it_over = datetime.fromtimestamp(1_772_359_200)  # noqa: DTZ006
    assert as_spark_hands_it_over.hour == 19
    assert moment(as_spark_hands_it_over) == moment(datetime(2026, 3, 1, 10, tzinfo=UTC)) == "2026-03-01 10:00Z"


def test_a_time_of_this_machine_is_never_written(spark: SparkSession) -> None:
    with pytest.raises(ValueError, match="needs a zone"):
        frame_of_rows(spark, "at TIMESTAMP", [(datetime(2026, 3, 1),)])  # noqa: DTZ001


@pytest.mark.parametrize("width", [120, 60, 40])
def test_rows_stand_below_each_other_where_a_table_would_be_too_wide(width: int) -> None:
    text = shown(width)
    assert "first 2 rows; times are UTC" in text
    assert all(value in text for value in ("p_0123456789abcdef", "2026-03-01 10:00:00", "newsletter and shop"))
    assert text.count("because") == (1 if width > 60 else 2)


def test_rows_keep_to_their_lines_where_no_terminal_would_fold_them(capsys: pytest.CaptureFixture[str]) -> None:
    wide = [["x" * 200, "y" * 200]]
    wide_console().print(rows_table(["one", "other"], wide, more=False, has_times=False))
    assert any("x" * 200 in line and "y" * 200 in line for line in capsys.readouterr().out.splitlines())
