"""One writer a warehouse."""

from pathlib import Path

import pytest

from cdp_spark.errors import TransientError
from cdp_spark.runtime.locks import writer_lock


def test_a_second_writer_is_told_to_try_later(tmp_path: Path) -> None:
    with writer_lock(str(tmp_path)), pytest.raises(TransientError) as e, writer_lock(str(tmp_path)):
        pass
    assert e.value.exit_code == 75
    with writer_lock(str(tmp_path)):
        pass
