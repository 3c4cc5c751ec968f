"""Arrow keeps its memory for as long as a table takes, whichever module loads it first."""

import subprocess
import sys

import pytest

_SAYS_WHEN_ARROW_IS_LOADED = """
import importlib, os, sys

class Says:
    def find_spec(self, name, path=None, target=None):
        if name == "pyarrow":
            print(os.environ.get("MIMALLOC_PURGE_DELAY"))

sys.meta_path.insert(0, Says())
importlib.import_module(sys.argv[1])
"""


@pytest.mark.parametrize("module", ["cdp_spark.pipeline", "cdp_spark.identity.components.driver"])
def test_arrow_is_loaded_after_its_allocator_was_told(module: str) -> None:
    command = [sys.executable, "-c", _SAYS_WHEN_ARROW_IS_LOADED, module]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert said == ["60000"]
