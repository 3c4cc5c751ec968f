"""Secrets by reference only."""

from pathlib import Path

import pytest

from cdp_spark.errors import SecretError
from cdp_spark.runtime.secrets import secret


def test_a_secret_comes_from_the_environment_or_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("A_TOKEN", "s3cret")
    (tmp_path / "token").write_text("fr0m file\n")
    assert secret("env:A_TOKEN") == "s3cret"
    assert secret(f"file:{tmp_path / 'token'}") == "fr0m file"


@pytest.mark.parametrize("reference", ["env:NOT_THERE", "file:/not/there", "plain-value", "databricks:scope/key"])
def test_what_cannot_be_read_is_named_by_reference(reference: str) -> None:
    with pytest.raises(SecretError) as e:
        secret(reference)
    assert "Fix:" in str(e.value)
